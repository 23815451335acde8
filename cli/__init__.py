"""The `pointsman` command line: what a team runs on its own machine or in CI."""
