"""Grant and revoke roles, and decide about it where a second person has to.

What a second person confirms is a question like any other, but nothing waits with it: the answer and the change are one
write, and a deadline that has passed is compared, not acted on (docs/adr/0010).
"""

from dataclasses import replace

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.commands import Decide
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.role_commands import ChangeRole
from chalicelib.domain.roles import ROLES, SECOND_PERSON_ROLES, Grant, Grants, RoleChange
from chalicelib.domain.settings import Team, names
from chalicelib.usecases import role_texts
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.deciders import deciders, refuse_own_yes, refuse_revoked
from chalicelib.usecases.ports import Change, Save
from chalicelib.usecases.texts import plain


class Granting:
    """Changes of roles. Configuration and grants are read anew for each, also when it is tried again."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def change(self, request: Request, command: ChangeRole) -> str:
        """Do it, or ask a second person whether it may be done."""
        team, now = self._answers.store.team(), self._answers.clock.now()
        require(team, request.actor, Role.ADMIN, role_texts.DOING[command.verb], command.service)
        if command.service and command.service not in team.services():
            raise Refused(Reason.UNKNOWN_SERVICE, service=command.service, known=names(team.services()))
        grant = Grant(command.user, command.role, command.service, request.actor, now)
        change = RoleChange(grant, revoke=command.verb == "revoke")
        after = changed(team, change)
        asks = _asks(team, change, request.actor)
        question = self._answers.team_question(request, Kind.ROLE, ROLES, asks=asks, change=change)
        if asks:
            self._commit(request, question, Save(question), event=f"{command.verb}_asked")
            return role_texts.asked(question)
        self._commit(request, question, Save(question), Save(after), event=f"{command.verb}_done")
        return role_texts.done(change, team.workspace)

    def decide(self, request: Request, question: Question, command: Decide) -> str:
        """Confirm or reject; a confirmation changes the roles by the same write."""
        team, by, change = self._answers.store.team(), request.actor, question.change
        if change is None:
            raise Refused(Reason.UNKNOWN_QUESTION, code=question.code)
        withdrawn = command.verb == "reject" and by == question.requester
        if not withdrawn:
            require(team, by, Role.APPROVER, role_texts.DOING[command.verb], change.grant.service)
        answer = Answer.CONFIRM if command.verb == "confirm" else Answer.REJECT
        now = self._answers.clock.now()
        if answer is Answer.CONFIRM and question.open_at(now):
            refuse_own_yes(team, question, by)
        decided = question.answered(answer, by, now, reason=command.reason)
        if not withdrawn and by.user not in deciders(team, change, question.requester):
            raise Refused(Reason.OWN_ROLE)
        writes: list[Change] = [Save(decided)]
        if answer is Answer.CONFIRM:
            refuse_revoked(team, question, Role.ADMIN, change.grant.service)
            writes.append(Save(changed(team, change)))
        self._commit(request, decided, *writes, event=f"{answer}_role", reason=command.reason)
        return role_texts.decided(decided, change)

    def _commit(
        self, request: Request, question: Question, *changes: Change, event: str, reason: str = ""
    ) -> None:
        detail = role_texts.recorded(question) + (f": {plain(reason)}" if reason else "")
        line = self._answers.history(question.ref, request.actor, event, detail)
        self._answers.commit_once(request, question.code, *changes, line)


def changed(team: Team, change: RoleChange) -> Grants:
    """What is granted after a change; Refused where it can not be done or would change nothing."""
    grant, granted = change.grant, team.grants
    facts = {"who": role_texts.person(grant, team.workspace), "role": role_texts.role(grant)}
    configured = grant.user in team.configured(grant.role)
    if not change.revoke:
        if configured or granted.has(grant):
            raise Refused(Reason.HOLDS_ROLE, **facts)
        return granted.with_(grant)
    if not granted.has(grant):
        reason = Reason.ROLE_CONFIGURED if configured else Reason.ROLE_NOT_HELD
        raise Refused(reason, **facts, name=grant.role.value)
    after = granted.without(grant)
    last = grant.role is Role.ADMIN and not grant.service
    if last and not replace(team, grants=after).people(Role.ADMIN):
        raise Refused(Reason.LAST_ADMIN, **facts)
    return after


def _asks(team: Team, change: RoleChange, requester: Actor) -> bool:
    """Whether a second person is asked: for roles that decide about others, where there is anybody to ask."""
    return change.grant.role in SECOND_PERSON_ROLES and bool(deciders(team, change, requester))
