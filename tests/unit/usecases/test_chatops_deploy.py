"""Asking for a deployment: what is accepted, what is refused and why, and that one event starts one deployment."""

import pytest

from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Ref, State
from chalicelib.domain.errors import Conflict, Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chatops import ChatOps
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, build, raw_config
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow
from tests.unit.usecases.desk import Desk, nothing_happened

FIRST = Ref("cameras", "production", "cameras-production-1")
STRANGER = Actor("T0OTHER", DEPLOYER.user)


def test_a_deployment_is_accepted_locked_recorded_and_started() -> None:
    """One commit: the record, the lock under a new fencing number, a line of history; then the start."""
    desk = Desk()
    assert FIRST.deployment in desk.say("cameras@142 to production")
    made = desk.store.deployment(FIRST)
    assert made is not None
    assert (made.version, made.requester, made.state, made.fence) == ("142", DEPLOYER, State.ACCEPTED, 1)
    assert desk.environment().held_by(FIRST.deployment, 1)
    (line,) = desk.store.history("cameras", "production")
    assert (line.actor, line.event, line.at) == (DEPLOYER, "accepted", NOW)
    assert desk.workflow.started == [FIRST]


def test_without_a_version_the_newest_that_passed_is_deployed() -> None:
    """A newer build that failed or still runs is not meant."""
    desk = Desk()
    desk.store.put(
        build("143", BuildStatus.FAILED, reported_at=NOW), build("144", BuildStatus.RUNNING, reported_at=NOW)
    )
    desk.say("cameras to production")
    made = desk.store.deployment(FIRST)
    assert made is not None
    assert made.version == "142"


def test_a_build_that_still_runs_can_be_asked_for_by_its_version() -> None:
    """The deployment prepares in parallel and waits for it."""
    desk = Desk()
    desk.store.put(build("143", BuildStatus.RUNNING, artifact="", sha256=""))
    desk.say("cameras@143 to production")
    assert desk.workflow.started == [FIRST]


def test_a_version_that_was_reported_long_ago_can_be_deployed() -> None:
    """Going back to an old version is no matter of how many builds came since."""
    desk = Desk()
    desk.store.put(*(build(str(number), reported_at=NOW + number) for number in range(200, 230)))
    desk.say("cameras@140 to production")
    assert desk.workflow.started == [FIRST]


def test_a_plan_takes_no_lock() -> None:
    """Everybody may look, also while something is under way."""
    desk = Desk()
    desk.at(State.PREPARING)
    before = desk.environment().active
    desk.say("plan cameras@142 to production", GUEST)
    made = desk.store.deployment(Ref("cameras", "production", "cameras-production-2"))
    assert made is not None
    assert (made.plan_only, made.fence) == (True, 0)
    assert desk.environment().active == before


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ("doors@1 to production", Reason.UNKNOWN_SERVICE, "`cameras`"),
        ("cameras@142 to moon", Reason.UNKNOWN_ENVIRONMENT, "`production`, `staging`"),
        ("cameras@999 to production", Reason.UNKNOWN_VERSION, "`142`, `141`, `140`"),
        ("cameras@143 to production", Reason.BUILD_FAILED, "`142`"),
        ("cameras@141 to production", Reason.ALREADY_LIVE, "live"),
    ],
)
def test_what_can_not_be_deployed_is_refused_with_what_can(text: str, reason: Reason, said: str) -> None:
    """Unknown service, environment or version, a failed build, what is live: why, and the choices there are."""
    desk = Desk()
    desk.store.put(build("143", BuildStatus.FAILED, reported_at=NOW))
    refused = desk.refused(text)
    assert refused.reason is reason
    assert said in refused.text
    assert desk.workflow.calls == []


def test_without_any_build_there_is_nothing_to_deploy() -> None:
    """CI has to report one first."""
    desk = Desk()
    desk.store.table.records = {}
    assert desk.refused("cameras to production").reason is Reason.NO_BUILD


@pytest.mark.parametrize(
    ("actor", "reason"),
    [(APPROVER, Reason.NOT_ALLOWED), (GUEST, Reason.NOT_ALLOWED), (STRANGER, Reason.WRONG_WORKSPACE)],
)
def test_who_may_not_deploy_is_refused(actor: Actor, reason: Reason) -> None:
    """The role and the workspace of a person count, each time anew; the same user id elsewhere is another person."""
    assert Desk().refused("cameras@142 to production", actor).reason is reason


def test_a_role_that_was_taken_away_counts_at_once() -> None:
    """Roles are read from the configuration as it is now."""
    desk = Desk()
    configuration = raw_config()
    configuration["people"]["deployer"] = [LEAD.user]
    desk.store.publish(configuration)
    assert desk.refused("cameras@142 to production").reason is Reason.NOT_ALLOWED


