"""The core test: every flow, once for each of its AWS and chat calls and each fault, and what must hold after each."""
