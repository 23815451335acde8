"""What people do in a chat service, as its wire module gives it to the doors. `event` is the same whenever this very
act is told again."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.people import Actor


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that somebody typed; a person whom they picked stands as `{person:WORKSPACE/USER}`."""

    actor: Actor
    text: str
    channel: str
    response_url: str
    event: str
    trigger: str = ""
    """Opens a view (port `Views`); empty where it does not."""


@dataclass(frozen=True, slots=True)
class Click:
    """A button that somebody pressed; `timestamp` is the message's, empty where only the clicker saw it.

    In a view there is no channel and no address to answer to (`response_url`, port `Replies`): `view` is its id,
    `modal` tells it from the home tab.
    """

    actor: Actor
    verb: str
    value: str
    channel: str
    timestamp: str
    response_url: str
    event: str
    trigger: str = ""
    view: str = ""
    modal: bool = False


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
