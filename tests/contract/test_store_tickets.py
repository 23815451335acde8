"""The port Store keeps locks and places in the queue: in their environment, and each by itself for chat."""

from dataclasses import replace

import pytest

from chalicelib.domain.deployment import Environment
from chalicelib.domain.errors import Conflict
from chalicelib.domain.locks import Hindrance, Lock, Over, Overridden, Override, Place, TicketKey
from chalicelib.domain.metrics import Figures, Metrics, Week
from chalicelib.domain.sharing import Shared, share_key
from chalicelib.usecases.ports import Save, Store
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, deployment

LOCK = Lock("cameras", "production", 3, DEPLOYER, "A migration runs.", NOW, NOW + 7_200)
PLACE = Place("cameras", "production", 4, LEAD, "142", NOW).offered(NOW + 5, 300)


def test_an_environment_comes_back_with_its_lock_and_its_queue(store: Store) -> None:
    """Who, why, until when, and the order of those who wait."""
    second = Place("cameras", "production", 5, APPROVER, "", NOW + 1)
    locked = Environment("cameras", "production", lock=LOCK, queue=(PLACE, second), tickets=5)
    store.commit(Save(locked))
    assert store.environment("cameras", "production") == replace(locked, revision=1)


@pytest.mark.parametrize("ticket", [LOCK, PLACE], ids=["lock", "place"])
def test_a_ticket_comes_back_by_its_key_and_once_it_is_over(store: Store, ticket: Lock | Place) -> None:
    """Chat shows it also when it has ended, and by whom."""
    store.commit(Save(ticket))
    assert store.ticket(ticket.key) == replace(ticket, revision=1)
    over = replace(ticket, revision=1).ended(Over.UNLOCKED, NOW + 60, APPROVER)
    store.commit(Save(over))
    assert store.ticket(ticket.key) == replace(over, revision=2)


def test_a_ticket_that_never_was_is_not_there(store: Store) -> None:
    """Nothing is no error."""
    assert store.ticket(TicketKey("cameras", "production", "lock-9")) is None
    assert store.ticket(TicketKey("cameras", "production", "place-9")) is None


def test_of_two_who_end_a_ticket_one_loses(store: Store) -> None:
    """It is written under its revision like every record."""
    store.commit(Save(LOCK))
    with pytest.raises(Conflict):
        store.commit(Save(LOCK))


def test_an_override_comes_back_with_its_deployment(store: Store) -> None:
    """What was in the way, and why it was started all the same."""
    over = (
        Overridden(Hindrance.LOCK, NOW + 60, LEAD, "Hands off."),
        Overridden(Hindrance.FREEZE, NOW + 90, reason="The weekend."),
    )
    made = deployment(override=Override(LEAD, "Cameras are down.", over))
    store.commit(Save(made))
    assert store.deployment(made.ref) == replace(made, revision=1)


@pytest.mark.parametrize("where", [("cameras", "production"), ("cameras", ""), ("", "")])
def test_what_was_shown_to_the_team_comes_back(store: Store, where: tuple[str, str]) -> None:
    """Of an environment, of a service, of all: every number, and those that are not known."""
    counted, unknown = Metrics(8, 1.9, 17_999.5, 8, 1, 0.125, None, 1), Metrics(0, 0.0)
    figures = Figures(30, NOW, counted, unknown, (Week(NOW - 9.5, 2, 1), Week(NOW)), 400, NOW - 99, 7)
    shown = Shared(*where, 29_833_333, LEAD, figures)
    assert store.shared(shown.key) is None
    store.commit(Save(shown))
    assert store.shared(shown.key) == replace(shown, revision=1)
    assert store.shared(share_key(*where, 29_833_334)) is None
    assert store.shared(share_key("doors", "production", 29_833_333)) is None


def test_of_two_who_show_it_in_one_minute_one_loses(store: Store) -> None:
    """The team sees it once."""
    figures = Figures(30, NOW, Metrics(0, 0.0), Metrics(0, 0.0))
    store.commit(Save(Shared("cameras", "production", 1, LEAD, figures)))
    with pytest.raises(Conflict):
        store.commit(Save(Shared("cameras", "production", 1, DEPLOYER, figures)))
