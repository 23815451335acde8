"""Lock and unlock an environment, wait for it and give the place up: each one write with the event that asked for it.

Whatever they do, time has its say in the same write: whose turn comes by it is told at once.
"""

from dataclasses import replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.history import History
from chalicelib.domain.holding import AskHolder, Holding, Join, Leave, LockIt, Unlock
from chalicelib.domain.locks import ASK_SECONDS, Ask, Over
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import EnvironmentSettings, Team
from chalicelib.domain.turns import Stand, advance, is_free_for
from chalicelib.usecases.answering import Answers, Request
from chalicelib.usecases.overriding import hindrances, sentence, wanted
from chalicelib.usecases.ports import Save
from chalicelib.usecases.starting import holder, version_of
from chalicelib.usecases.texts import duration
from chalicelib.usecases.turning import lines, rules, saves, standing

MOST_WAITING = 20
"""They all stand in the environment's record."""


class KeepingPlaces:
    """One method for each command."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def hold(self, team: Team, request: Request, command: Holding) -> str:
        """Do what was asked and say what happens next; Refused says why not."""
        settings = team.environment(command.service, command.environment)
        if isinstance(command, LockIt):
            return self._lock(team, settings, request, command)
        if isinstance(command, Unlock):
            return self._unlock(team, settings, request, command)
        if isinstance(command, Join):
            return self._join(team, settings, request, command)
        if isinstance(command, AskHolder):
            return self._ask(team, settings, request, command)
        return self._leave(team, settings, request, command)

    def _lock(self, team: Team, settings: EnvironmentSettings, request: Request, command: LockIt) -> str:
        actor, limits = request.actor, settings.timeouts
        require(team, actor, Role.DEPLOYER, "Locking an environment", command.service)
        seconds = command.seconds or limits.lock
        if seconds > limits.most_lock:
            raise Refused(
                Reason.LOCK_TOO_LONG,
                **_facts(command),
                limit=duration(limits.most_lock),
                asked=duration(seconds),
                most=str(limits.most_lock),
                why=command.reason,
            )
        before = self._standing(team, settings)
        now = self._answers.clock.now()
        lock, turn = before.environment.lock, before.turn
        if lock is not None and lock.actor != actor:
            raise Refused(
                Reason.LOCKED,
                **_facts(command),
                who=f"{{person:{lock.actor}}}",
                when=f"{{when:{lock.until:.0f}}}",
                why=sentence(lock.reason),
            )
        if turn is not None and turn.actor != actor:
            raise Refused(
                Reason.OTHERS_TURN,
                **_facts(command),
                who=f"{{person:{turn.actor}}}",
                when=f"{{when:{turn.offered_until:.0f}}}",
            )
        stand = before.locked(actor, command.reason, now, now + seconds)
        self._write(team, settings, request, stand)
        until = now + seconds
        longer = "is locked until" if lock is None else _prolonged(lock.until, until)
        return (
            f"`{command.service}` in *{command.environment}* {longer} {{when:{until:.0f}}}. The channel shows "
            f"it. `/deploy unlock {command.service} {command.environment}` ends it."
        )

    def _unlock(self, team: Team, settings: EnvironmentSettings, request: Request, command: Unlock) -> str:
        require(team, request.actor, Role.VIEWER, "Unlocking an environment", command.service)
        before = self._standing(team, settings)
        lock = before.environment.lock
        if lock is None:
            raise Refused(Reason.NOT_LOCKED, **_facts(command))
        who = f"{{person:{lock.actor}}}"
        others = lock.actor != request.actor
        if others:
            require(team, request.actor, Role.APPROVER, "Ending somebody else's lock", command.service)
            if not command.reason:
                raise Refused(Reason.OTHERS_LOCK, **_facts(command), who=who)
        stand = before.unlocked(Over.UNLOCKED, self._answers.clock.now(), request.actor, command.reason)
        self._write(team, settings, request, stand)
        told = f" I tell {who}, whose lock it was." if others else ""
        return f"`{command.service}` in *{command.environment}* is not locked any more.{told}"

    def _join(self, team: Team, settings: EnvironmentSettings, request: Request, command: Join) -> str:
        actor = request.actor
        require(team, actor, Role.DEPLOYER, "Waiting in the queue", command.service)
        before = self._standing(team, settings)
        self._refuse_to_wait(before, settings, request, command)
        now = self._answers.clock.now()
        stand = before.joined(actor, command.version, now)
        self._write(team, settings, request, stand)
        number = len(before.environment.queue) + 1
        return (
            f"You are number {number} in the queue for *{command.environment}*, with "
            f"`{wanted(command.service, command.version)}`. I name you in the channel when it is your turn, and you "
            f"have {duration(settings.timeouts.turn)} then; nothing is started by itself."
        )

    def _refuse_to_wait(
        self, stand: Stand, settings: EnvironmentSettings, request: Request, command: Join
    ) -> None:
        """Refused where there is no need to wait, or nothing to wait with."""
        environment = stand.environment
        actor, facts = request.actor, _facts(command)
        place = stand.place_of(actor)
        if place is not None:
            number = 1 + environment.queue.index(place)
            raise Refused(Reason.QUEUED_ALREADY, **facts, waiting=place.wanted, number=str(number))
        version = version_of(self._answers.store, settings, command.version or None)
        if command.version and environment.live_version == version:
            raise Refused(Reason.ALREADY_LIVE, **facts, version=version)
        in_the_way = hindrances(environment, settings, actor, self._answers.clock.now())
        if is_free_for(environment, actor) and not in_the_way:
            raise Refused(Reason.NOTHING_IN_THE_WAY, **facts)
        if len(environment.queue) >= MOST_WAITING:
            raise Refused(Reason.QUEUE_FULL, **facts, number=str(MOST_WAITING))

    def _leave(self, team: Team, settings: EnvironmentSettings, request: Request, command: Leave) -> str:
        require(team, request.actor, Role.VIEWER, "Leaving a queue", command.service)
        stand = self._standing(team, settings)
        place = stand.place_of(request.actor)
        if place is None:
            raise Refused(Reason.NOT_QUEUED, **_facts(command))
        how = Over.PASSED if place.offered_at else Over.LEFT
        self._write(
            team, settings, request, stand.ending(place, how, self._answers.clock.now(), request.actor)
        )
        after = "The next one's turn comes." if place.offered_at else "You can join again at any time."
        return f"You do not wait for *{command.environment}* any more. {after}"

    def _ask(self, team: Team, settings: EnvironmentSettings, request: Request, command: AskHolder) -> str:
        """A visible word to the holder; nothing else changes."""
        require(team, request.actor, Role.VIEWER, "Asking the holder", command.service)
        holder_, holds = self._held_by(self._standing(team, settings), command)
        if holder_ == request.actor:
            raise Refused(Reason.HELD_BY_YOU, **_facts(command))
        now = self._answers.clock.now()
        ask = Ask(
            command.service, command.environment, int(now // ASK_SECONDS), request.actor, holder_, holds, now
        )
        asked = self._asked_lately(ask)
        if asked is not None:
            who, when = f"{{person:{asked.holder}}}", f"{{when:{asked.since:.0f}}}"
            raise Refused(Reason.ASKED_LATELY, **_facts(command), who=who, when=when)
        line = History(
            command.service,
            command.environment,
            holds,
            now,
            request.actor,
            "asked_holder",
            f"{{person:{holder_}}}",
        )
        self._answers.commit_once(request, "", Save(ask), line)
        return f"I asked {{person:{holder_}}} in the channel. Nothing else was changed."

    def _asked_lately(self, ask: Ask) -> Ask | None:
        """There is one in each five minutes of the clock, so the last one is in these or in those before."""
        before = self._answers.store.asked(replace(ask, number=ask.number - 1).key)
        if before is not None and ask.since - before.since < ASK_SECONDS:
            return before
        return self._answers.store.asked(ask.key)

    def _held_by(self, stand: Stand, command: AskHolder) -> tuple[Actor, str]:
        """Whoever is in the way: a deployment first, then a lock, then a turn."""
        environment = stand.environment
        active = holder(self._answers.store, environment, environment.active)
        if active is not None:
            return active.requester, active.id
        if environment.lock is not None:
            return environment.lock.actor, ""
        if stand.turn is not None:
            return stand.turn.actor, ""
        raise Refused(Reason.HELD_BY_NOBODY, **_facts(command))

    def _standing(self, team: Team, settings: EnvironmentSettings) -> Stand:
        return standing(self._answers.store, team, settings, self._answers.clock.now())

    def _write(self, team: Team, settings: EnvironmentSettings, request: Request, stand: Stand) -> None:
        now = self._answers.clock.now()
        after = advance(stand, now, rules(team, settings, now))
        self._answers.commit_once(request, "", *saves(after), *lines(after, request.actor, now))


def _prolonged(before: float, until: float) -> str:
    return (
        "is locked for longer, until" if until > before else "is not locked for so long any more, only until"
    )


def _facts(command: Holding) -> dict[str, str]:
    version = command.version if isinstance(command, Join) else ""
    return {
        "service": command.service,
        "environment": command.environment,
        "wanted": wanted(command.service, version),
    }
