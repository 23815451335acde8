"""Slack's three doors, as the port Receiver: which module reads what, and how Slack wants its answers.

docs.slack.dev: interactivity/implementing-slash-commands ("Responding to a command"), interactivity/handling-user-
interaction ("Acknowledgment response"), surfaces/modals ("Displaying errors in views", "Updating views").
"""

import json
from collections.abc import Callable, Mapping

from chalicelib.usecases.chat_ports import Reply
from chalicelib.usecases.chat_requests import Click, HomeOpened, Submission, Typed
from chalicelib.wire import slack_request
from chalicelib.wire.reading import texts
from chalicelib.wire.receiver import Act, Answer
from chalicelib.wire.slack_events import Challenge, parse_event
from chalicelib.wire.slack_interaction import parse_interaction
from chalicelib.wire.slack_message import reply_of
from chalicelib.wire.slack_views import answer_of, errors_of

_Read = Typed | Click | Submission | HomeOpened | Challenge | None
_DOORS: dict[str, Callable[[bytes, Mapping[str, str]], _Read]] = {
    "commands": slack_request.parse_command,
    "interactions": parse_interaction,
    "events": lambda body, _: parse_event(body),
}
"""By the last part of the routes of `app.py`, which a Slack app is installed with (docs/slack-manifest.yaml)."""


class SlackReceiver:
    """The port Receiver."""

    seconds = 2.5
    """Slack waits for three, since its request came."""

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, object], now: float
    ) -> None:
        """By one of the live signing secrets: there are two while one is being rotated."""
        slack_request.verify(headers, body, texts(secrets.get("slack_signing")), now)

    def read(self, door: str, headers: Mapping[str, str], body: bytes) -> Act | Answer:
        """A challenge is sent back. What is not for us is taken all the same: Slack would send it again."""
        read = _DOORS[door](body, headers)
        if isinstance(read, Challenge):
            return _json({"challenge": read.text})
        return self.taken() if read is None else read

    def answer(self, act: Typed | Click, reply: Reply) -> Answer | None:
        """Slack shows the body of a 200 to the one who typed, and nothing of the answer to a click: what there is to
        say goes to the click's own response_url, or to a view."""
        if isinstance(act, Click):
            return None
        return _json({"response_type": "ephemeral", **reply_of(reply)})

    def replace(self, reply: Reply) -> Answer:
        """The response action `update`."""
        return _json(answer_of(reply))

    def mark(self, field: str, text: str) -> Answer:
        """The response action `errors`."""
        return _json(errors_of(field, text))

    def taken(self) -> Answer:
        """Nothing is shown of an empty 200."""
        return Answer(200, content_type="text/plain")


def _json(said: dict[str, object]) -> Answer:
    return Answer(200, json.dumps(said))
