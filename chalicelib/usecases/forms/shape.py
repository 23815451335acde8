"""What every form is made of. One that is sent is the very command that could have been typed, so that there is one way
in, with one set of rules (who may, and what is refused, is decided there)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.domain.errors import Refused
from chalicelib.domain.form_commands import OpenForm
from chalicelib.domain.grammar import USAGE
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Field, Form, Option, Reply
from chalicelib.usecases.ports import Store

MOST_PLACES = 100
"""Nobody finds theirs among more; a chat service that takes fewer cuts the list itself."""
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to fill in which form, and what it is made from."""

    store: Store
    team: Team
    command: OpenForm
    by: Actor
    now: float


@dataclass(frozen=True, slots=True)
class FormKind:
    """`shown`: the form, Refused where the command itself would be whatever is filled in. `typed`: the command that it
    means, from what it was about and what was filled in; Refused where fields contradict each other."""

    shown: Callable[[Asked], Form]
    typed: Callable[[str, Values], str]


def opened(asked: Asked, kind: FormKind) -> Reply:
    """The form, with what to type where it can not be opened."""
    command = asked.command
    usage = USAGE[command.verb].replace("CODE [REASON]", f"{command.code} REASON")
    return Reply(f"Nothing is done yet. If no form opened, type `{usage}`.", form=kind.shown(asked))


def places(asked: Asked, role: Role, doing: str, label: str = "Where") -> Field:
    """Where; all that this person may choose. Refused where that is nothing."""
    known = [
        (service, name)
        for service, names in sorted(asked.team.services().items())
        for name in names
        if holds(asked.team, asked.by, role, service) and asked.command.service in {"", service}
    ]
    if not known:
        require(asked.team, asked.by, role, doing, asked.command.service)
        raise Refused(Reason.NOT_CONFIGURED)
    options = [Option(f"{service} {name}", f"{service} → {name}", service) for service, name in known]
    chosen = f"{asked.command.service} {asked.command.environment}".strip()
    more = f"There are more: type `{USAGE[asked.command.verb]}` for those."
    return Field(
        "where",
        label,
        tuple(options[:MOST_PLACES]),
        chosen=chosen or (options[0].value if len(options) == 1 else ""),
        hint=more if len(options) > MOST_PLACES else "",
    )


def why(*, optional: bool = False) -> Field:
    """A reason, in a few words."""
    return Field("reason", "Reason", hint="Everybody in the channel reads it.", optional=optional)


def said(values: Values, name: str = "reason") -> str:
    """What was typed into a field, as one line: a command is one."""
    return " ".join(values.get(name, "").split())


def field_of(refused: Refused, values: Values) -> str:
    """The field that a refusal belongs to, and can be mended at; none where it is about the state of things."""
    typed = bool(said(values, "typed"))
    version = ("typed",) if typed else ("version", "typed")
    belongs: dict[Reason, tuple[str, ...]] = {
        **dict.fromkeys(_OF_VERSION, version),
        **dict.fromkeys(_OF_PLACE, ("where",)),
        Reason.OTHER_SERVICE: ("version",),
        Reason.LOCK_TOO_LONG: ("long",),
        Reason.MALFORMED_COMMAND: ("typed",) if typed else ("reason", *version),
    }
    return next((each for each in belongs.get(refused.reason, ()) if each in values), "")


_OF_VERSION = (
    Reason.UNKNOWN_VERSION,
    Reason.BUILD_FAILED,
    Reason.NO_BUILD,
    Reason.NO_RELEASE,
    Reason.UNKNOWN_RELEASE,
    Reason.ALREADY_LIVE,
)
_OF_PLACE = (Reason.UNKNOWN_SERVICE, Reason.UNKNOWN_ENVIRONMENT)
