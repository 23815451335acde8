"""The AWS of the sandbox: moto, and the semantics that moto lacks."""
