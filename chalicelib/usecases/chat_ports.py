"""Chat as the use cases see it, neutral of the service: what is shown, and the ports of whoever shows it.

Texts may hold placeholders (usecases/placeholders.py); everything that is one service's own lives in its adapter and
wire module.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chalicelib.domain.deployment import Ref
from chalicelib.domain.pacing import Limit
from chalicelib.domain.people import Actor


@dataclass(frozen=True, slots=True)
class Action:
    """A button: the verb it means, what it is about, and how it looks."""

    verb: str
    label: str
    value: str
    style: str = ""
    confirm: str = ""


class BarKind(StrEnum):
    """What a bar of a picture stands for; each is drawn in a pattern of its own, so that color alone says nothing."""

    WORK = "work"
    WAIT = "wait"
    """For a person."""
    LIVE = "live"
    """The new fleet has the traffic, the old one still stands by."""
    BACK = "back"
    """The way back: undoing, cleaning up."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time (seconds since the epoch); bars of one label share a row."""

    start: float
    end: float
    label: str
    kind: BarKind


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in which somebody did something."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened against time. `alt` says the same in words; `file` is the chat service's own id of the drawn
    picture once it has one, and without it nothing is shown."""

    title: str
    alt: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a chart, in words, with what stands below it."""

    label: str
    value: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """How many there were of each part of a chart, from the bottom."""

    label: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers, and how many of what there were, side by side. `parts`: what is counted, each in its pattern; `axis`:
    what the columns' labels are. `alt` and `file` as of a timeline."""

    title: str
    alt: str
    aside: str = ""
    numbers: tuple[Number, ...] = ()
    parts: tuple[tuple[str, BarKind], ...] = ()
    axis: str = ""
    columns: tuple[Column, ...] = ()
    file: str = ""


Picture = Timeline | Chart


@dataclass(frozen=True, slots=True)
class Message:
    """What chat shows, neutral of the service: `summary` is the plain text for notifications and screen readers."""

    summary: str
    title: str = ""
    lines: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    actions: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()
    output: str = ""
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """How far a picture has come: which one, its file in the chat service, whether that may be used, how often it was
    tried, and whether people see it."""

    digest: str
    file: str = ""
    released: bool = False
    tries: int = 0
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message is, and the digest of what it showed. Without a timestamp it is the intent to post: whoever finds
    it looks in chat for the key before posting."""

    channel: str
    timestamp: str = ""
    digest: str = ""
    key: str = ""
    at: float = 0.0
    asks: bool = False
    """Whether it showed the buttons of a question: taking them away comes before any progress."""
    upload: Upload | None = None


def digest(shown: "Message | Home | Picture") -> str:
    """What is remembered of something that chat was shown: the same for the same."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """How often a chat service lets a bot post, update and publish homes; each refusal may still say RateLimited."""

    post: Limit
    update: Limit
    publish: Limit


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph of a home with the buttons that belong to it."""

    lines: tuple[str, ...]
    actions: tuple[Action, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """What one person finds on their own page in chat."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()


class Chat(Protocol):
    """A chat service. Where texts have placeholders, its own form goes."""

    limits: ChatLimits

    def post(
        self, channel: str, message: Message, *, key: str, thread: str = "", broadcast: bool = False
    ) -> str:
        """Post under a key and return the message's timestamp; Refused where the channel is not there."""

    def find(self, channel: str, key: str, *, thread: str = "", since: float) -> str | None:
        """The timestamp of the message that was posted under a key, by this app and not before `since`; else None."""

    def update(self, channel: str, timestamp: str, message: Message) -> None:
        """Replace a message in place; NotReady where its picture can not be shown yet."""

    def upload(self, picture: Picture) -> str:
        """Draw a picture and send it; returns its file, which nobody sees; unless it is released it is dropped."""

    def release(self, picture: Picture) -> None:
        """Let the picture's file be used in messages; no error where it was released before."""

    def publish(self, person: Actor, home: Home) -> None:
        """Show somebody their home, in place of what stood there; Refused where they can have none."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for its turn. `mark` changes whenever its record does; `claimed` is until when somebody who
    took it may be at work on it."""

    ref: Ref
    key: str
    urgency: int
    since: float
    mark: str = ""
    claimed: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """Who waits for one limit, the limit's state (see domain/pacing.py), and when somebody is next woken to look."""

    full: float = 0.0
    wake: float = 0.0
    waiting: tuple[Waiting, ...] = ()


class Lines(Protocol):
    """The lines before chat's limits, each by its name; strongly consistent."""

    def enter(self, line: str, waiting: Waiting) -> None:
        """Wait, under a mark of its own; who waits already keeps its place, and whoever is at work on it goes on."""

    def look(self, line: str) -> Line:
        """The line as it is."""

    def take(self, line: str, seen: Line, waiting: Waiting, *, full: float, until: float) -> bool:
        """Take a turn and claim a message, both or neither; False where the line's state or the message changed."""

    def leave(self, line: str, waiting: Waiting) -> None:
        """Stop waiting; who has entered anew since then waits on, and is nobody's work any more."""

    def back(self, line: str, waiting: Waiting, *, until: float) -> None:
        """Wait on in the same place, left alone for a while."""

    def hold(self, line: str, full: float) -> None:
        """Nobody takes a turn before then; a line that is held for longer stays so."""

    def noted(self, line: str, wake: float) -> None:
        """Somebody will be woken then."""


class Wakes(Protocol):
    """A call that comes later, at least once."""

    def wake(self, line: str, seconds: int) -> None:
        """Look at a line again in 1 to 900 seconds."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What only the one who asked sees, with the next steps as buttons where there are any."""

    text: str
    actions: tuple[Action, ...] = ()
    form: "Form | None" = None
    """Opened instead, where that can be done; the text is for where it can not."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose; options of one group stand together."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form: a choice where it has options (all in sight at once where they are few), a person where it
    is for `people` (who comes back as `{person:WORKSPACE/USER}`), else a text."""

    name: str
    label: str
    options: tuple[Option, ...] = ()
    chosen: str = ""
    hint: str = ""
    optional: bool = False
    few: bool = False
    most: int = 200
    people: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What people who prefer forms fill in; it comes back by its kind, with what it was about. Sent, it is a command
    (usecases/forms/)."""

    kind: str
    title: str
    submit: str
    fields: tuple[Field, ...]
    about: str = ""
    lines: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    """Where else one can go from here."""


class Opened(StrEnum):
    """What became of a view."""

    YES = "yes"
    NO = "no"
    """The service said that it did not take it, or was not asked."""
    PERHAPS = "perhaps"
    """Its answer is not known: the view may be there."""


class Views(Protocol):
    """What opens before one person, from what they just did. What could not be shown is logged, and the person is told
    another way. `within`: seconds after which nobody waits for the answer any more."""

    def open(self, trigger: str, shown: Form | Reply, *, within: float) -> Opened:
        """A form to fill in, or an answer to something that was done where there is no conversation."""

    def change(self, view: str, shown: Form | Reply, *, within: float) -> Opened:
        """The same in place of what is open."""


class Replies(Protocol):
    """The short-lived address that came with a click; used for what only the clicker sees."""

    def whisper(self, address: str, reply: Reply, *, within: float, instead: bool = False) -> None:
        """Say something to the one who clicked, `instead` of the answer that they clicked in; a failure is logged and
        swallowed."""