def test_before_anything_is_configured_it_says_so() -> None:
    """Also to those who only look."""
    desk = Desk()
    desk.store.table.configurations = []
    assert desk.refused("status").reason is Reason.NOT_CONFIGURED


def test_a_second_deployment_while_one_is_active_is_refused() -> None:
    """It names the one that is under way and what can be done."""
    desk = Desk()
    desk.at(State.READY)
    refused = desk.refused("cameras@140 to production", LEAD)
    assert refused.reason is Reason.ALREADY_ACTIVE
    assert "cameras-production-1" in refused.text
    assert "ready to finish" in refused.text
    assert desk.workflow.started == []


def test_environments_do_not_block_each_other() -> None:
    """One lock for each service and environment."""
    desk = Desk()
    desk.at(State.READY)
    desk.say("cameras@142 to staging")
    assert [ref.environment for ref in desk.workflow.started] == ["staging"]


def test_a_deployment_that_only_keeps_its_old_fleet_blocks_nobody() -> None:
    """The next one is accepted beside it."""
    desk = Desk()
    desk.keeping()
    desk.say("cameras@140 to production")
    assert [ref.deployment for ref in desk.workflow.started] == ["cameras-production-2"]
    assert desk.environment().keeping is not None


def test_a_replayed_event_starts_one_deployment() -> None:
    """The same click or delivery again answers the same and writes nothing (invariant I9)."""
    desk = Desk()
    said = desk.say("cameras@142 to production", event="slack-again")
    nothing_happened(desk, lambda: desk.say("cameras@142 to production", event="slack-again"))
    assert desk.say("cameras@142 to production", event="slack-again") == said


class Late(FakeStore):
    """A store that was asked a moment too early: the first look at an event finds nothing."""

    early = True

    def seen(self, event: str) -> str | None:
        """Nothing, once."""
        if self.early:
            self.early = False
            return None
        return super().seen(event)


def test_a_replay_that_races_its_first_run_starts_the_same_deployment() -> None:
    """Both saw nothing and one write wins; the other learns from it which deployment it is."""
    store, workflow = Late(raw_config()), FakeWorkflow()
    store.put(build())
    chatops = ChatOps(store, workflow, FakeClock())
    request = Request(parse("cameras@142 to production"), DEPLOYER, "slack-again")
    first = chatops.handle(request)
    store.put(store.environment("cameras", "production").released(FIRST.deployment))
    store.early = True
    assert chatops.handle(request) == first
    assert workflow.started == [FIRST]
    assert len(store.history("cameras", "production")) == 1


def test_a_crash_between_accepting_and_starting_is_mended_by_the_same_request() -> None:
    """The lock was taken and nothing runs: the request that comes again starts it."""
    desk = Desk()
    desk.workflow.fail("start")
    with pytest.raises(Unavailable):
        desk.say("cameras@142 to production", event="slack-again")
    assert desk.workflow.started == []
    desk.say("cameras@142 to production", event="slack-again")
    assert desk.workflow.started == [FIRST]


@pytest.mark.parametrize("text", ["cameras@142 to production", "cancel cameras production"])
def test_a_lost_start_is_mended_by_whoever_comes_next(text: str) -> None:
    """People type again, which is another event; a lock that nobody runs under would stay for ever (invariant I8)."""
    desk = Desk()
    desk.workflow.fail("start")
    with pytest.raises(Unavailable):
        desk.say("cameras@142 to production")
    try:
        desk.say(text)
    except Refused as refused:
        assert refused.reason is Reason.ALREADY_ACTIVE  # noqa: PT017 - canceling is not refused
    assert desk.workflow.started == [FIRST]


def test_a_reply_of_the_table_that_was_lost_is_mended_by_the_same_request() -> None:
    """The write happened; the second try finds its own event."""
    desk = Desk()
    desk.store.fail("commit", after=True)
    with pytest.raises(Unavailable):
        desk.say("cameras@142 to production", event="slack-again")
    desk.say("cameras@142 to production", event="slack-again")
    assert desk.workflow.started == [FIRST]
    assert len(desk.store.history("cameras", "production")) == 1


def test_a_lost_race_is_decided_again_and_then_given_up() -> None:
    """Two conflicts are read again; people who keep writing at the same moment are asked to try again."""
    desk = Desk()
    desk.store.fail("commit", Conflict(), times=2)
    desk.say("cameras@142 to production")
    assert desk.workflow.started == [FIRST]
    desk = Desk()
    desk.store.fail("commit", Conflict(), times=3)
    assert desk.refused("cameras@142 to production").reason is Reason.BUSY
