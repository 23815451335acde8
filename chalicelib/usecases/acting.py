"""What people do to a deployment that is under way: finish, cancel, retry, roll back, keep, end."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.commands import Act, Keep
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, Ref, State
from chalicelib.domain.errors import Duplicate, Refused
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import FRONTEND, Reason
from chalicelib.domain.settings import EnvironmentSettings, Team
from chalicelib.usecases import texts
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.overriding import asked_in_freeze, freeze_note
from chalicelib.usecases.ports import Save, Seen
from chalicelib.usecases.resume import resume
from chalicelib.usecases.starting import Starting, holder
from chalicelib.usecases.words import state_name, words_for, words_of
from chalicelib.usecases.words.shape import Words

_Does = Callable[[Act, Request], str]


class Acting:
    """One method for each verb."""

    def __init__(self, answers: Answers, starting: Starting) -> None:
        self._answers = answers
        self._starting = starting

    def act(self, team: Team, request: Request, command: Act) -> str:
        """Do what the verb says to the deployment of an environment."""
        settings = team.environment(command.service, command.environment)
        doing = words_for(team, command.service).answers.doing[command.verb]
        require(team, request.actor, Role.DEPLOYER, doing, command.service)
        acts: dict[str, _Does] = {
            "finish": partial(self._finish, settings),
            "cancel": self._cancel,
            "retry": self._retry,
            "rollback": partial(self._rollback, team),
            "end": partial(self._end, team),
        }
        return acts[command.verb](command, request)

    def _finish(self, settings: EnvironmentSettings, command: Act, request: Request) -> str:
        """A freeze that began meanwhile keeps nobody: whoever confirms is told of it (docs/locks.md says why)."""
        if settings.site is not None:
            where = {"service": command.service, "environment": command.environment}
            raise Refused(Reason.NOT_READY, **where, kind=FRONTEND)
        note = freeze_note(settings, self._answers.clock.now())
        deployment = self._active(command)
        question = self._answers.open(deployment.ref, Kind.READY)
        if question is None:
            self._answers.wake_again(deployment.ref)
            raise _refused(Reason.NOT_READY, deployment)
        self._answers.answer(question, Answer.FINISH, request, reason=note)
        return " ".join(
            each
            for each in (words_of(deployment).answers.finishing(deployment), asked_in_freeze(note))
            if each
        )

    def _cancel(self, command: Act, request: Request) -> str:
        stuck = self._stuck(command)
        if stuck is not None:
            return self._release(stuck, request)
        deployment = self._active(command)
        _refuse_while_ending(deployment)
        if deployment.state not in BEFORE_SWITCH:
            raise _refused(Reason.TOO_LATE_TO_CANCEL, deployment)
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

    def _retry(self, command: Act, request: Request) -> str:
        """A failed step again: the machine waits with it, or stopped at it and is taken up by a new run."""
        stuck = self._stuck(command)
        if stuck is not None:
            seen = Seen(request.event, self._answers.clock.now(), result="")
            with suppress(Duplicate):
                resume(
                    self._answers.store,
                    self._answers.workflow,
                    self._answers.clock,
                    stuck,
                    request.actor,
                    seen,
                    event="retry_asked",
                )
            return texts.retrying(stuck)
        deployment = self._active(command)
        question = self._answers.open(deployment.ref, Kind.RETRY)
        if question is None:
            self._answers.wake_again(deployment.ref)
            raise _refused(Reason.NOTHING_TO_RETRY, deployment)
        self._answers.answer(question, Answer.RETRY, request)
        return texts.retrying(deployment)

    def _stuck(self, command: Act) -> Deployment | None:
        """The deployment that got stuck and keeps others out: the active one, else the one with the old fleet."""
        environment = self._answers.store.environment(command.service, command.environment)
        found = holder(self._answers.store, environment, environment.active or environment.keeping)
        return found if found is not None and found.state is State.STUCK else None

    def _release(self, stuck: Deployment, request: Request) -> str:
        """Somebody has looked: the environment is free for the next; no server and no traffic is touched."""
        free = self._answers.store.environment(stuck.service, stuck.environment).released(stuck.id)
        left = replace(stuck, wanted="release", wanted_by=request.actor)
        line = self._answers.history(stuck.ref, request.actor, "released")
        self._answers.commit_once(request, "", Save(free), Save(left), line)
        return words_of(stuck).answers.released(stuck)

    def _rollback(self, team: Team, command: Act, request: Request) -> str:
        environment = self._answers.store.environment(command.service, command.environment)
        if environment.active is not None:
            if environment.keeping is not None:
                self._starting.refuse_while_busy(environment, "")
            return self._rollback_while_baking(command, request)
        kept, question = self._kept_open(words_for(team, command.service), command)
        follower = self._follower(kept)
        if follower is not None:
            return self._send_both_back(team, follower, request)
        _refuse_first(kept)
        self._answers.answer(question, Answer.ROLLBACK, request)
        return words_of(kept).answers.rolling_back(kept)

    def _rollback_while_baking(self, command: Act, request: Request) -> str:
        deployment = self._active(command)
        if deployment.state in BEFORE_SWITCH:
            raise _refused(Reason.NOT_SWITCHED, deployment)
        _refuse_while_ending(deployment)
        _refuse_first(deployment)
        if deployment.state not in {State.SWITCHING, State.BAKING}:
            raise _refused(Reason.WINDOW_CLOSED, deployment)
        wanted = replace(deployment, wanted="rollback", wanted_by=request.actor)
        self._answers.commit_once(
            request, "", Save(wanted), self._answers.history(deployment.ref, request.actor, "rollback_asked")
        )
        return words_of(deployment).answers.rolling_back(deployment)

    def _follower(self, lead: Deployment) -> Deployment | None:
        """The frontend that went with a server, while it may still go back."""
        if lead.partner is None or lead.follows:
            return None
        found = self._answers.store.deployment(lead.partner)
        return found if found is not None and not found.ended and found.state is not State.RETIRING else None

    def _send_both_back(self, team: Team, follower: Deployment, request: Request) -> str:
        """The frontend goes back first, and the server when it has: no page may outlive the server that it asks."""
        doing = words_of(follower).answers.doing["rollback"]
        require(team, request.actor, Role.DEPLOYER, doing, follower.service)
        before = follower.state in BEFORE_SWITCH
        command = Act("cancel" if before else "rollback", follower.service, follower.environment)
        return self._cancel(command, request) if before else self._rollback(team, command, request)

    def _end(self, team: Team, command: Act, request: Request) -> str:
        deployment, question = self._kept_open(words_for(team, command.service), command)
        self._answers.answer(question, Answer.END, request)
        return words_of(deployment).answers.ending(deployment)

    def keep(self, team: Team, request: Request, command: Keep) -> str:
        """Keep the way back longer."""
        settings = team.environment(command.service, command.environment)
        words = words_for(team, command.service)
        require(team, request.actor, Role.DEPLOYER, words.answers.doing["keep"], command.service)
        deployment, question = self._kept_open(words, command)
        _refuse_first(deployment)
        asked = question.deadline + command.seconds - deployment.switched_at
        if asked > settings.timeouts.most_keep_old:
            raise _refused(
                Reason.KEEP_TOO_LONG,
                deployment,
                limit=texts.duration(settings.timeouts.most_keep_old),
                asked=texts.duration(asked),
            )
        self._answers.answer(question, Answer.EXTEND, request, seconds=command.seconds)
        said = words_of(deployment).answers.extended(deployment)
        return f"{said} {{when:{question.deadline + command.seconds:.0f}}}."

    # --- finding ------------------------------------------------------------------------------------------------

    def _active(self, command: Act) -> Deployment:
        environment = self._answers.store.environment(command.service, command.environment)
        if environment.active is None:
            raise Refused(Reason.NOTHING_ACTIVE, service=command.service, environment=command.environment)
        found = self._answers.store.deployment(
            Ref(command.service, command.environment, environment.active.deployment)
        )
        if found is None or found.ended:
            raise Refused(Reason.NOTHING_ACTIVE, service=command.service, environment=command.environment)
        return found

    def _kept_open(self, words: Words, command: Act | Keep) -> tuple[Deployment, Question]:
        service, environment = command.service, command.environment
        found = self._answers.store.environment(service, environment)
        kept = holder(self._answers.store, found, found.keeping)
        if kept is None:
            raise Refused(Reason.WINDOW_CLOSED, service=service, environment=environment, kind=words.kind)
        question = self._answers.open(kept.ref, Kind.KEEP)
        if question is None:
            # Between an answer and the next question of the same window there is a moment without one.
            self._answers.wake_again(kept.ref)
            ending = self._answers.open(kept.ref, Kind.END)
            if ending is not None:
                raise _refused(Reason.END_ASKED, kept, code=ending.code)
            moving_on = kept.state is State.KEEPING and self._answers.clock.now() < kept.keep_until
            reason = Reason.BUSY if moving_on else Reason.WINDOW_CLOSED
            raise _refused(reason, kept)
        return kept, question


def _refused(reason: Reason, deployment: Deployment, **more: str) -> Refused:
    """A refusal that says where the deployment is and what it deploys."""
    return Refused(
        reason,
        deployment=deployment.id,
        state=state_name(deployment),
        service=deployment.service,
        environment=deployment.environment,
        kind=words_of(deployment).kind,
        **more,
    )


def _refuse_first(deployment: Deployment) -> None:
    if deployment.first_release:
        raise _refused(Reason.NO_WAY_BACK, deployment)


def _refuse_while_ending(deployment: Deployment) -> None:
    if deployment.state in {State.SWITCHING_BACK, State.DISCARDING}:
        raise _refused(Reason.ENDING, deployment)
