"""The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """What the template sets for a function; a function has only what it needs, the rest is empty."""

    table: str
    deploy_machine: str
    release_machine: str
    edge_secret: str
    revision: str
    chat_secret: str
    chat_lines: str
    chat_queue: str
    slack_api: str
    slack_hooks: str
    pipeline: str
    environment: Mapping[str, str]

    @property
    def region(self) -> str:
        """The function's own region."""
        return self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION") or "us-east-1"

    @property
    def traced(self) -> bool:
        """Whether X-Ray samples this function (Lambda sets the daemon's address where tracing is on)."""
        return "AWS_XRAY_DAEMON_ADDRESS" in self.environment


def load(environment: Mapping[str, str] = os.environ) -> Config:
    """Read once for each function."""
    return Config(
        table=environment.get("POINTSMAN_TABLE", ""),
        deploy_machine=environment.get("POINTSMAN_DEPLOY_MACHINE", ""),
        release_machine=environment.get("POINTSMAN_RELEASE_MACHINE", ""),
        edge_secret=environment.get("POINTSMAN_EDGE_SECRET", ""),
        revision=environment.get("POINTSMAN_REVISION", ""),
        chat_secret=environment.get("POINTSMAN_CHAT_SECRET", ""),
        chat_lines=environment.get("POINTSMAN_CHAT_LINES", ""),
        chat_queue=environment.get("POINTSMAN_CHAT_QUEUE", ""),
        slack_api=environment.get("POINTSMAN_SLACK_API", "https://slack.com/api/"),
        slack_hooks=environment.get("POINTSMAN_SLACK_HOOKS", "https://hooks.slack.com"),
        pipeline=environment.get("POINTSMAN_PIPELINE", ""),
        environment=environment,
    )
