"""Update the service itself when told: ask a second person, and note what was decided.

Nothing waits with the question (docs/adr/0010): a yes and the update that is to begin are one write, of which whoever
begins it hears (usecases/updater.py).
"""

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.commands import Decide
from chalicelib.domain.errors import Refused
from chalicelib.domain.policy import Role, holders, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.update_commands import UpdateItself
from chalicelib.domain.updates import UPDATES, Stage, Update
from chalicelib.usecases import update_texts
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.deciders import refuse_own_yes, refuse_revoked
from chalicelib.usecases.ports import Change, Save
from chalicelib.usecases.texts import plain
from chalicelib.usecases.update_ports import Installed


class Updating:
    """Updates that people ask for. People and updates are read anew for each, also when it is tried again."""

    def __init__(self, answers: Answers, installed: Installed) -> None:
        self._answers = answers
        self._installed = installed

    def ask(self, request: Request, command: UpdateItself) -> str:
        """Ask a second person, or begin where nobody else could confirm."""
        team, now = self._answers.store.team(), self._answers.clock.now()
        require(team, request.actor, Role.ADMIN, update_texts.DOING["update"])
        if not self._installed.updates:
            raise Refused(Reason.NO_PIPELINE)
        updates = self._answers.store.updates()
        before = updates.in_the_way(now)
        if before is not None:
            who, when = f"{{person:{before.requester}}}", f"{{when:{before.at:.0f}}}"
            raise Refused(Reason.UPDATE_UNDER_WAY, who=who, when=when, so_far=update_texts.so_far(before))
        asks = bool(holders(team, Role.APPROVER) - {request.actor.user})
        question = self._answers.team_question(
            request, Kind.UPDATE, UPDATES, asks=asks, digest=command.wanted
        )
        update = Update(
            id=question.deployment,
            requester=request.actor,
            at=now,
            stage=Stage.ASKED if asks else Stage.CONFIRMED,
            changed_at=now,
            deadline=question.deadline,
            wanted=command.wanted,
            before=self._installed.revision,
        )
        event = "update_asked" if asks else "update_begun"
        self._commit(request, question, update, Save(updates.with_(update)), event=event)
        return update_texts.asked(question) if asks else update_texts.begun()

    def decide(self, request: Request, question: Question, command: Decide) -> str:
        """Confirm or reject; a yes lets the update begin by the same write."""
        team, by, now = self._answers.store.team(), request.actor, self._answers.clock.now()
        answer = Answer.CONFIRM if command.verb == "confirm" else Answer.REJECT
        if answer is Answer.CONFIRM or by != question.requester:
            require(team, by, Role.APPROVER, update_texts.DOING[command.verb])
        if answer is Answer.CONFIRM and question.open_at(now):
            refuse_own_yes(team, question, by)
            refuse_revoked(team, question, Role.ADMIN)
        decided = question.answered(answer, by, now, reason=command.reason)
        updates = self._answers.store.updates()
        update = updates.find(question.deployment)
        if update is None:
            raise Refused(Reason.UNKNOWN_QUESTION, code=question.code)
        after = update.at_stage(Stage.CONFIRMED if answer is Answer.CONFIRM else Stage.REJECTED, now)
        self._commit(
            request,
            decided,
            after,
            Save(updates.with_(after)),
            event=f"{answer}_update",
            reason=command.reason,
        )
        return update_texts.decided(decided)

    def _commit(
        self,
        request: Request,
        question: Question,
        update: Update,
        *changes: Change,
        event: str,
        reason: str = "",
    ) -> None:
        detail = update_texts.recorded(update) + (f": {plain(reason)}" if reason else "")
        line = self._answers.history(question.ref, request.actor, event, detail)
        self._answers.commit_once(request, question.code, Save(question), *changes, line)
