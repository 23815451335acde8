"""The doors: signed bytes in, an answer out. Nothing is read or written before the signature is verified.

What is one chat service's own, its receiver knows (wire/receiver.py, docs/chat-services.md).
"""

import json
import time
from collections.abc import Callable, Mapping
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
from chalicelib.usecases.chat_requests import Click, HomeOpened, Submission, Typed
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.forms import command_of, field_of
from chalicelib.usecases.next_steps import next_steps
from chalicelib.usecases.paging import turns
from chalicelib.usecases.ports import Clock
from chalicelib.wire import ci
from chalicelib.wire.receiver import Act, Answer, Receiver

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

_TROUBLE = "I could not reach my table just now. Nothing was lost; please try again in a moment."


class Reporter(Protocol):
    """What takes a report: usecases.ci.take with its ports."""

    def __call__(self, *, source: str, event: str, about: Build | Release) -> str:
        """`accepted` or `duplicate`."""


class Edge:
    """The requests of chat and of CI. Each method verifies, parses, makes one call, and renders. `secrets` is the whole
    document: each door finds its own there."""

    def __init__(
        self,
        *,
        region: str,
        secrets: Callable[[], Mapping[str, object]],
        chatops: ChatOps,
        report: Reporter,
        receiver: Receiver,
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
        self._receiver = receiver
        self._replies = replies
        self._views = views
        self._visited = visited
        self._clock = clock
        self._watch = watch

    def chat(self, door: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the chat service sends to one of its doors."""
        until = self._watch() + self._receiver.seconds
        try:
            self._receiver.verify(headers, body, self._secrets(), self._clock.now())
            act = self._receiver.read(door, headers, body)
            return act if isinstance(act, Answer) else self._done(act, until)
        except Refused as refused:
            return _closed(refused)
        except Unavailable as error:
            return _unavailable(error)

    def build(self, source: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """A report of a build or a release from CI, after the Standard Webhooks specification."""
        try:
            secrets = ci.secrets_of(source, self._secrets())
            now = self._clock.now()
            ci.verify(headers, body, secrets, now)
            report = ci.parse(source, headers, body, now, self._region)
            said = self._report(source=source, event=report.event, about=report.about)
        except Refused as refused:
            return _closed(refused)
        except Unavailable as error:
            return _unavailable(error)
        return Answer(202 if said == "accepted" else 200, json.dumps({"status": said}))

    def _done(self, act: Act, until: float) -> Answer:
        match act:
            case HomeOpened():
                self._visited(act.actor, act.event)
                return self._receiver.taken()
            case Submission():
                return self._submitted(act)
            case Click():
                return self._clicked(act, until)
        return self._tell(act, self._do(act.text, act.actor, act.event), until)

    def _clicked(self, click: Click, until: float) -> Answer:
        """The same command as if it were typed; what succeeded shows in the message itself, too."""
        asked = self._asked_why(click, until)
        if asked is not None:
            return asked
        text = click.value if click.verb == "deploy" else f"{click.verb} {click.value}"
        return self._tell(click, self._do(text, click.actor, click.event), until)

    def _asked_why(self, click: Click, until: float) -> Answer | None:
        """Whoever presses Reject is asked why first, or told why they may not. None where the service said that no form
        opens (and for what is no Reject, or brings its reason with it): then the button does at once what it says.
        Where nobody knows whether one opened nothing is decided: it may be there, and Cancel in it means no."""
        if click.verb != "reject" or " " in click.value or not click.trigger:
            return None
        asking = self._do(f"form reject {click.value}", click.actor, click.event)
        if asking.form is None:
            return self._tell(click, asking, until)
        opened = self._shown(click, asking.form, until)
        if opened is Opened.PERHAPS:
            return self._say(click, asking, until)
        return self._receiver.taken() if opened is Opened.YES else None

    def _tell(self, act: Typed | Click, reply: Reply, until: float) -> Answer:
        """A form opens; where there is none, or it can not be opened, its words are said."""
        if reply.form is not None and self._shown(act, reply.form, until) is Opened.YES:
            return self._receiver.taken()
        return self._say(act, reply, until)

    def _say(self, act: Typed | Click, reply: Reply, until: float) -> Answer:
        """Only the one who did it reads it: in the answer itself where the service shows that, else in the
        conversation, or where there is none in a view of its own."""
        answer = self._receiver.answer(act, reply)
        if answer is not None:
            return answer
        in_view = reply.form is None and not act.address
        if not in_view or self._shown(act, reply, until) is not Opened.YES:
            self._whisper(act, reply, until)
        return self._receiver.taken()

    def _whisper(self, act: Typed | Click, reply: Reply, until: float) -> None:
        """Where there is a conversation: another part of a list in place of the one that only they saw."""
        within = until - self._watch()
        if not act.address or within <= 0:
            log("warning", "there was no way or no time left to tell somebody", actor=str(act.actor))
            return
        instead = isinstance(act, Click) and not act.timestamp and turns(act.value)
        self._replies.whisper(act.address, reply, within=within, instead=instead)

    def _shown(self, act: Typed | Click, shown: Form | Reply, until: float) -> Opened:
        """In place of the view that was clicked in, or before the one who did it. Where no time is left, nothing is
        known to be refused either."""
        view, changed = act.view if isinstance(act, Click) else "", Opened.NO
        if view and (within := until - self._watch()) > 0:
            changed = self._views.change(view, shown, within=within)
        if changed is not Opened.NO or not act.trigger:
            return changed
        within = until - self._watch()
        return self._views.open(act.trigger, shown, within=within) if within > 0 else Opened.PERHAPS

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
                return self._receiver.mark(field, refused.text)
        except Unavailable as error:
            reply = _trouble(error, sent.actor)
            if sent.values:  # nothing of what was typed is lost
                return self._receiver.mark(next(iter(sent.values)), reply.text)
        return self._receiver.replace(reply)

    def _do(self, text: str, actor: Actor, event: str) -> Reply:
        """What to say to a person, whatever became of the command."""
        try:
            return self._chatops.handle(Request(parse(text), actor, event))
        except Refused as refused:
            return _refusal(refused, actor, text)
        except Unavailable as error:
            return _trouble(error, actor)


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
