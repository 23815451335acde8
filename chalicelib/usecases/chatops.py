"""What people ask for: each command is decided against the table, written in one transaction, and answered at once.

The edge never reaches a server; the state machine does the work.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.commands import Act, Audit, Command, Decide, Deploy, Help, Keep, Status
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, Ref, State
from chalicelib.domain.errors import Conflict, Duplicate, Refused
from chalicelib.domain.history import History
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases import texts
from chalicelib.usecases.looking import look
from chalicelib.usecases.ports import Change, Clock, Save, Seen, Store, Workflow
from chalicelib.usecases.resume import resume
from chalicelib.usecases.starting import Starting, holder

_TRIES = 3
"""How often a command is decided again after it lost a race; the answer has to be well inside Slack's three seconds."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command, who gave it, and the id of the event that carried it, so that a replay does nothing twice."""

    command: Command
    actor: Actor
    event: str


class ChatOps:
    """Commands, from typed text and from buttons alike."""

    def __init__(self, store: Store, workflow: Workflow, clock: Clock) -> None:
        self._store = store
        self._workflow = workflow
        self._clock = clock
        self._starting = Starting(store, workflow, clock)

    def handle(self, request: Request) -> str:
        """Do what was asked and return what to say to the one who asked; Refused says why not."""
        command = request.command
        if isinstance(command, Help):
            return texts.HELP
        team = self._store.team()
        if isinstance(command, Status | Audit):
            return look(self._store, team, command, request.actor, self._clock.now())
        try:
            return self._again_after_conflict(lambda: self._change(team, request))
        except Refused:
            if self._store.seen(request.event) is None:
                raise
            # The very same event was being handled at this moment: nobody is too late for their own click.
            return self._change(team, request)

    def _again_after_conflict(self, attempt: Callable[[], str]) -> str:
        for _ in range(_TRIES):
            try:
                return attempt()
            except Conflict:
                continue
        raise Refused(Reason.BUSY)

    def _change(self, team: Team, request: Request) -> str:
        command = request.command
        if isinstance(command, Deploy):
            return self._starting.deploy(team, command, request.actor, request.event)
        before = self._store.seen(request.event)
        if before is not None:
            return self._done_before(before)
        if isinstance(command, Decide):
            return self._decide(team, request, command)
        if isinstance(command, Keep):
            return self._keep(team, request, command)
        if isinstance(command, Act):
            return self._act(team, request, command)
        raise Refused(Reason.UNKNOWN_COMMAND, given=type(command).__name__)

    def _done_before(self, code: str) -> str:
        """The same event again: what it decided stands, and the machine is woken in case the first try died before."""
        question = self._store.question(code)
        if question is not None:
            self._workflow.wake(question.token)
        return texts.DONE_BEFORE

    # --- deciding -----------------------------------------------------------------------------------------------

    def _decide(self, team: Team, request: Request, command: Decide) -> str:
        question = self._store.question(command.code)
        if question is None or question.kind not in {Kind.START, Kind.FINISH, Kind.ROLLBACK, Kind.END}:
            raise Refused(Reason.UNKNOWN_QUESTION, code=command.code)
        withdrawn = command.verb == "reject" and request.actor == question.requester
        if not withdrawn:
            require(
                team, request.actor, Role.APPROVER, "Confirming" if command.verb == "confirm" else "Rejecting"
            )
        answer = Answer.CONFIRM if command.verb == "confirm" else Answer.REJECT
        if answer is Answer.CONFIRM and question.open_at(self._clock.now()):
            _refuse_revoked(team, question)
        self._answer(question, answer, request, reason=command.reason)
        return texts.decided(question, answer)

    def _act(self, team: Team, request: Request, command: Act) -> str:
        team.environment(command.service, command.environment)
        require(team, request.actor, Role.DEPLOYER, texts.DOING[command.verb])
        acts = {
            "finish": self._finish,
            "cancel": self._cancel,
            "retry": self._retry,
            "rollback": self._rollback,
            "end": self._end,
        }
        return acts[command.verb](command, request)

    def _finish(self, command: Act, request: Request) -> str:
        deployment = self._active(command)
        question = self._open(deployment.ref, Kind.READY)
        if question is None:
            self._wake_again(deployment.ref)
            raise Refused(Reason.NOT_READY, deployment=deployment.id, state=texts.state_name(deployment))
        self._answer(question, Answer.FINISH, request)
        return texts.finishing(deployment)

    def _cancel(self, command: Act, request: Request) -> str:
        stuck = self._stuck(command)
        if stuck is not None:
            return self._release(stuck, request)
        deployment = self._active(command)
        _refuse_while_ending(deployment)
        if deployment.state not in BEFORE_SWITCH:
            raise Refused(
                Reason.TOO_LATE_TO_CANCEL,
                deployment=deployment.id,
                state=texts.state_name(deployment),
                service=command.service,
                environment=command.environment,
            )
        wanted = replace(deployment, wanted="cancel", wanted_by=request.actor)
        kinds = (Kind.START, Kind.BUILD, Kind.RETRY, Kind.READY, Kind.FINISH)
        found = (self._open(deployment.ref, kind) for kind in kinds)
        open_ones = [question for question in found if question is not None]
        now = self._clock.now()
        self._commit_once(
            request,
            open_ones[0].code if open_ones else "",
            Save(wanted),
            *(Save(question.answered(Answer.CANCEL, request.actor, now)) for question in open_ones),
            self._history(deployment.ref, request.actor, "cancel_asked"),
        )
        self._starting.again(deployment)
        for question in open_ones:
            self._workflow.wake(question.token)
        return texts.canceling(deployment)

    def _retry(self, command: Act, request: Request) -> str:
        """A failed step again: the machine waits with it, or stopped at it and is taken up by a new run."""
        stuck = self._stuck(command)
        if stuck is not None:
            seen = Seen(request.event, self._clock.now(), result="")
            with suppress(Duplicate):
                resume(
                    self._store, self._workflow, self._clock, stuck, request.actor, seen, event="retry_asked"
                )
            return texts.retrying(stuck)
        deployment = self._active(command)
        question = self._open(deployment.ref, Kind.RETRY)
        if question is None:
            self._wake_again(deployment.ref)
            raise Refused(
                Reason.NOTHING_TO_RETRY,
                deployment=deployment.id,
                state=texts.state_name(deployment),
                service=command.service,
                environment=command.environment,
            )
        self._answer(question, Answer.RETRY, request)
        return texts.retrying(deployment)

    def _stuck(self, command: Act) -> Deployment | None:
        """The deployment that got stuck and keeps others out: the active one, else the one with the old fleet."""
        environment = self._store.environment(command.service, command.environment)
        found = holder(self._store, environment, environment.active or environment.keeping)
        return found if found is not None and found.state is State.STUCK else None

    def _release(self, stuck: Deployment, request: Request) -> str:
        """Somebody has looked: the environment is free for the next; no server and no traffic is touched."""
        free = self._store.environment(stuck.service, stuck.environment).released(stuck.id)
        left = replace(stuck, wanted="release", wanted_by=request.actor)
        line = self._history(stuck.ref, request.actor, "released")
        self._commit_once(request, "", Save(free), Save(left), line)
        return texts.released(stuck)

    def _rollback(self, command: Act, request: Request) -> str:
        environment = self._store.environment(command.service, command.environment)
        if environment.active is not None:
            if environment.keeping is not None:
                self._starting.refuse_while_busy(environment, "")
            return self._rollback_while_baking(command, request)
        kept, question = self._kept_open(command.service, command.environment)
        self._answer(question, Answer.ROLLBACK, request)
        return texts.rolling_back(kept)

    def _rollback_while_baking(self, command: Act, request: Request) -> str:
        deployment = self._active(command)
        if deployment.state in BEFORE_SWITCH:
            raise Refused(
                Reason.NOT_SWITCHED,
                deployment=deployment.id,
                state=texts.state_name(deployment),
                service=command.service,
                environment=command.environment,
            )
        _refuse_while_ending(deployment)
        if deployment.state not in {State.SWITCHING, State.BAKING}:
            raise Refused(Reason.WINDOW_CLOSED, service=command.service, environment=command.environment)
        wanted = replace(deployment, wanted="rollback", wanted_by=request.actor)
        self._commit_once(
            request, "", Save(wanted), self._history(deployment.ref, request.actor, "rollback_asked")
        )
        return texts.rolling_back(deployment)

    def _end(self, command: Act, request: Request) -> str:
        deployment, question = self._kept_open(command.service, command.environment)
        self._answer(question, Answer.END, request)
        return texts.ending(deployment)

    def _keep(self, team: Team, request: Request, command: Keep) -> str:
        settings = team.environment(command.service, command.environment)
        require(team, request.actor, Role.DEPLOYER, "Keeping the old fleet longer")
        deployment, question = self._kept_open(command.service, command.environment)
        asked = question.deadline + command.seconds - deployment.switched_at
        if asked > settings.timeouts.most_keep_old:
            raise Refused(
                Reason.KEEP_TOO_LONG,
                limit=texts.duration(settings.timeouts.most_keep_old),
                asked=texts.duration(asked),
            )
        self._answer(question, Answer.EXTEND, request, seconds=command.seconds)
        return texts.extended(deployment, question.deadline + command.seconds)

    # --- finding ------------------------------------------------------------------------------------------------------

    def _active(self, command: Act) -> Deployment:
        environment = self._store.environment(command.service, command.environment)
        if environment.active is None:
            raise Refused(Reason.NOTHING_ACTIVE, service=command.service, environment=command.environment)
        found = self._store.deployment(
            Ref(command.service, command.environment, environment.active.deployment)
        )
        if found is None or found.ended:
            raise Refused(Reason.NOTHING_ACTIVE, service=command.service, environment=command.environment)
        return found

    def _kept_open(self, service: str, environment: str) -> tuple[Deployment, Question]:
        found = self._store.environment(service, environment)
        kept = holder(self._store, found, found.keeping)
        if kept is None:
            raise Refused(Reason.WINDOW_CLOSED, service=service, environment=environment)
        question = self._open(kept.ref, Kind.KEEP)
        if question is None:
            # Between an answer and the next question of the same window there is a moment without one.
            self._wake_again(kept.ref)
            ending = self._open(kept.ref, Kind.END)
            if ending is not None:
                raise Refused(Reason.END_ASKED, deployment=kept.id, code=ending.code)
            moving_on = kept.state is State.KEEPING and self._clock.now() < kept.keep_until
            reason = Reason.BUSY if moving_on else Reason.WINDOW_CLOSED
            raise Refused(reason, service=service, environment=environment)
        return kept, question

    def _open(self, ref: Ref, kind: Kind) -> Question | None:
        now = self._clock.now()
        asked = [each for each in self._store.questions(ref) if each.kind is kind and each.open_at(now)]
        return max(asked, key=lambda each: each.asked_at, default=None)

    def _answer(
        self, question: Question, answer: Answer, request: Request, *, reason: str = "", seconds: int = 0
    ) -> None:
        """Decide a question by one conditional write, then wake the machine; what the table says is what counts."""
        by = request.actor
        if question.answered_by is not None:
            self._workflow.wake(question.token)  # see _wake_again
        decided = question.answered(answer, by, self._clock.now(), reason=reason, seconds=seconds)
        line = self._history(question.ref, by, f"{answer}_{question.kind}", reason)
        self._commit_once(request, question.code, Save(decided), line)
        self._workflow.wake(question.token)

    def _wake_again(self, ref: Ref) -> None:
        """Who answered last may have died before the wake-up, and the machine would wait for the deadline: whoever
        comes next wakes it. Where it was woken this does nothing."""
        newest = max(self._store.questions(ref), key=lambda each: each.asked_at, default=None)
        if newest is not None and newest.answered_by is not None:
            self._workflow.wake(newest.token)

    def _commit_once(self, request: Request, code: str, *changes: Change) -> None:
        """Write what an event changes, with the event: where the very same came first, its write stands."""
        with suppress(Duplicate):
            self._store.commit(*changes, Seen(request.event, self._clock.now(), result=code))

    def _history(self, ref: Ref, actor: Actor, event: str, detail: str = "") -> History:
        return History(ref.service, ref.environment, ref.deployment, self._clock.now(), actor, event, detail)


def _refuse_revoked(team: Team, question: Question) -> None:
    """Both have to be allowed at the moment of the decision: also the one who asked."""
    try:
        require(team, question.requester, Role.DEPLOYER, "")
    except Refused as refused:
        who = f"{{person:{question.requester}}}"
        raise Refused(Reason.REQUESTER_NOT_ALLOWED, who=who) from refused


def _refuse_while_ending(deployment: Deployment) -> None:
    if deployment.state in {State.SWITCHING_BACK, State.DISCARDING}:
        raise Refused(Reason.ENDING, deployment=deployment.id, state=texts.state_name(deployment))
