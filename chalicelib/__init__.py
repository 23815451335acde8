"""Pointsman: blue-green deployments on AWS, run by a team in chat. See docs/guide.md for the tour."""
