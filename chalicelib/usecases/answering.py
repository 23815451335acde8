"""How a decision is written: one conditional write with the event that carried it, then the machine is woken."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain.approval import Answer, Kind, Question, code_from
from chalicelib.domain.commands import Command
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Duplicate, Refused
from chalicelib.domain.history import History
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import TEAM, RoleChange
from chalicelib.domain.settings import Timeouts
from chalicelib.usecases.ports import Change, Clock, Save, Seen, Store, Workflow

ANSWER_SECONDS = Timeouts().ask
"""How long a question of the team may be answered."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command, who gave it, and the id of the event that carried it, so that a replay does nothing twice."""

    command: Command
    actor: Actor
    event: str


class Answers:
    """The table and the machine as every decision uses them."""

    def __init__(self, store: Store, workflow: Workflow, clock: Clock) -> None:
        self.store = store
        self.workflow = workflow
        self.clock = clock

    def open(self, ref: Ref, kind: Kind) -> Question | None:
        """The newest question of a kind that can still be answered."""
        now = self.clock.now()
        asked = [each for each in self.store.questions(ref) if each.kind is kind and each.open_at(now)]
        return max(asked, key=lambda each: each.asked_at, default=None)

    def answer(
        self, question: Question, answer: Answer, request: Request, *, reason: str = "", seconds: int = 0
    ) -> Question:
        """Decide a question by one conditional write, then wake the machine; what the table says is what counts. A yes
        of which more are needed is kept, and the question stays open."""
        by = request.actor
        if question.answered_by is not None:
            self.workflow.wake(question.token)  # see wake_again
        decided = question.answered(answer, by, self.clock.now(), reason=reason, seconds=seconds)
        said = f"{len(decided.confirmations)} of {decided.needed}" if decided.needed > 1 else reason
        line = self.history(
            question.ref, by, f"{answer}_{question.kind}", said if answer is Answer.CONFIRM else reason
        )
        self.commit_once(request, question.code, Save(decided), line)
        if decided.answer is not None:
            self.workflow.wake(question.token)
        return decided

    def wake_again(self, ref: Ref) -> None:
        """Who answered last may have died before the wake-up, and the machine would wait for the deadline: whoever
        comes next wakes it. Where it was woken this does nothing."""
        newest = max(self.store.questions(ref), key=lambda each: each.asked_at, default=None)
        if newest is not None and newest.answered_by is not None:
            self.workflow.wake(newest.token)

    def team_question(
        self,
        request: Request,
        kind: Kind,
        about: str,
        *,
        asks: bool,
        digest: str = "",
        change: RoleChange | None = None,
    ) -> Question:
        """A question of the team as a whole, with ANSWER_SECONDS to answer it; decided already where it `asks` nobody.
        `about` is what its history is of."""
        code, now, by = self.new_code(TEAM, request.event), self.clock.now(), request.actor
        asked = Question(
            code=code,
            kind=kind,
            service=TEAM,
            environment=about,
            deployment=f"{kind}-{code}",
            requester=by,
            asked_at=now,
            deadline=now + ANSWER_SECONDS,
            digest=digest,
            needed=1 if asks else 0,
            change=change,
        )
        return asked if asks else replace(asked, answer=Answer.CONFIRM, answered_by=by, answered_at=now)

    def new_code(self, about: str, event: str) -> str:
        """A question's code: the same for the same event; another one where it is taken."""
        for salt in range(10):
            code = code_from(hashlib.sha256(f"{about}|{event}|{salt}".encode()).digest())
            if self.store.question(code) is None:
                return code
        raise Refused(Reason.BUSY)

    def commit_once(self, request: Request, code: str, *changes: Change) -> None:
        """Write what an event changes, with the event: where the very same came first, its write stands."""
        with suppress(Duplicate):
            self.store.commit(*changes, Seen(request.event, self.clock.now(), result=code))

    def history(self, ref: Ref, actor: Actor, event: str, detail: str = "") -> History:
        """A line of history about a deployment, now."""
        return History(ref.service, ref.environment, ref.deployment, self.clock.now(), actor, event, detail)
