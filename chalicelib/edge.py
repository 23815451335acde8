"""The doors: signed bytes in, an answer out. Nothing is read or written before the signature is verified.

Chat's doors are Slack's; docs/chat-services.md says what those of another service would have to do.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.builds import Build
from chalicelib.domain.commands import parse
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.domain.pushed import Release
from chalicelib.domain.reasons import Reason
from chalicelib.telemetry import log, log_error
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Form, Opened, Replies, Reply, Views
from chalicelib.usecases.chat_requests import Click, Submission
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.forms import command_of, field_of
from chalicelib.usecases.next_steps import next_steps
from chalicelib.usecases.paging import turns
from chalicelib.usecases.ports import Clock
from chalicelib.wire import ci, slack_request
from chalicelib.wire.slack_events import Challenge, parse_event
from chalicelib.wire.slack_interaction import parse_interaction
from chalicelib.wire.slack_message import reply_of
from chalicelib.wire.slack_views import answer_of, errors_of

STATUS = {
    Reason.BAD_SIGNATURE: 401,
    Reason.STALE_REQUEST: 401,
    Reason.UNKNOWN_SOURCE: 403,
    Reason.TOO_LARGE: 413,
    Reason.NOT_CONFIGURED: 503,
}
"""Everything else that is refused at a door is a malformed request: 400."""

UNAVAILABLE = "unavailable"
"""The only code that is no reason: nothing was wrong with the request."""

SECONDS = 2.5
"""For everything that is said to Slack while it waits for an answer, which it does for three seconds, since its request
came. ("Interactivity", "Acknowledgment response".)"""

_TROUBLE = "I could not reach my table just now. Nothing was lost; please try again in a moment."


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str = ""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The live secrets of each door; each may have two while one is being rotated, and none closes the door."""

    slack_signing: Sequence[str]
    ci: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, document: Mapping[str, object]) -> "Secrets":
        """From the secret's document. Only lists of texts count: the letters of a lone text would each open a door."""
        ci = document.get("ci")
        sources = ci if isinstance(ci, dict) else {}
        return cls(
            _texts(document.get("slack_signing")), {name: _texts(found) for name, found in sources.items()}
        )


class Reporter(Protocol):
    """What takes a report: usecases.ci.take with its ports."""

    def __call__(self, *, source: str, event: str, about: Build | Release) -> str:
        """`accepted` or `duplicate`."""


