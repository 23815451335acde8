"""The sample team: its service, how it is built, and what it publishes."""
