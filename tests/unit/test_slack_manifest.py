"""The Slack app's manifest says what the code does: its addresses are the doors, its scopes what is called."""

import re
from pathlib import Path
from typing import Any

import yaml

import app

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "docs/slack-manifest.yaml").read_text())
SCOPES = {
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": {"channels:history", "groups:history"},
    "conversations.replies": {"channels:history", "groups:history"},
    "files.getUploadURLExternal": {"files:write"},
    "files.completeUploadExternal": {"files:write"},
    "views.open": set(),
    "views.update": set(),
    "views.publish": set(),
}
"""What each method needs (its page at docs.slack.dev)."""


def test_every_address_is_a_door_of_ours() -> None:
    """And each door of Slack's has its address."""
    settings = MANIFEST["settings"]
    named = {
        MANIFEST["features"]["slash_commands"][0]["url"],
        settings["interactivity"]["request_url"],
        settings["event_subscriptions"]["request_url"],
    }
    doors = {f"https://ENDPOINT{path}" for path in app.app.routes if path.startswith("/slack/")}
    assert named == doors


def test_the_scopes_are_what_is_called_and_no_more() -> None:
    """A method that is called anew has to be listed here with its scope."""
    code = "".join(path.read_text() for path in (ROOT / "chalicelib/adapters").glob("slack*.py"))
    called = set(re.findall(r'"((?:chat|conversations|files|views|users|auth)\.[A-Za-z.]+)"', code))
    assert called == set(SCOPES)
    needed = {"commands"}.union(*SCOPES.values())
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed


def test_people_come_as_ids_and_the_home_tab_is_on() -> None:
    """`grant @user` needs the one, app_home_opened the other."""
    (command,) = MANIFEST["features"]["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/deploy", True)
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"]
    assert MANIFEST["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened"]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
