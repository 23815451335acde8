"""Is the history of an environment whole? Chat asks it of the newest records, `pointsman audit verify` of all."""

from dataclasses import dataclass

from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Refused
from chalicelib.domain.history import Break, Head, History, verify
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import TEAM
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import plain

MOST_IN_CHAT = 1_000
"""One page of a query (at most 1 MB, "Query" in the API reference), so that chat has its answer in time."""
_SHOWN = 10
_SPARE = 100
"""So many lines that do not belong there push none of the newest ones out of sight."""
_TRIES = 3
_RECENT = 200
"""A deployment's end is among so many newest lines, though others have begun since."""
_LAST_SECOND = 99_999_999_999
"""As many digits as a placeholder takes (usecases/placeholders.py): a time that somebody made up is shown too."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in one environment: the lines that were looked at, oldest first, and what is wrong with them."""

    service: str
    environment: str
    head: Head
    lines: tuple[History, ...]
    breaks: tuple[Break, ...]
    first: int = 1


def audit(store: Store, service: str, environment: str, *, most: int | None = None) -> Audit:
    """Look at all lines, or at the newest `most`. Refused where somebody writes each time that it is read."""
    for _ in range(_TRIES):
        head = store.history_head(service, environment)
        found = store.history(service, environment, limit=None if most is None else most + _SPARE)
        if store.history_head(service, environment) == head:
            first = 1 if most is None else max(1, head.number - most + 1)
            lines = found[::-1]
            return Audit(service, environment, head, lines, tuple(verify(lines, head, first=first)), first)
    raise Refused(Reason.BUSY)


def said(audit: Audit) -> str:
    """The answer in chat."""
    where = (
        f"the *{audit.environment}*"
        if audit.service == TEAM
        else f"*{audit.service}* in *{audit.environment}*"
    )
    if not audit.lines and not audit.breaks:
        return f"Nothing was ever recorded of {where}."
    if audit.breaks:
        shown = "\n".join(f"• {_broken(each)}" for each in audit.breaks[:_SHOWN])
        more = len(audit.breaks) - _SHOWN
        return "\n".join(
            [
                f"🆘 The history of {where} is *not whole*:",
                shown,
                *([f"… and {more} more."] if more > 0 else []),
                "Somebody changed the table by hand. `pointsman audit verify` says all of it.",
            ]
        )
    newest = audit.lines[-1]
    count = f"{audit.head.number:,} record{'s' if audit.head.number > 1 else ''}"
    if audit.first > 1:
        count = f"the newest {audit.head.number - audit.first + 1:,} of {count}"
    return (
        f"The history of {where} is whole: {count}, the newest is `{newest.head}` "
        f"({_when(newest.at)})."
        + (" The same stands at the end of its deployment's message." if audit.service != TEAM else "")
        + (" `pointsman audit verify` looks at all of them." if audit.first > 1 else "")
    )


def _broken(each: Break) -> str:
    if each.line is None:
        return f"{each.numbers}: {each.wrong}" if each.number else str(each.wrong)
    line = each.line
    what = f"`{plain(line.event)}` of {plain(line.deployment)} by {{person:{plain(str(line.actor))}}}"
    return f"{each.numbers} ({_when(line.at)}), {what}: {each.wrong}"


def _when(at: float) -> str:
    """A day and time of day, in the reader's own zone."""
    return f"{{when:{min(max(0.0, at), _LAST_SECOND):.0f}}}"


def last_line(store: Store, ref: Ref) -> Head | None:
    """Where the history of a deployment that ended has got to, to be shown where its message is: a place outside the
    table."""
    lines = store.history(ref.service, ref.environment, limit=_RECENT)
    return next((line.head for line in lines if line.deployment == ref.deployment), None)
