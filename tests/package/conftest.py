"""The package, and a second emulator that it is deployed to once for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.ci import SECRET
from tests import ministack
from tests.package import slack
from tests.package.stack import Stack, deploy
from tests.packaged import built

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def package() -> Path:
    """The folder with the package."""
    return built()


@pytest.fixture(scope="session")
def chat() -> Iterator[slack.WebApi]:
    """Slack's Web API."""
    with slack.web_api() as server:
        yield server


@pytest.fixture(scope="session")
def stack(package: Path, chat: slack.WebApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The package, deployed."""
    with ministack.running(tmp_path_factory.mktemp("ministack")) as emulator:
        yield deploy(
            emulator,
            package,
            parameters={"SlackApi": chat.url},
            secrets={
                "EdgeSecret": {
                    "slack_signing": [slack.SIGNING_SECRET],
                    "slack_bot_token": "xoxb-package-test",
                    "ci": {"jenkins": [SECRET]},
                },
                "ChatSecret": {"slack_bot_token": "xoxb-package-test"},
            },
        )
