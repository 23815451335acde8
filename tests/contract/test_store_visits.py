"""The port Store, on its fake and on DynamoDB: who opened their home."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import Conflict, Duplicate
from chalicelib.domain.visits import Visit
from chalicelib.usecases.ports import Save, Seen, Store
from tests.builders import APPROVER, DEPLOYER, NOW

VISIT = Visit(DEPLOYER, NOW)


def test_visits_are_found_by_person_and_together(store: Store) -> None:
    """Each person has one, the latest."""
    assert store.visits() == ()
    store.commit(Save(VISIT))
    store.commit(Save(Visit(APPROVER, NOW)))
    store.commit(Save(replace(VISIT, at=NOW + 60, revision=1)))
    assert store.visit(DEPLOYER) == Visit(DEPLOYER, NOW + 60, revision=2)
    assert {each.who: each.at for each in store.visits()} == {DEPLOYER: NOW + 60, APPROVER: NOW}


def test_one_event_is_one_visit(store: Store) -> None:
    """Of two at once one is written; the same event again is known."""
    store.commit(Save(VISIT), Seen("slack-event-Ev1", NOW))
    with pytest.raises(Conflict):
        store.commit(Save(VISIT))
    with pytest.raises(Duplicate):
        store.commit(Save(replace(VISIT, revision=1)), Seen("slack-event-Ev1", NOW + 61))
