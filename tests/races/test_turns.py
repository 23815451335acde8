"""Two people at the same moment want the same environment for themselves: one gets it, the other is told who has it."""

from collections.abc import Callable, Iterator

from chalicelib.domain.errors import Refused
from chalicelib.domain.locks import Over, TicketKey
from chalicelib.domain.reasons import Reason
from tests.builders import DEPLOYER, LEAD
from tests.races.arena import Arena, one_won, together

Arenas = Callable[[], Iterator[Arena]]


def test_two_locks(arenas: Arenas) -> None:
    """One lock, one line of history; the other reads whose it is."""
    for arena in arenas():
        got = together(
            arena.says("lock cameras production Mine.", DEPLOYER),
            arena.says("lock cameras production No, mine.", LEAD),
        )
        _, refused = one_won(got)
        winner = (DEPLOYER, LEAD)[isinstance(got[0], Refused)]
        assert refused[0].reason is Reason.LOCKED
        assert str(winner) in refused[0].text
        lock = arena.store.environment("cameras", "production").lock
        assert lock is not None
        assert lock.actor == winner
        assert arena.store.ticket(lock.key) == lock
        assert [line.event for line in arena.history()] == ["locked"]


def test_a_lock_against_a_deployment(arenas: Arenas) -> None:
    """Who locks first keeps the deployment out; who deploys first is under way, and the lock counts for the next."""
    for arena in arenas():
        locked, deployed = together(
            arena.says("lock cameras production Mine.", DEPLOYER),
            arena.says("cameras@142 to production", LEAD),
        )
        assert isinstance(locked, str)
        environment = arena.store.environment("cameras", "production")
        assert environment.lock is not None
        if isinstance(deployed, Refused):
            assert deployed.reason is Reason.LOCKED
            assert environment.active is None
        else:
            assert environment.active is not None
        lines = [line.event for line in arena.history()]
        assert lines == (
            ["locked"] if isinstance(deployed, Refused) else ["locked", "accepted"]
        )  # the newest first


def test_two_clicks_on_one_turn(arenas: Arenas) -> None:
    """The one whose turn it is and somebody who hopes for it: one deployment, by whose turn it was."""
    for arena in arenas():
        _turn(arena)
        mine, theirs = together(
            arena.says("cameras@142 to production", LEAD), arena.says("cameras@142 to production", DEPLOYER)
        )
        assert isinstance(mine, str)
        assert isinstance(theirs, Refused)
        assert theirs.reason in {Reason.OTHERS_TURN, Reason.ALREADY_ACTIVE}
        place = arena.store.ticket(TicketKey("cameras", "production", "place-2"))
        assert place is not None
        assert place.over is Over.DEPLOYED


def test_a_turn_that_is_used_against_one_that_is_passed(arenas: Arenas) -> None:
    """From two windows: either it is passed and nothing starts by it, or it is used and there is nothing to pass."""
    for arena in arenas():
        _turn(arena)
        together(arena.says("cameras@142 to production", LEAD), arena.says("leave cameras production", LEAD))
        environment = arena.store.environment("cameras", "production")
        place = arena.store.ticket(TicketKey("cameras", "production", "place-2"))
        assert environment.queue == ()
        assert place is not None
        assert place.over in {Over.DEPLOYED, Over.PASSED}


def _turn(arena: Arena) -> None:
    """It is the turn of Lead."""
    arena.says("lock cameras production Mine.", DEPLOYER)()
    arena.says("queue cameras@142 to production", LEAD)()
    arena.says("unlock cameras production", DEPLOYER)()
