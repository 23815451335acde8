"""Questions: everything a deployment waits for a person to decide, each decided at most once.

The table decides, the task token only wakes the machine: an answer is one conditional write of the question; the state
after the wait reads it. So a lost, late or repeated wake-up changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.brief import Brief
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import RoleChange

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U: codes are read aloud."""
CODE_LENGTH = 5
_ANYBODY = {"who": "an approver or admin"}
"""Where nobody has said who that is."""
GRACE_SECONDS = 20
"""The machine waits this much longer than the deadline that people see, so that an answer given in time always
reaches it."""


class Kind(StrEnum):
    """What is asked. The first four need a second person where the environment is protected; the last two have no state
    machine behind them."""

    START = "start"
    FINISH = "finish"
    ROLLBACK = "rollback"
    END = "end"
    READY = "ready"
    KEEP = "keep"
    BUILD = "build"
    RETRY = "retry"
    ROLE = "role"
    UPDATE = "update"


class Answer(StrEnum):
    """How a question was decided."""

    CONFIRM = "confirm"
    REJECT = "reject"
    FINISH = "finish"
    CANCEL = "cancel"
    ROLLBACK = "rollback"
    EXTEND = "extend"
    END = "end"
    REPORTED = "reported"
    RETRY = "retry"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


SECOND_PERSON = frozenset({Kind.START, Kind.FINISH, Kind.ROLLBACK, Kind.END})
OF_THE_TEAM = frozenset({Kind.ROLE, Kind.UPDATE})
"""A second person answers these too, but no machine waits with them: the answer is the change (docs/adr/0010)."""
ALLOWED: dict[Kind, frozenset[Answer]] = {
    **dict.fromkeys(SECOND_PERSON, frozenset({Answer.CONFIRM, Answer.REJECT, Answer.CANCEL})),
    Kind.READY: frozenset({Answer.FINISH, Answer.CANCEL}),
    Kind.KEEP: frozenset({Answer.ROLLBACK, Answer.EXTEND, Answer.END, Answer.SUPERSEDED}),
    Kind.BUILD: frozenset({Answer.REPORTED, Answer.CANCEL}),
    Kind.RETRY: frozenset({Answer.RETRY, Answer.CANCEL}),
    **dict.fromkeys(OF_THE_TEAM, frozenset({Answer.CONFIRM, Answer.REJECT})),
}

SAID: dict[Answer, str] = {
    Answer.CONFIRM: "confirmed",
    Answer.REJECT: "rejected",
    Answer.FINISH: "answered",
    Answer.CANCEL: "canceled",
    Answer.ROLLBACK: "rolled back",
    Answer.EXTEND: "extended",
    Answer.END: "ended",
    Answer.REPORTED: "reported",
    Answer.RETRY: "retried",
    Answer.SUPERSEDED: "closed",
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Somebody's yes to a question that may need more than one."""

    by: Actor
    at: float


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `token` wakes the state machine and is shown to nobody. `needed` different people confirm it; each
    yes is in `confirmations`, and the last of them is the answer."""

    code: str
    kind: Kind
    service: str
    environment: str
    deployment: str
    requester: Actor
    asked_at: float
    deadline: float
    digest: str = ""
    token: str = ""
    answer: Answer | None = None
    answered_by: Actor | None = None
    answered_at: float = 0.0
    reason: str = ""
    seconds: int = 0
    needed: int = 1
    confirmations: tuple[Confirmation, ...] = ()
    brief: Brief | None = None
    change: RoleChange | None = None
    """What a question of the kind `role` is about."""
    also: tuple[str, ...] = ()
    """Other services that a yes changes too: who asks and who confirms have to be allowed for all of them."""
    revision: int = 0

    @property
    def ref(self) -> Ref:
        """The deployment it belongs to."""
        return Ref(self.service, self.environment, self.deployment)

    @property
    def services(self) -> tuple[str, ...]:
        """Every service that it is about, its own first."""
        return (self.service, *self.also)

    def open_at(self, now: float) -> bool:
        """Whether it can still be answered."""
        return self.answer is None and now <= self.deadline

    def answered(
        self, answer: Answer, by: Actor, now: float, *, reason: str = "", seconds: int = 0
    ) -> "Question":
        """The question decided; Refused where it was decided before, is past its deadline, or is one's own."""
        self.refuse_late(now)
        if answer not in ALLOWED[self.kind]:
            raise Refused(Reason.UNKNOWN_QUESTION, code=self.code)
        if answer is Answer.CONFIRM:
            return self._confirmed(by, now, reason)
        return replace(self, answer=answer, answered_by=by, answered_at=now, reason=reason, seconds=seconds)

    @property
    def missing(self) -> int:
        """How many people still have to confirm."""
        return max(0, self.needed - len(self.confirmations))

    def counting(self, who: Callable[[Actor], bool]) -> "Question":
        """The question with the confirmations only of those who may still confirm."""
        return replace(self, confirmations=tuple(each for each in self.confirmations if who(each.by)))

    def _confirmed(self, by: Actor, now: float, reason: str) -> "Question":
        """One yes more; the last that is needed decides. Nobody counts twice, and who asked does not count."""
        if by == self.requester:
            raise Refused(Reason.SAME_PERSON, **_ANYBODY, code=self.code)
        if any(each.by == by for each in self.confirmations):
            raise Refused(Reason.CONFIRMED_BEFORE, **_ANYBODY, code=self.code, missing=missing(self.missing))
        more = replace(self, confirmations=(*self.confirmations, Confirmation(by, now)))
        if more.missing:
            return more
        return replace(more, answer=Answer.CONFIRM, answered_by=by, answered_at=now, reason=reason)

    def settled(self, now: float) -> "Question":
        """The question as the machine finds it after its wait: an answer stays, no answer becomes `expired`."""
        if self.answer is not None:
            return self
        return replace(self, answer=Answer.EXPIRED, answered_at=now)

    def superseded(self, by: Actor, now: float) -> "Question":
        """The open question closed because it will be asked again, or needs no answer any more."""
        return replace(self, answer=Answer.SUPERSEDED, answered_by=by, answered_at=now)

    def refuse_late(self, now: float) -> None:
        """Refused where it was decided before, or its time is over."""
        if self.answer is Answer.EXPIRED or (self.answer is None and now > self.deadline):
            raise Refused(Reason.EXPIRED, when=f"{{when:{min(self.deadline, now):.0f}}}")
        if self.answer is not None:
            raise Refused(
                Reason.ALREADY_DECIDED,
                who=f"{{person:{self.answered_by}}}",
                answer=SAID[self.answer],
                when=f"{{when:{self.answered_at:.0f}}}",
            )


def missing(number: int) -> str:
    """So many others, in words."""
    return "one more person" if number == 1 else f"{number} more people"


def code_from(random: bytes) -> str:
    """A short code that is easy to type from random bytes (one byte a character)."""
    return "".join(CODE_ALPHABET[each % len(CODE_ALPHABET)] for each in random[:CODE_LENGTH])
