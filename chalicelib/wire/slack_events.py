"""What Slack tells by itself: signed JSON, read strictly after it was verified.

docs.slack.dev: apis/events-api/using-http-request-urls (url_verification; an answer within three seconds, else up to
three more tries of the same event_id), reference/events/app_home_opened.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.people import Actor
from chalicelib.usecases.chat_requests import HomeOpened
from chalicelib.wire.reading import bad, inner, json_object, matching, refuse_larger
from chalicelib.wire.slack_request import USER, WORKSPACE

MOST_EVENT = 524_288
"""app_home_opened carries the whole view, which may have 250 KB (views.publish, "view_too_large")."""

_CHALLENGE = re.compile(r"[!-~]{1,1000}", re.ASCII)
_EVENT = re.compile(r"Ev[A-Za-z0-9]{1,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Slack asks, once, whether this address is ours; the text is sent back."""

    text: str


def parse_event(body: bytes) -> Challenge | HomeOpened | None:
    """What was told; None where it is nothing for us. Refused where it can not be read."""
    refuse_larger(body, MOST_EVENT)
    sent = json_object(body, "the body")
    if sent.get("type") == "url_verification":
        return Challenge(matching(sent, "challenge", _CHALLENGE))
    if sent.get("type") != "event_callback":
        raise bad("neither an event nor a challenge")
    return _opened(sent, inner(sent, "event"))


def _opened(sent: Mapping[str, Any], event: Mapping[str, Any]) -> HomeOpened | None:
    """Events that were not asked for are no fault of the sender: subscriptions are settings of the Slack app."""
    if event.get("type") != "app_home_opened" or event.get("tab") != "home":
        return None
    actor = Actor(matching(sent, "team_id", WORKSPACE), matching(event, "user", USER))
    return HomeOpened(actor, f"slack-event-{matching(sent, 'event_id', _EVENT)}")