class Edge:
    """Slack's and CI's requests. Each method verifies, parses, makes one call, and renders."""

    def __init__(
        self,
        *,
        region: str,
        secrets: Callable[[], Secrets],
        chatops: ChatOps,
        report: Reporter,
        replies: Replies,
        views: Views,
        visited: Callable[[Actor, str], None],
        clock: Clock,
        watch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._region = region
        self._secrets = secrets
        self._chatops = chatops
        self._report = report
        self._replies = replies
        self._views = views
        self._visited = visited
        self._clock = clock
        self._watch = watch

    def command(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """A slash command. Slack shows the body of a 200 to the one who typed."""
        until = self._watch() + SECONDS
        try:
            self._verify(headers, body)
            typed = slack_request.parse_command(body, headers)
        except Refused as refused:
            return _closed(refused)
        except Unavailable as error:
            return _unavailable(error)
        reply = self._do(typed.text, typed.actor, typed.event)
        form, trigger = reply.form, typed.trigger
        if form is not None and trigger and self._opened(trigger, form, until) is Opened.YES:
            return Answer(200, content_type="text/plain")
        return _ephemeral(reply)

    def interaction(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """A button: the same command as if it were typed. Slack shows nothing of the answer, so what there is to say
        goes to the clicker's own response_url or view; what succeeded shows in the message itself. Or a form."""
        until = self._watch() + SECONDS
        try:
            self._verify(headers, body)
            did = parse_interaction(body, headers)
        except Refused as refused:
            return _closed(refused)
        except Unavailable as error:
            return _unavailable(error)
        if isinstance(did, Submission):
            return self._submitted(did)
        if not self._asks_why(did, until):
            text = did.value if did.verb == "deploy" else f"{did.verb} {did.value}"
            self._tell(did, self._do(text, did.actor, did.event), until)
        return Answer(200)

    def _asks_why(self, click: Click, until: float) -> bool:
        """Whoever presses Reject is asked why first, or told why they may not. False where Slack said that no form
        opens (and for what is no Reject, or brings its reason with it): then the button does at once what it says.
        Where nobody knows whether one opened nothing is decided: it may be there, and Cancel in it means no."""
        if click.verb != "reject" or " " in click.value or not click.trigger:
            return False
        asking = self._do(f"form reject {click.value}", click.actor, click.event)
        if asking.form is None:
            self._tell(click, asking, until)
            return True
        opened = self._shown(click, asking.form, until)
        if opened is Opened.PERHAPS:
            self._whisper(click, asking, until)
        return opened is not Opened.NO

    def event(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """What Slack tells by itself. What is not for us is taken all the same: Slack would send it again."""
        try:
            self._verify(headers, body)
            told = parse_event(body)
            if isinstance(told, Challenge):
                return Answer(200, json.dumps({"challenge": told.text}))
            if told is not None:
                self._visited(told.actor, told.event)
        except Refused as refused:
            return _closed(refused)
        except Unavailable as error:
            return _unavailable(error)
        return Answer(200, "{}")

    def build(self, source: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """A report of a build or a release from CI, after the Standard Webhooks specification."""
        try:
            secrets = self._secrets().ci.get(source, ())
            now = self._clock.now()
            ci.verify(headers, body, secrets, now)
            report = ci.parse(source, headers, body, now, self._region)
            said = self._report(source=source, event=report.event, about=report.about)
        except Refused as refused:
            return _closed(refused)
        except Unavailable as error:
            return _unavailable(error)
        return Answer(202 if said == "accepted" else 200, json.dumps({"status": said}))

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        slack_request.verify(headers, body, self._secrets().slack_signing, self._clock.now())

    def _tell(self, click: Click, reply: Reply, until: float) -> None:
        """Only the one who clicked sees it: in the conversation, or where there is none in a view of its own."""
        if click.modal or reply.form is not None or not click.response_url:
            shown = reply if reply.form is None else reply.form
            if self._shown(click, shown, until) is Opened.YES:
                return
        self._whisper(click, reply, until)

    def _whisper(self, click: Click, reply: Reply, until: float) -> None:
        """Where there is a conversation: another part of a list in place of the one that only they saw."""
        within = until - self._watch()
        if not click.response_url or within <= 0:
            log("warning", "there was no way or no time left to tell somebody", actor=str(click.actor))
            return
        instead = not click.timestamp and turns(click.value)
        self._replies.whisper(click.response_url, reply, within=within, instead=instead)

    def _shown(self, click: Click, shown: Form | Reply, until: float) -> Opened:
        """In place of the view that was clicked in, or before the one who clicked."""
        changed = Opened.NO
        if click.modal and (within := until - self._watch()) > 0:
            changed = self._views.change(click.view, shown, within=within)
        if changed is not Opened.NO or not click.trigger:
            return changed
        return self._opened(click.trigger, shown, until)

    def _opened(self, trigger: str, shown: Form | Reply, until: float) -> Opened:
        """Where no time is left, nothing is known to be refused either."""
        within = until - self._watch()
        return self._views.open(trigger, shown, within=within) if within > 0 else Opened.PERHAPS

    def _submitted(self, sent: Submission) -> Answer:
        """A form: the command that it means. What is wrong with a field is said there, and the form stays open; else
        what it led to stands in its place, a refusal with its next steps."""
        said = ""
        try:
            said = command_of(sent.form, sent.about, sent.values)
            reply = self._chatops.handle(Request(parse(said), sent.actor, sent.event))
        except Refused as refused:
            field = field_of(refused, sent.values)
            reply = _refusal(refused, sent.actor, said)
            if field in sent.values:
                return Answer(200, json.dumps(errors_of(field, refused.text)))
        except Unavailable as error:
            reply = _trouble(error, sent.actor)
            if sent.values:  # nothing of what was typed is lost
                return Answer(200, json.dumps(errors_of(next(iter(sent.values)), reply.text)))
        return Answer(200, json.dumps(answer_of(reply)))

    def _do(self, text: str, actor: Actor, event: str) -> Reply:
        """What to say to a person, whatever became of the command."""
        try:
            return self._chatops.handle(Request(parse(text), actor, event))
        except Refused as refused:
            return _refusal(refused, actor, text)
        except Unavailable as error:
            return _trouble(error, actor)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _refusal(refused: Refused, actor: Actor, said: str) -> Reply:
    log("info", "refused", reason=refused.reason.value, actor=str(actor))
    return Reply(f"{refused.text} (`{refused.reason.value}`)", next_steps(refused, said))


def _trouble(error: Unavailable, actor: Actor) -> Reply:
    log_error("a command could not be done", error, actor=str(actor))
    return Reply(_TROUBLE)


def _unavailable(error: Unavailable) -> Answer:
    """Whoever asked may ask again."""
    log_error("a request could not be taken", error)
    return Answer(503, json.dumps({"error": UNAVAILABLE, "message": _TROUBLE}))


def _closed(refused: Refused) -> Answer:
    """What a machine gets that could not show who it is, or sent what can not be read."""
    log("warning", "request refused", reason=refused.reason.value)
    status = STATUS.get(refused.reason, 400)
    return Answer(status, json.dumps({"error": refused.reason.value, "message": refused.text}))


def _ephemeral(reply: Reply) -> Answer:
    return Answer(200, json.dumps({"response_type": "ephemeral", **reply_of(reply)}))
