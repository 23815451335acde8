"""The port Store, on its fake and on DynamoDB: what is found, in which order, and what chat and configuration keep."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import Environment, Package, Ref, Slot
from chalicelib.domain.errors import Refused
from chalicelib.domain.history import Head, History
from chalicelib.domain.people import SERVICE
from chalicelib.domain.pushed import Release
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_ports import Posted
from chalicelib.usecases.ports import Record, Save, Store
from tests.builders import APPROVER, DEPLOYER, NOW, build, deployment, hosts, plan, question, raw_config

REF = deployment().ref
LIVE = Environment("cameras", "production", live_version="141", live_since=NOW)


def line(event: str = "accepted", at: float = NOW, **changes: str) -> History:
    """A line of history."""
    made = History("cameras", "production", "cameras-production-1", at, DEPLOYER, event)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_releases_come_newest_first(store: Store) -> None:
    """By the time in their tags and the number within a minute, whenever they were reported; each is found by tag."""
    tags = [f"web_2026-11-22_14-0{each}" for each in ("5", "5-2", "5-10", "6")]
    made = [Release("web", tag, "a" * 64, DEPLOYER, NOW, environments=("production",)) for tag in tags]
    for each in (made[2], made[0], made[3], made[1]):
        store.commit(Save(each))
    assert [each.tag for each in store.releases("web")] == tags[::-1]
    assert [each.tag for each in store.releases("web", limit=2)] == tags[:1:-1]
    assert store.release("web", tags[2]) == replace(made[2], revision=1)
    assert store.release("web", "web_2026-11-22_14-07") is None
    assert store.releases("cameras") == ()


# --- looking ------------------------------------------------------------------------------------------------------


def test_the_overview_shows_the_holders_and_what_is_not_decided(store: Store) -> None:
    """The environment, its newest deployments by number, and the open questions."""
    made = [deployment(id=f"cameras-production-{number}") for number in (1, 2, 9, 10)]
    environment = replace(LIVE, fence=2, active=Slot(made[3].id, 2, NOW), keeping=Slot(made[2].id, 1, NOW))
    open_ones = [
        question(code="AAAAA", deployment=made[3].id),
        question(Kind.KEEP, code="BBBBB", deployment=made[2].id),
    ]
    decided = question(code="CCCCC", deployment=made[3].id).answered(Answer.CONFIRM, APPROVER, NOW)
    elsewhere = question(code="DDDDD", environment="staging", deployment="cameras-staging-1")
    everything: list[Record] = [*made, environment, *open_ones, decided, elsewhere]
    for each in everything:
        store.commit(Save(each))
    seen = store.overview("cameras", "production", deployments=3)
    assert seen.environment == replace(environment, revision=1)
    assert [each.id for each in seen.deployments] == [made[3].id, made[2].id, made[1].id]
    assert {each.code for each in seen.questions} == {"AAAAA", "BBBBB"}


def test_the_overview_shows_a_holder_however_many_came_after_it(store: Store) -> None:
    """A lock whose holder is not seen would be taken for one without an owner."""
    made = [deployment(id=f"cameras-production-{number}") for number in (1, 2, 3, 4)]
    store.commit(
        Save(replace(LIVE, fence=1, active=Slot(made[0].id, 1, NOW))), *(Save(each) for each in made)
    )
    seen = store.overview("cameras", "production", deployments=2)
    assert [each.id for each in seen.deployments] == [made[3].id, made[2].id, made[0].id]


def test_the_past_is_the_newest_deployments_without_what_makes_them_large(store: Store) -> None:
    """Each with its phases and people, newest first; without plan, hosts, commands, output and package."""
    made = [
        deployment(
            id=f"cameras-production-{number}",
            plan=plan(),
            new=hosts("i-1"),
            commands=(("configure", "c-1"),),
            output="x" * 1_000,
            package=Package("https://a", "ab" * 32),
            finished_by=APPROVER,
        )
        for number in (1, 2, 10)
    ]
    for each in made:
        store.commit(Save(each))
    slim = [
        replace(each, plan=None, new=(), commands=(), output="", package=None, revision=1)
        for each in (made[2], made[1])
    ]
    assert list(store.past("cameras", "production", limit=2)) == slim
    assert store.past("cameras", "staging", limit=2) == ()


def test_the_questions_of_a_deployment_are_in_order(store: Store) -> None:
    """Oldest first, decided or not, and none of another deployment whose number begins alike."""
    for code, asked_at in (("CCCCC", NOW + 20), ("AAAAA", NOW), ("BBBBB", NOW + 10.5)):
        store.commit(Save(question(code=code, asked_at=asked_at)))
    store.commit(Save(question(code="ZZZZZ", deployment="cameras-production-11")))
    assert [each.code for each in store.questions(REF)] == ["AAAAA", "BBBBB", "CCCCC"]


def test_history_is_newest_first_and_keeps_every_line(store: Store) -> None:
    """In the order of writing, whatever clocks say; two equal lines are two; other environments are not in it."""
    for event, at in (("accepted", NOW), ("accepted", NOW), ("begin", NOW + 5), ("plan", NOW + 1)):
        store.commit(line(event, at))
    store.commit(line(environment="staging"), line("elsewhere", service="doors"))
    lines = store.history("cameras", "production")
    assert [each.event for each in lines] == ["plan", "begin", "accepted", "accepted"]
    assert store.history("cameras", "production", limit=2) == lines[:2]
    assert store.history("cameras", "production", limit=None) == lines


def test_a_line_of_history_comes_back_whole(store: Store) -> None:
    """Who, when, what and why (invariant I12)."""
    written = replace(line("reject_start"), actor=SERVICE, detail="the {disk} is <full>")
    store.commit(written)
    (found,) = store.history("cameras", "production")
    assert found == written.after(Head())


def test_builds_are_newest_first_each_once(store: Store) -> None:
    """A build that was reported twice stands where it was reported last."""
    for number, version in enumerate(["140", "141", "142"]):
        store.commit(Save(build(version, reported_at=NOW + number)))
    again = store.build("cameras", "140")
    assert again is not None
    store.commit(Save(replace(again, status=BuildStatus.FAILED, reported_at=NOW + 9)))
    store.commit(Save(build(service="doors")))
    assert [each.version for each in store.builds("cameras")] == ["140", "142", "141"]
    assert [each.version for each in store.builds("cameras", limit=1)] == ["140"]
    assert store.builds("cameras")[0].status is BuildStatus.FAILED


# --- configuration and posts --------------------------------------------------------------------------------------


def test_without_a_configuration_it_says_so(store: Store) -> None:
    """Nobody may do anything before the first is published."""
    with pytest.raises(Refused) as refused:
        store.team()
    assert refused.value.reason is Reason.NOT_CONFIGURED


def test_configurations_are_kept_by_version(store: Store) -> None:
    """The newest is used where none is named; a deployment finds the one that it started with."""
    assert store.publish(raw_config()) == 1
    assert store.publish({**raw_config(), "channel": "C0OTHER"}) == 2
    assert (store.team().version, store.team().channel) == (2, "C0OTHER")
    assert store.team(1).raw == raw_config()
    with pytest.raises(Refused):
        store.team(3)


def test_posts_are_kept_by_key_and_replaced(store: Store) -> None:
    """A deployment's message and its questions each have a place."""
    store.save_post(REF, "main", Posted("C0", "1.1", "a"))
    store.save_post(REF, "main", Posted("C0", "1.1", "b"))
    store.save_post(REF, "output", Posted("C0", key="k1", at=NOW))
    assert store.post(REF, "output") == Posted("C0", key="k1", at=NOW)
    store.save_post(REF, "output", Posted("C0", "1.2"))
    assert store.post(REF, "main") == Posted("C0", "1.1", "b")
    assert store.post(REF, "output") == Posted("C0", "1.2")
    assert store.post(Ref("cameras", "staging", REF.deployment), "main") is None


def test_all_that_was_posted_about_a_record_is_read_at_once(store: Store) -> None:
    """And nothing of its neighbors, whose names begin as its own does."""
    assert store.posts(REF) == {}
    store.save_post(REF, "main", Posted("C0", "1.1", "a"))
    store.save_post(REF, "question-4711", Posted("C0", key="k1", at=NOW))
    for other in (replace(REF, deployment=f"{REF.deployment}0"), replace(REF, environment="staging")):
        store.save_post(other, "main", Posted("C0", "1.2"))
    assert store.posts(REF) == {
        "main": Posted("C0", "1.1", "a"),
        "question-4711": Posted("C0", key="k1", at=NOW),
    }
