"""The port Store, on its fake and on DynamoDB as the sandbox's platform has it: what is written, and when it is not."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer
from chalicelib.domain.deployment import Environment, Slot, State
from chalicelib.domain.errors import Conflict, Duplicate, LostLock, PointsmanError
from chalicelib.domain.history import History
from chalicelib.domain.roles import Grant, Grants, Role
from chalicelib.domain.updates import Stage, Update, Updates
from chalicelib.usecases.ports import Change, Hold, Save, Seen, Store
from tests.builders import APPROVER, DEPLOYER, NOW, build, deployment, hosts, plan, question, raw_config

REF = deployment().ref
LIVE = Environment("cameras", "production", live_version="141", live_since=NOW)


def line() -> History:
    """A line of history."""
    return History("cameras", "production", "cameras-production-1", NOW, DEPLOYER, "accepted")


def held(fence: int = 1) -> Environment:
    """The environment, held by the deployment of the builders under a fencing number."""
    return replace(LIVE, fence=fence, active=Slot("cameras-production-1", fence, NOW))


# --- what is written is what is read ------------------------------------------------------------------------------


def test_a_record_comes_back_as_it_was_saved_under_the_next_revision(store: Store) -> None:
    """Nothing is lost on the way, and whoever reads knows which revision it is."""
    full = deployment(
        State.KEEPING,
        plan=plan(),
        new=hosts("i-1", "i-2"),
        wanted_by=APPROVER,
        commands=(("Install", "c-1"),),
    )
    store.commit(Save(full))
    assert store.deployment(REF) == replace(full, revision=1)


def test_all_kinds_of_records_come_back(store: Store) -> None:
    """An environment, a question by its code, and a build by its version."""
    grants = Grants((Grant("U0GUEST", Role.APPROVER, "cameras", APPROVER, NOW), Grant("U0LEAD", Role.ADMIN)))
    store.publish(raw_config())
    store.commit(Save(held()), Save(question()), Save(build()), Save(grants))
    assert store.environment("cameras", "production") == replace(held(), revision=1)
    assert store.question("K7Q2F") == question(revision=1)
    assert store.build("cameras", "142") == build(revision=1)
    assert store.team().grants == replace(grants, revision=1)
    assert store.team(1).grants == Grants(), "a running deployment goes by what was published"


def test_the_latest_updates_come_back(store: Store) -> None:
    """With who asked and how far each is; before the first there are none."""
    assert store.updates() == Updates()
    update = Update("update-K7Q2F", APPROVER, NOW, Stage.BUILDING, NOW, before="c" * 40, build="updates:1")
    store.commit(Save(Updates((update, replace(update, id="update-1", stage=Stage.DONE)))))
    assert store.updates().latest[0] == update
    assert store.updates().find("update-1") == replace(update, id="update-1", stage=Stage.DONE)


def test_what_was_never_written_is_not_there(store: Store) -> None:
    """Nothing is no error; an environment is fresh."""
    assert store.environment("cameras", "staging") == Environment("cameras", "staging")
    assert store.deployment(REF) is None
    assert store.question("K7Q2F") is None
    assert store.build("cameras", "142") is None
    assert store.seen("click-1") is None
    assert store.post(REF, "main") is None
    assert (store.questions(REF), store.builds("cameras"), store.history("cameras", "production")) == (
        (),
        (),
        (),
    )


# --- Save: revisions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record", [deployment(), LIVE, question(), build()], ids=lambda each: type(each).__name__
)
def test_a_record_is_made_once(store: Store, record: Environment) -> None:
    """Revision 0 means that it does not exist: the second to make it loses."""
    store.commit(Save(record))
    with pytest.raises(Conflict):
        store.commit(Save(record))


@pytest.mark.parametrize(
    "record", [deployment(), LIVE, question(), build()], ids=lambda each: type(each).__name__
)
def test_a_record_that_changed_since_it_was_read_is_not_overwritten(
    store: Store, record: Environment
) -> None:
    """The revision that was read has to be the one that is there."""
    store.commit(Save(record))
    store.commit(Save(replace(record, revision=1)))
    with pytest.raises(Conflict):
        store.commit(Save(replace(record, revision=1)))


def test_a_record_that_is_not_there_can_not_be_changed(store: Store) -> None:
    """A revision of nothing is a lost race as well."""
    with pytest.raises(Conflict):
        store.commit(Save(deployment(revision=3)))
    assert store.deployment(REF) is None


def test_a_code_is_given_to_one_question_only(store: Store) -> None:
    """Codes are typed by people, so two questions never share one."""
    store.commit(Save(question()))
    with pytest.raises(Conflict):
        store.commit(Save(question(deployment="cameras-production-2", asked_at=NOW + 9)))
    found = store.question("K7Q2F")
    assert found is not None
    assert found.deployment == "cameras-production-1"


# --- all or nothing -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failing", "error"),
    [
        (Save(deployment(revision=7)), Conflict),
        (Hold(replace(REF, deployment="cameras-production-9"), 1), LostLock),
        (Seen("click-0", NOW), Duplicate),
    ],
)
def test_one_condition_that_fails_leaves_everything_as_it_was(
    store: Store, failing: Change, error: type[PointsmanError]
) -> None:
    """A commit writes all its changes or none of them."""
    store.commit(Save(held()), Seen("click-0", NOW))
    with pytest.raises(error):
        store.commit(Save(question()), Save(build()), line(), Seen("click-1", NOW), failing)
    assert store.question("K7Q2F") is None
    assert store.build("cameras", "142") is None
    assert store.history("cameras", "production") == ()
    assert store.seen("click-1") is None


# --- Seen ---------------------------------------------------------------------------------------------------------


def test_an_event_is_handled_once_and_its_result_is_kept(store: Store) -> None:
    """The second time is a duplicate, and what came of the first can be asked."""
    store.commit(Seen("click-1", NOW, result="cameras-production-1"))
    with pytest.raises(Duplicate):
        store.commit(Seen("click-1", NOW + 1), line())
    assert store.seen("click-1") == "cameras-production-1"
    assert store.history("cameras", "production") == ()


def test_an_event_is_forgotten_only_after_its_time(store: Store) -> None:
    """Expiry is compared when it is written, since the table cleans up days later."""
    store.commit(Seen("click-1", NOW, seconds=60, result="first"))
    with pytest.raises(Duplicate):
        store.commit(Seen("click-1", NOW + 60))
    store.commit(Seen("click-1", NOW + 61, result="second"))
    assert store.seen("click-1") == "second"


def test_a_duplicate_is_said_before_a_lost_race(store: Store) -> None:
    """A replay finds its own first run everywhere; that it is a replay is what counts."""
    store.commit(Seen("click-1", NOW), Save(deployment()), Save(held()))
    with pytest.raises(Duplicate):
        store.commit(Save(deployment()), Seen("click-1", NOW), Hold(REF, 99))


# --- Hold ---------------------------------------------------------------------------------------------------------


def test_the_owner_writes_under_its_fencing_number(store: Store) -> None:
    """The environment stays as it was; the other changes are written."""
    store.commit(Save(held(3)))
    store.commit(Hold(REF, 3), Save(deployment()))
    assert store.deployment(REF) is not None
    assert store.environment("cameras", "production").revision == 1


def test_a_deployment_that_keeps_its_old_fleet_writes_as_well(store: Store) -> None:
    """Either slot of the environment is a hold."""
    store.commit(
        Save(
            replace(
                LIVE,
                fence=4,
                keeping=Slot(REF.deployment, 3, NOW),
                active=Slot("cameras-production-2", 4, NOW),
            )
        )
    )
    store.commit(Hold(REF, 3), Save(deployment()))
    assert store.deployment(REF) is not None


@pytest.mark.parametrize(
    "environment",
    [
        None,
        LIVE,
        held(4),
        replace(held(3), active=Slot("cameras-production-2", 3, NOW)),
        replace(held(3), active=None, keeping=Slot("cameras-production-2", 3, NOW)),
    ],
    ids=["never held", "released", "newer fence", "another owner", "another keeps"],
)
def test_who_does_not_hold_the_environment_writes_nothing(
    store: Store, environment: Environment | None
) -> None:
    """Every write of an older or former owner fails (invariant I7)."""
    if environment is not None:
        store.commit(Save(environment))
    with pytest.raises(LostLock):
        store.commit(Hold(REF, 3), Save(deployment()))
    assert store.deployment(REF) is None


def test_a_slot_of_one_and_a_fence_of_the_other_are_no_hold(store: Store) -> None:
    """The fencing number has to stand in the holder's own slot."""
    other = Slot("cameras-production-2", 3, NOW)
    store.commit(Save(replace(LIVE, fence=3, keeping=Slot(REF.deployment, 2, NOW), active=other)))
    with pytest.raises(LostLock):
        store.commit(Hold(REF, 3), Save(deployment()))


