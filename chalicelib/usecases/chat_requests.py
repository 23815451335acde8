"""What people do in a chat service, as its wire module gives it to the doors (port `Receiver`).

`event` is the same whenever this very act is told again; `address` is where the one who did it can be told something
(port `Replies`), and `trigger` opens a view before them (port `Views`): each is empty where there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.people import Actor


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that somebody typed; a person whom they picked stands as `{person:WORKSPACE/USER}`."""

    actor: Actor
    text: str
    channel: str
    address: str
    event: str
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """A button that somebody pressed; `timestamp` is the message's, empty where only the clicker saw it.

    In a view and in a home there is neither channel nor address; `view` is the one to change, which no home is.
    """

    actor: Actor
    verb: str
    value: str
    channel: str
    timestamp: str
    address: str
    event: str
    trigger: str = ""
    view: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that somebody sent: its kind, what it is about, and what was chosen or typed by the name of each field."""

    actor: Actor
    form: str
    about: str
    values: Mapping[str, str]
    event: str


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """Somebody opened their home."""

    actor: Actor
    event: str
