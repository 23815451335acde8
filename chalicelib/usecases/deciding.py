"""Confirm or reject: what a second person says to a question."""

from chalicelib.domain.approval import SECOND_PERSON, Answer, Kind, Question, missing
from chalicelib.domain.commands import Decide
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.deciders import refuse_own_yes, refuse_revoked
from chalicelib.usecases.granting import Granting
from chalicelib.usecases.updating import Updating
from chalicelib.usecases.words import words_for


class Deciding:
    """Questions, by their codes."""

    def __init__(self, answers: Answers, granting: Granting, updating: Updating) -> None:
        self._answers = answers
        self._granting = granting
        self._updating = updating

    def decide(self, team: Team, request: Request, command: Decide) -> str:
        """Answer the question of a code."""
        question = self._answers.store.question(command.code)
        if question is not None and question.kind is Kind.ROLE:
            return self._granting.decide(request, question, command)
        if question is not None and question.kind is Kind.UPDATE:
            return self._updating.decide(request, question, command)
        if question is None or question.kind not in SECOND_PERSON:
            raise Refused(Reason.UNKNOWN_QUESTION, code=command.code)
        answer = Answer.CONFIRM if command.verb == "confirm" else Answer.REJECT
        require_decider(team, question, answer, request.actor)
        if answer is Answer.CONFIRM and question.open_at(self._answers.clock.now()):
            refuse_own_yes(team, question, request.actor)
            refuse_revoked(team, question, Role.DEPLOYER, *question.services)
            # Earlier ones have to be allowed at the moment that decides, too.
            services = question.services
            question = question.counting(
                lambda by: all(holds(team, by, Role.APPROVER, each) for each in services)
            )
        decided = self._answers.answer(question, answer, request, reason=command.reason)
        return _said(team, decided, answer)


def require_decider(team: Team, question: Question, answer: Answer, actor: Actor) -> None:
    """Refused unless somebody may give this answer. A yes is about every service that changes with it; a no needs no
    more than one of them, and whoever asked may always take it back."""
    if answer is Answer.CONFIRM:
        for each in question.services:
            require(team, actor, Role.APPROVER, "Confirming", each)
    elif actor != question.requester:
        no = [each for each in question.services if holds(team, actor, Role.APPROVER, each)]
        require(team, actor, Role.APPROVER, "Rejecting", *no[:1] or [question.service])


def _said(team: Team, question: Question, answer: Answer) -> str:
    """What the one reads who decided it."""
    words = words_for(team, question.service).answers
    if answer is Answer.REJECT:
        return f"Rejected. *{question.deployment}* {words.no[question.kind]}."
    if question.answer is None:
        waits = f"*{question.deployment}* waits for {missing(question.missing)} to confirm"
        return f"Confirmed. {waits}; the question in the channel says so."
    return f"Confirmed. *{question.deployment}* {words.yes[question.kind]}."
