"""The port Store, on its fake and on DynamoDB: findings."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.domain.findings import Finding, FindingKey, Trouble
from chalicelib.usecases.ports import Save, Store
from tests.builders import NOW

STUCK = Finding("cameras", "production", Trouble.STUCK, "cameras-production-1", "It takes traffic.", NOW)
ORPHANS = Finding("cameras", "production", Trouble.ORPHANS, "", "i-7: no record knows them", NOW + 1)
KEY = FindingKey("cameras", "production", "stuck-cameras-production-1")


def test_the_findings_of_an_environment(store: Store) -> None:
    """All of it and none of another's, resolved or not; each is found by its key."""
    for each in (STUCK, ORPHANS, replace(STUCK, environment="staging")):
        store.commit(Save(each))
    store.commit(Save(replace(ORPHANS, revision=1, resolved_at=NOW + 60)))
    found = store.findings("cameras", "production")
    assert {each.key: each.open for each in found} == {KEY.key: True, "orphans-nobody": False}
    assert store.finding(KEY) == replace(STUCK, revision=1)
    assert store.finding(replace(KEY, key="stuck-cameras-production-2")) is None
    assert store.findings("doors", "production") == ()


def test_two_sweeps_write_a_finding_once(store: Store) -> None:
    """The second one lost the race; so does one that resolves what was found anew."""
    store.commit(Save(STUCK))
    with pytest.raises(Conflict):
        store.commit(Save(STUCK))
    store.commit(Save(replace(STUCK, revision=1, detail="more")))
    with pytest.raises(Conflict):
        store.commit(Save(replace(STUCK, revision=1, resolved_at=NOW + 60)))
