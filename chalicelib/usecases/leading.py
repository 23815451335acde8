"""Of two that go together the server decides: what people say of one of them is said there, by those who may do it to
both (docs/adr/0018)."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.domain.commands import Act, Keep
from chalicelib.domain.coupling import Standing, leads, standing, stays, undecided
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases import texts
from chalicelib.usecases.ports import Store
from chalicelib.usecases.starting import Starting
from chalicelib.usecases.words import state_name, words_for, words_of


@dataclass(frozen=True, slots=True)
class Pair:
    """A server and the frontend that follows it."""

    lead: Deployment
    follower: Deployment

    @property
    def before_switch(self) -> bool:
        """Whether no traffic has moved yet, so that nothing has to go back."""
        return self.lead.state in BEFORE_SWITCH


@dataclass(frozen=True, slots=True)
class Led:
    """What is done instead, and what that does to the other one, to be said with it."""

    command: Act
    besides: str = ""


class Leading:
    """Looks at both before anything is written."""

    def __init__(self, store: Store, starting: Starting) -> None:
        self._store = store
        self._starting = starting

    def act(self, team: Team, command: Act, made: Deployment | None, actor: Actor) -> Led:
        """What a command about a deployment comes to. Refused for those who may not do it to the other one, and where
        that is in no state for it."""
        pair = self._pair(made)
        if pair is None or command.verb == "retry":
            return Led(command)
        _require_both(team, pair, command, command.verb, actor)
        verb = _meant(command, pair)
        if verb == "finish" or (verb == "cancel" and not pair.before_switch):
            return Led(command)
        self._refuse_unable(verb, pair)
        lead = pair.lead.ref
        return Led(Act(verb, lead.service, lead.environment, lead.deployment), _besides(verb, pair))

    def keep(self, team: Team, command: Keep, made: Deployment | None, actor: Actor) -> Keep:
        """The same of more time: both have as much."""
        pair = self._pair(made)
        if pair is None:
            return command
        _require_both(team, pair, command, "keep", actor)
        lead = pair.lead.ref
        return Keep(lead.service, lead.environment, command.seconds, lead.deployment)

    def _pair(self, made: Deployment | None) -> Pair | None:
        """The two, where a deployment is one of them and its server still decides."""
        if made is None or made.partner is None or made.state is State.STUCK:
            return None
        other = self._store.deployment(made.partner)
        if other is None:
            return None
        pair = Pair(other, made) if made.follows else Pair(made, other)
        return pair if leads(pair.lead) else None

    def _refuse_unable(self, verb: str, pair: Pair) -> None:
        """Refused where both can not give up what they have now."""
        for each in (pair.lead, pair.follower):
            if each.state is State.STUCK and undecided(each):
                raise _refused(Reason.PARTNER_STUCK, each)
        stands = standing(pair.follower)
        if verb == "end" and stands is Standing.COMING:
            raise _refused(Reason.PARTNER_COMING, pair.follower)
        if verb == "rollback" and stands is Standing.KEPT and not stays(pair.follower):
            where = self._store.environment(pair.follower.service, pair.follower.environment)
            self._starting.refuse_while_busy(where, "")


def _require_both(team: Team, pair: Pair, command: Act | Keep, verb: str, actor: Actor) -> None:
    """Of the one that is named it was asked before."""
    other = pair.lead if command.service == pair.follower.service else pair.follower
    doing = words_for(team, other.service).answers.doing[verb]
    require(team, actor, Role.DEPLOYER, f"{doing}: `{other.service}` goes with it, which", other.service)


def _meant(command: Act, pair: Pair) -> str:
    """Once traffic has moved, canceling a frontend that is not shown yet is a rollback of both."""
    follower = pair.follower
    moved = command.service == follower.service and not pair.before_switch
    return (
        "rollback" if command.verb == "cancel" and moved and follower.state in BEFORE_SWITCH else command.verb
    )


def _besides(verb: str, pair: Pair) -> str:
    """What becomes of the frontend."""
    return " ".join(_of_follower(verb, pair))


def _of_follower(verb: str, pair: Pair) -> Iterator[str]:
    name, release = f"*{pair.follower.id}*", f"`{texts.plain(pair.follower.version)}`"
    if verb == "rollback" and stays(pair.follower):
        yield f"Visitors keep seeing {release}: there is no release before it to go back to."
    elif verb == "rollback" and pair.follower.state is State.KEEPING:
        yield f"{name} goes back first, then traffic."
    elif verb in {"rollback", "cancel"}:
        yield f"{name} ends with it, and visitors see what they saw before."
    elif verb == "end":
        yield f"{release} can not be rolled back after that either."


def _refused(reason: Reason, deployment: Deployment) -> Refused:
    return Refused(
        reason,
        partner=deployment.id,
        state=state_name(deployment),
        service=deployment.service,
        environment=deployment.environment,
        kind=words_of(deployment).kind,
    )
