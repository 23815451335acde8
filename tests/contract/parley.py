"""A second chat service, small and unlike Slack, with everything that an adapter for it would be.

Parley signs JSON, has one address for all that people do, and shows the answer to whatever they did: to a click as well
as to a command. It mentions by `@[team/member]`, tells a time by `<t:EPOCH>`, and waits five seconds.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.domain.errors import NotReady, Refused, Unavailable
from chalicelib.domain.pacing import Limit
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_ports import (
    Action,
    ChatLimits,
    Field,
    Form,
    Home,
    Message,
    Opened,
    Picture,
    Reply,
)
from chalicelib.usecases.chat_requests import Click, HomeOpened, Submission, Typed
from chalicelib.usecases.placeholders import PLACEHOLDER, words
from chalicelib.wire.reading import bad, header, inner, json_object, matching, optional, refuse_larger, texts
from chalicelib.wire.reading import seconds as whole_seconds
from chalicelib.wire.receiver import Act, Answer

Said = dict[str, Any]
Call = Callable[[str, Said], Said]
"""One request to Parley: a method, what it is given, its answer. OSError where none comes."""

_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TEXT = re.compile(r"[^\x00-\x08\x0e-\x1f\ud800-\udfff]{0,3000}")
_ADDRESS = re.compile(r"[!-~]{1,200}", re.ASCII)
_PICKED = re.compile(r"@\[([A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64})\]", re.ASCII)
_MARKUP = str.maketrans({"[": "(", "]": ")", "<": "(", ">": ")"})


# --- the wire -----------------------------------------------------------------------------------------------------


def said(text: str) -> str:
    """A text of the product: only its placeholders become markup."""
    return PLACEHOLDER.sub(_own, text.translate(_MARKUP))


def _own(found: re.Match[str]) -> str:
    if found["team"]:
        return "@[everybody]"
    if found["form"]:
        return f"<t:{found['epoch']}>"
    return f"@[{found['who']}]" if Actor.parse(found["who"]).is_person else words(found)


def shown(view: Form | Reply) -> Said:
    """A dialog: a form, or an answer."""
    if isinstance(view, Reply):
        return {"text": said(view.text), "buttons": _buttons(view.actions)}
    asks = [_asked(each) for each in view.fields]
    return {"kind": view.kind, "about": view.about, "text": said("\n".join(view.lines)), "asks": asks}


def _asked(field: Field) -> Said:
    return {"name": field.name, "member": field.people, "options": [each.value for each in field.options]}


def _buttons(actions: tuple[Action, ...]) -> list[Said]:
    return [{"verb": each.verb, "value": each.value, "label": said(each.label)} for each in actions]


def mac(key: str, sent: str, body: bytes) -> str:
    """What Parley signs a request with."""
    return hmac.digest(key.encode(), f"{sent}\n".encode() + body, hashlib.sha256).hex()


class ParleyReceiver:
    """The port Receiver."""

    seconds = 4.0

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, object], now: float
    ) -> None:
        """An HMAC over the time and the bytes."""
        sent, given = header(headers, "x-parley-time"), header(headers, "x-parley-mac").encode()
        at = whole_seconds(sent)
        keys = [each for each in texts(secrets.get("parley")) if each.strip()]
        if at is None or not any(hmac.compare_digest(mac(key, sent, body).encode(), given) for key in keys):
            raise Refused(Reason.BAD_SIGNATURE)
        if abs(now - at) > 300:
            raise Refused(Reason.STALE_REQUEST)

    def read(self, door: str, headers: Mapping[str, str], body: bytes) -> Act | Answer:  # noqa: ARG002 - one door
        """By what it says it is; the bytes of one act are unlike those of any other."""
        refuse_larger(body, 65_536)
        sent = json_object(body, "the body")
        kind = matching(sent, "kind", _WORD)
        if kind in {"ping", "typing"}:
            return self.taken()
        who = Actor(matching(sent, "team", _WORD), matching(sent, "member", _WORD))
        event = "parley-" + hashlib.sha256(body).hexdigest()
        return _act(kind, sent, who, event)

    def answer(self, act: Typed | Click, reply: Reply) -> Answer | None:
        """Whoever did something reads the answer, whatever it was."""
        del act
        return _json({"only_you": said(reply.text), "buttons": _buttons(reply.actions)})

    def replace(self, reply: Reply) -> Answer:
        """In the dialog."""
        return _json({"dialog": shown(reply if reply.form is None else reply.form)})

    def mark(self, field: str, text: str) -> Answer:
        """The dialog stays."""
        return _json({"wrong": {field: said(text)}})

    def taken(self) -> Answer:
        """Parley wants JSON in any case."""
        return _json({})


def _act(kind: str, sent: Said, who: Actor, event: str) -> Act:
    ticket, address = optional(sent, "ticket", _ADDRESS), optional(sent, "address", _ADDRESS)
    if kind == "command":
        text = _PICKED.sub(r"{person:\1}", matching(sent, "text", _TEXT))
        return Typed(who, text, matching(sent, "channel", _WORD), address, event, ticket)
    if kind == "button":
        verb, value = matching(sent, "verb", _WORD), optional(sent, "value", _TEXT)
        dialog = optional(sent, "dialog", _WORD)
        return Click(who, verb, value, "", "", address, event, trigger=ticket, view=dialog)
    if kind == "dialog":
        fields = inner(sent, "filled")
        values = {each: _value(fields, each) for each in fields}
        return Submission(who, matching(sent, "form", _WORD), optional(sent, "about", _TEXT), values, event)
    if kind == "home":
        return HomeOpened(who, event)
    raise bad(f"nobody does {kind}")


def _value(fields: Said, name: str) -> str:
    if isinstance(fields[name], dict):
        return f"{{person:{matching(fields[name], 'member', _ADDRESS)}}}"
    return optional(fields, name, _TEXT)


def _json(body: Said) -> Answer:
    return Answer(200, json.dumps(body))


# --- the adapter --------------------------------------------------------------------------------------------------


class ParleyChat:
    """The port Chat."""

    limits = ChatLimits(post=Limit(0.2), update=Limit(0.2), publish=Limit(0.2))

    def __init__(self, call: Call) -> None:
        self._call = call

    def post(
        self, channel: str, message: Message, *, key: str, thread: str = "", broadcast: bool = False
    ) -> str:
        """Parley keeps a label with each message."""
        more = {"label": key, "thread": thread, "broadcast": broadcast}
        return str(self._ask("post", channel=channel, message=written(message), **more)["number"])

    def find(self, channel: str, key: str, *, thread: str = "", since: float) -> str | None:
        """By the label."""
        try:
            found = self._ask("find", channel=channel, label=key, thread=thread, since=since)
        except Refused:
            return None
        return found.get("number")

    def update(self, channel: str, timestamp: str, message: Message) -> None:
        """A message that somebody deleted is left alone."""
        try:
            self._ask("update", channel=channel, number=timestamp, message=written(message))
        except Refused as refused:
            if refused.facts["problem"] == "picture not shown":
                raise NotReady("Parley does not show the picture yet") from refused
            if refused.facts["problem"] != "no message":
                raise

    def upload(self, picture: Picture) -> str:
        """Parley draws by itself: it is given the words."""
        return str(self._ask("file", words=picture.alt)["file"])

    def release(self, picture: Picture) -> None:
        """As often as one likes."""
        self._ask("show_file", file=picture.file)

    def publish(self, person: Actor, home: Home) -> None:
        """One text."""
        parts = [
            {"text": said("\n".join(each.lines)), "buttons": _buttons(each.actions)} for each in home.parts
        ]
        self._ask("home", member=str(person), parts=parts)

    def _ask(self, method: str, **given: object) -> Said:
        try:
            answer = self._call(method, given)
        except OSError as error:
            raise Unavailable(f"Parley {method}: {type(error).__name__}") from error
        if "error" in answer:
            raise Refused(Reason.CHAT_REFUSED, method=method, problem=str(answer["error"]))
        return answer


def written(message: Message) -> Said:
    """A message as Parley keeps it."""
    fields = [f"{name}: {value}" for name, value in message.fields]
    parts = [message.title, *message.lines, *fields, message.output, *message.notes]
    picture = message.picture.file if message.picture else ""
    text = "\n".join(said(each) for each in parts if each)
    return {
        "summary": said(message.summary),
        "text": text,
        "picture": picture,
        "buttons": _buttons(message.actions),
    }


class ParleyViews:
    """The port Views: Parley opens a dialog for a ticket."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def open(self, trigger: str, shown: Form | Reply, *, within: float) -> Opened:  # noqa: ARG002 - in memory
        """Once for a ticket."""
        return self._ask("open", ticket=trigger, dialog=_dialog(shown))

    def change(self, view: str, shown: Form | Reply, *, within: float) -> Opened:  # noqa: ARG002 - in memory
        """By its id."""
        return self._ask("change", id=view, dialog=_dialog(shown))

    def _ask(self, method: str, **given: object) -> Opened:
        try:
            return Opened.NO if "error" in self._call(method, given) else Opened.YES
        except OSError:
            return Opened.PERHAPS


_dialog = shown


class ParleyReplies:
    """The port Replies; an address is Parley's own, or nothing is sent there."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def whisper(self, address: str, reply: Reply, *, within: float, instead: bool = False) -> None:  # noqa: ARG002 - in memory
        """A failure is swallowed."""
        if not address.startswith("parley:"):
            return
        try:
            self._call("whisper", {"to": address, "text": said(reply.text), "instead": instead})
        except OSError:
            return
