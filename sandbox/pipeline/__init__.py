"""The team's repository of the service, CodeBuild that builds it, and the `aws` command that a build finds."""
