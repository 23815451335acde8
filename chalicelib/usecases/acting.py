"""What people do to a deployment that is under way: finish, cancel, retry, roll back, keep, end."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.commands import Act, Keep
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, Ref, State
from chalicelib.domain.errors import Conflict, Duplicate, LostLock, Refused
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import FRONTEND, Reason
from chalicelib.domain.settings import EnvironmentSettings, Team
from chalicelib.usecases import texts
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.buttons import buttons
from chalicelib.usecases.leading import Leading
from chalicelib.usecases.overriding import asked_in_freeze, freeze_note
from chalicelib.usecases.ports import Save, Seen
from chalicelib.usecases.refusals import Refusals, refuse_first, refused
from chalicelib.usecases.resume import resume
from chalicelib.usecases.starting import Starting, holder
from chalicelib.usecases.turning import freed
from chalicelib.usecases.words import state_name, words_for, words_of

_WAY_BACK = frozenset({"rollback", "keep", "end"})
"""What is done to the way back rather than to what is under way."""
_Does = Callable[[Act, Request], str]


class Acting:
    """One method for each verb."""

    def __init__(self, answers: Answers, starting: Starting) -> None:
        self._answers = answers
        self._starting = starting
        self._refusals = Refusals(answers)
        self._leading = Leading(answers.store, starting)

    def act(self, team: Team, request: Request, command: Act) -> str:
        """Do what the verb says to the deployment of an environment."""
        settings = team.environment(command.service, command.environment)
        doing = words_for(team, command.service).answers.doing[command.verb]
        require(team, request.actor, Role.DEPLOYER, doing, command.service)
        led = self._leading.act(team, command, self._meant(command), request.actor)
        acts: dict[str, _Does] = {
            "finish": partial(self._finish, team, settings),
            "cancel": partial(self._cancel, team),
            "retry": partial(self._retry, team),
            "rollback": partial(self._rollback, team),
            "end": partial(self._end, team),
        }
        said = acts[led.command.verb](led.command, request)
        return f"{said} {led.besides}" if led.besides else said

    def _finish(self, team: Team, settings: EnvironmentSettings, command: Act, request: Request) -> str:
        """A freeze that began meanwhile keeps nobody: whoever confirms is told of it (docs/locks.md says why)."""
        if settings.site is not None:
            where = {"service": command.service, "environment": command.environment}
            raise Refused(Reason.NOT_READY, **where, kind=FRONTEND)
        note = freeze_note(settings, self._answers.clock.now())
        deployment = self._held(team, command)
        question = self._asked(team, command, deployment, Kind.READY)
        self._answers.answer(question, Answer.FINISH, request, reason=note)
        return " ".join(
            each
            for each in (words_of(deployment).answers.finishing(deployment), asked_in_freeze(note))
            if each
        )

    def _cancel(self, team: Team, command: Act, request: Request) -> str:
        deployment = self._held(team, command)
        if deployment.state is State.STUCK:
            return self._release(deployment, request)
        if deployment.state not in BEFORE_SWITCH:
            raise self._refusals.of(team, "cancel", deployment)
        wanted = replace(deployment, wanted="cancel", wanted_by=request.actor)
        kinds = (Kind.START, Kind.BUILD, Kind.RETRY, Kind.READY, Kind.FINISH)
        found = (self._answers.open(deployment.ref, kind) for kind in kinds)
        open_ones = [question for question in found if question is not None]
        now = self._answers.clock.now()
        self._answers.commit_once(
            request,
            open_ones[0].code if open_ones else "",
            Save(wanted),
            *(Save(question.answered(Answer.CANCEL, request.actor, now)) for question in open_ones),
            self._answers.history(deployment.ref, request.actor, "cancel_asked"),
        )
        self._starting.again(wanted)
        for question in open_ones:
            self._answers.workflow.wake(question.token)
        return words_of(deployment).answers.canceling(deployment)

    def _retry(self, team: Team, command: Act, request: Request) -> str:
        """A failed step again: the machine waits with it, or stopped at it and is taken up by a new run."""
        deployment = self._held(team, command)
        if deployment.state is State.STUCK:
            self._resume(deployment, request)
        else:
            question = self._asked(team, command, deployment, Kind.RETRY)
            self._answers.answer(question, Answer.RETRY, request)
        return texts.retrying(deployment)

    def _resume(self, stuck: Deployment, request: Request) -> None:
        """Raises Conflict where somebody else released it, or took it up, since it was read."""
        answers, seen = self._answers, Seen(request.event, self._answers.clock.now(), result="")
        try:
            with suppress(Duplicate):
                resume(
                    answers.store,
                    answers.workflow,
                    answers.clock,
                    stuck,
                    request.actor,
                    seen,
                    event="retry_asked",
                )
        except LostLock as error:
            raise Conflict(f"{stuck.id} was let go of") from error

    def _release(self, stuck: Deployment, request: Request) -> str:
        """Somebody has looked: the environment is free for the next; no server and no traffic is touched."""
        free = self._answers.store.environment(stuck.service, stuck.environment).released(stuck.id)
        left = replace(stuck, wanted="release", wanted_by=request.actor)
        line = self._answers.history(stuck.ref, request.actor, "released")
        changes = freed(self._answers.store, free, self._answers.clock.now())
        self._answers.commit_once(request, "", Save(left), line, *changes)
        return words_of(stuck).answers.released(stuck)

    def _rollback(self, team: Team, command: Act, request: Request) -> str:
        environment = self._answers.store.environment(command.service, command.environment)
        if environment.active is not None and environment.keeping is not None:
            self._starting.refuse_while_busy(environment, "")
        deployment = self._held(team, command)
        refuse_first(deployment)
        if deployment.state in {State.SWITCHING, State.BAKING} and deployment.wanted != "rollback":
            return self._rollback_while_baking(deployment, request)
        question = self._asked(team, command, deployment, Kind.KEEP)
        self._answers.answer(question, Answer.ROLLBACK, request)
        return words_of(deployment).answers.rolling_back(deployment)

    def _rollback_while_baking(self, deployment: Deployment, request: Request) -> str:
        wanted = replace(deployment, wanted="rollback", wanted_by=request.actor)
        self._answers.commit_once(
            request, "", Save(wanted), self._answers.history(deployment.ref, request.actor, "rollback_asked")
        )
        return words_of(deployment).answers.rolling_back(deployment)

    def _end(self, team: Team, command: Act, request: Request) -> str:
        deployment = self._held(team, command)
        question = self._asked(team, command, deployment, Kind.KEEP)
        self._answers.answer(question, Answer.END, request)
        return words_of(deployment).answers.ending(deployment)

    def keep(self, team: Team, request: Request, command: Keep) -> str:
        """Keep the way back longer."""
        team.environment(command.service, command.environment)
        doing = words_for(team, command.service).answers.doing["keep"]
        require(team, request.actor, Role.DEPLOYER, doing, command.service)
        command = self._leading.keep(team, command, self._meant(command), request.actor)
        settings = team.environment(command.service, command.environment)
        deployment = self._held(team, command)
        refuse_first(deployment)
        question = self._asked(team, command, deployment, Kind.KEEP)
        limit = settings.timeouts.most_keep_old
        asked = question.deadline + command.seconds - deployment.switched_at
        if asked > limit:
            raise refused(
                Reason.KEEP_TOO_LONG,
                deployment,
                limit=texts.duration(limit),
                asked=texts.duration(asked),
                most=str(int(limit - (question.deadline - deployment.switched_at))),
            )
        self._answers.answer(question, Answer.EXTEND, request, seconds=command.seconds)
        said = words_of(deployment).answers.extended(deployment)
        return f"{said} {{when:{question.deadline + command.seconds:.0f}}}."

    # --- finding ------------------------------------------------------------------------------------------------

    def _held(self, team: Team, command: Act | Keep) -> Deployment:
        """The deployment that is meant: the one that is named, while it holds the environment; else the one that is
        under way, or of the way back the one that keeps it. Refused where there is none, or another one."""
        meant = self._meant(command)
        if meant is not None:
            return meant
        held = self._holders(command)
        if held:
            raise self._another(command, held[0])
        reason = Reason.WINDOW_CLOSED if command.verb in _WAY_BACK else Reason.NOTHING_ACTIVE
        kind = words_for(team, command.service).kind
        raise Refused(reason, service=command.service, environment=command.environment, kind=kind)

    def _meant(self, command: Act | Keep) -> Deployment | None:
        held = self._holders(command)
        return next((each for each in held if command.deployment in {"", each.id}), None)

    def _holders(self, command: Act | Keep) -> list[Deployment]:
        """Who holds the environment; whom this is more likely to mean comes first."""
        environment = self._answers.store.environment(command.service, command.environment)
        slots = [environment.active, environment.keeping]
        if command.verb in _WAY_BACK:
            slots.reverse()
        held = (holder(self._answers.store, environment, slot) for slot in slots)
        return [made for made in held if made is not None and (not made.ended or made.state is State.STUCK)]

    def _another(self, command: Act | Keep, now: Deployment) -> Refused:
        """What became of the deployment that was meant, and what can be done to the one that is there now."""
        meant = self._answers.store.deployment(Ref(command.service, command.environment, command.deployment))
        questions = [
            each for each in self._answers.store.questions(now.ref) if each.open_at(self._answers.clock.now())
        ]
        can = {each.verb for each in buttons(now, questions)} if now.state is not State.STUCK else set()
        return refused(
            Reason.OTHER_DEPLOYMENT,
            now,
            meant=command.deployment,
            became=state_name(meant) if meant is not None else "not known to me",
            can=command.verb if command.verb in can else "",
        )

    def _asked(self, team: Team, command: Act | Keep, deployment: Deployment, kind: Kind) -> Question:
        """The open question that this answers; Refused with what is in the way where there is none."""
        question = self._answers.open(deployment.ref, kind)
        if question is None:
            raise self._refusals.of(team, command.verb, deployment)
        return question