def test_a_lost_lock_is_said_before_a_lost_race(store: Store) -> None:
    """Reading again helps against a race, not against another owner."""
    store.commit(Save(held(3)), Save(deployment()))
    with pytest.raises(LostLock):
        store.commit(Hold(REF, 2), Save(deployment()))


def test_the_environment_is_released_under_its_own_hold(store: Store) -> None:
    """Holding and writing the same environment is one condition on one item."""
    store.commit(Save(held(3)))
    mine = store.environment("cameras", "production")
    store.commit(Hold(REF, 3), Save(mine.released(REF.deployment)), Save(deployment()))
    assert store.environment("cameras", "production").active is None


def test_an_environment_of_another_owner_is_not_released(store: Store) -> None:
    """Release is compare and delete, also where the revision is right."""
    store.commit(Save(held(3)))
    mine = store.environment("cameras", "production")
    with pytest.raises(LostLock):
        store.commit(Hold(REF, 2), Save(mine.released(REF.deployment)), Save(deployment()))
    assert store.environment("cameras", "production").active is not None


# --- races --------------------------------------------------------------------------------------------------------


def race(reopen: Callable[[], Store], *commits: tuple[Change, ...]) -> list[str]:
    """Commit all at the same moment, each over its own connection; returns what became of each, sorted."""
    ready = threading.Barrier(len(commits))
    said: list[str] = []

    def run(changes: tuple[Change, ...]) -> None:
        mine = reopen()
        ready.wait()
        try:
            mine.commit(*changes)
        except PointsmanError as error:
            said.append(type(error).__name__)
        else:
            said.append("written")

    threads = [threading.Thread(target=run, args=(changes,)) for changes in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(said)


def test_of_two_writers_of_one_revision_exactly_one_wins(reopen: Callable[[], Store]) -> None:
    """Two approvers at the same moment: one decision is written, the other is a lost race."""
    reopen().commit(Save(question()))
    asked = question(revision=1)
    answers = [asked.answered(Answer.CONFIRM, APPROVER, NOW), asked.answered(Answer.REJECT, APPROVER, NOW)]
    assert race(reopen, *((Save(each),) for each in answers)) == ["Conflict", "written"]
    found = reopen().question("K7Q2F")
    assert found in [replace(each, revision=2) for each in answers]


def test_of_two_deliveries_of_one_event_exactly_one_is_handled(reopen: Callable[[], Store]) -> None:
    """A webhook that comes twice at once is written once."""
    first, second = deployment(), deployment(id="cameras-production-2")
    said = race(reopen, *((Seen("click-1", NOW, result=each.id), Save(each)) for each in (first, second)))
    assert said == ["Duplicate", "written"]
    winner = reopen().seen("click-1")
    there = [each.id for each in (first, second) if reopen().deployment(each.ref)]
    assert there == [winner]


def test_of_many_deployments_at_once_one_takes_the_environment(reopen: Callable[[], Store]) -> None:
    """Racing deploys: one lock, one owner (invariant I7)."""
    reopen().commit(Save(LIVE))
    free = reopen().environment("cameras", "production")
    made = [deployment(id=f"cameras-production-{number}") for number in range(1, 6)]
    said = race(reopen, *((Save(free.acquire(each.id, NOW)), Save(each)) for each in made))
    assert said == ["Conflict"] * 4 + ["written"]
    active = reopen().environment("cameras", "production").active
    assert active is not None
    assert [each.id for each in made if reopen().deployment(each.ref)] == [active.deployment]
