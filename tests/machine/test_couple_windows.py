"""Two that go together have one time to go back: it begins, lasts and ends for both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import Phase, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.findings import Trouble
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.buttons import buttons
from chalicelib.usecases.messages import question_message
from tests.builders import LEAD
from tests.machine.couple_rig import NEXT_PAGES, NEXT_SERVERS, PAGES, SERVERS, CoupleRig
from tests.machine.release_rig import STORE, TIMEOUTS, A, B, C
from tests.machine.test_couple import as_before, copying, mended

BOTH_DONE = (State.SUCCEEDED, State.SUCCEEDED)


@pytest.fixture
def rig() -> CoupleRig:
    """142 and B are live, after 141 and A."""
    made = CoupleRig()
    made.live()
    return made


def states(rig: CoupleRig) -> tuple[State, State]:
    """How far both are."""
    return rig.of(SERVERS).state, rig.of(PAGES).state


@pytest.mark.parametrize("seconds", [600, 20_000])
def test_the_frontend_has_as_long_as_its_server(seconds: int) -> None:
    """Whatever its own settings say."""
    rig = CoupleRig(timeouts={**TIMEOUTS, "keep_old": seconds})
    rig.live()
    assert rig.of(PAGES).keep_until == rig.of(SERVERS).keep_until
    rig.machine.let(7_000)
    assert states(rig) == (State.KEEPING, State.KEEPING)
    rig.machine.let(400)
    assert states(rig) == BOTH_DONE


def test_whoever_presses_a_button_of_one_is_told_what_it_does_to_the_other(rig: CoupleRig) -> None:
    """Before it is done: the dialog of each button says it."""
    told = {
        (ref.service, action.label): action.confirm
        for ref in (SERVERS, PAGES)
        for action in buttons(rig.of(ref), [rig.question(ref, Kind.KEEP)])
    }
    assert "Before that web goes back" in told["cameras", "Roll back"]
    assert "Then cameras goes back to its old fleet." in told["web", "Roll back"]
    assert "Nor is there for cameras." in told["web", "Clean up now"]


@pytest.mark.parametrize("named", ["cameras", "web"])
def test_more_time_is_more_time_for_both(rig: CoupleRig, named: str) -> None:
    """Whichever is named."""
    rig.say(f"keep {named} production +1h")
    assert rig.of(PAGES).keep_until == rig.of(SERVERS).keep_until
    rig.machine.let(8_000)
    assert states(rig) == (State.KEEPING, State.KEEPING)
    rig.machine.let(3_000)
    assert states(rig) == BOTH_DONE


@pytest.mark.parametrize("named", ["cameras", "web"])
def test_one_question_ends_the_time_of_both(rig: CoupleRig, named: str) -> None:
    """And who asks is told so; after it neither is taken back."""
    assert f"`{B}` can not be rolled back after that either" in rig.say(f"cleanup {named} production")
    assert states(rig) == (State.ASKING_END, State.KEEPING)
    rig.confirm(Kind.END)
    rig.machine.let(60)
    assert states(rig) == BOTH_DONE
    for each in ("cameras", "web"):
        with pytest.raises(Refused) as refused:
            rig.say(f"rollback {each} production")
        assert refused.value.reason is Reason.WINDOW_CLOSED


def test_a_question_about_the_end_that_is_rejected_leaves_both_their_time(rig: CoupleRig) -> None:
    """Then either takes both back."""
    rig.say("cleanup web production")
    with pytest.raises(Refused) as refused:
        rig.say("rollback web production", LEAD)
    assert refused.value.reason is Reason.END_ASKED
    rig.decide_of(SERVERS, Kind.END, "reject")
    rig.say("rollback web production", LEAD)
    rig.confirm(Kind.ROLLBACK)
    rig.machine.let(300)
    as_before(rig)


def test_a_release_of_its_own_closes_the_time_of_both(rig: CoupleRig) -> None:
    """The question says so, since the servers' old fleet ends by it."""
    rig.say(f"web@{C} to production")
    question = rig.question(NEXT_PAGES, Kind.START)
    assert question.services == ("web", "cameras")
    told = " ".join(question_message(question, rig.of(NEXT_PAGES), rig.clock.now()).lines)
    assert "*web-production-1* and of *cameras-production-1*, which goes with it" in told
    rig.confirm(Kind.START, NEXT_PAGES)
    rig.machine.let(600)
    assert states(rig) == BOTH_DONE
    assert rig.shown == C


def test_a_release_that_is_on_its_way_keeps_both_from_going_back_until_it_is_canceled(rig: CoupleRig) -> None:
    """As the next deployment of servers does; the refusal names it."""
    rig.say(f"web@{C} to production")
    with pytest.raises(Refused) as refused:
        rig.say("rollback cameras production", LEAD)
    assert refused.value.reason is Reason.ALREADY_ACTIVE
    assert "`/deploy cancel web production`" in refused.value.text
    rig.say("cancel web production")
    rig.say("rollback cameras production", LEAD)
    rig.confirm(Kind.ROLLBACK)
    rig.machine.let(300)
    assert (rig.shown, rig.environment().live_version) == (A, "141")


def test_the_servers_time_lasts_until_the_frontend_is_there() -> None:
    """A failed step is held for half an hour, and the old fleet stood by for ten minutes only."""
    rig = CoupleRig()
    raw = rig.store.team().raw
    raw["services"]["cameras"]["environments"]["production"]["timeouts"]["keep_old"] = 600
    rig.store.publish(raw)
    copying(rig)
    rig.machine.elapse(1_500)
    assert states(rig) == (State.KEEPING, State.ASKING_RETRY)
    mended(rig)
    rig.said("retry web production", seconds=120)
    assert states(rig) == (State.KEEPING, State.KEEPING)
    rig.machine.let(2_000)
    assert states(rig) == BOTH_DONE


def test_a_frontend_that_is_given_up_late_still_takes_its_server_back() -> None:
    """Whenever that is."""
    rig = CoupleRig()
    raw = rig.store.team().raw
    raw["services"]["cameras"]["environments"]["production"]["timeouts"]["keep_old"] = 600
    rig.store.publish(raw)
    copying(rig)
    rig.machine.let(2_500)
    assert states(rig) == (State.ROLLED_BACK, State.FAILED)
    as_before(rig)


def test_the_old_fleet_is_not_ended_while_the_frontend_is_on_its_way() -> None:
    """It would be both or neither no more; chat says what to wait for."""
    rig = CoupleRig()
    copying(rig)
    with pytest.raises(Refused) as refused:
        rig.say("cleanup cameras production")
    assert refused.value.reason is Reason.PARTNER_COMING


@pytest.mark.usefixtures("unwatched")
def test_a_frontend_that_got_stuck_keeps_the_servers_way_back_open() -> None:
    """Nobody knows what visitors see: both wait for a person, and no longer once one has left it so."""
    rig = CoupleRig()
    rig.live()
    rig.machine.after_each_step = lambda: None
    rig.machine.abort(PAGES.deployment)
    rig.sweeps(3)
    assert states(rig) == (State.KEEPING, State.STUCK)
    with pytest.raises(Refused) as refused:
        rig.say("rollback cameras production", LEAD)
    assert refused.value.reason is Reason.PARTNER_STUCK
    rig.machine.let(10_000)
    assert rig.of(SERVERS).state is State.KEEPING
    rig.say("cancel web production")
    rig.machine.let(8_000)
    assert rig.of(SERVERS).state is State.SUCCEEDED


@pytest.mark.usefixtures("unwatched")
def test_the_sweeper_takes_back_a_server_whose_frontend_has_left_it(rig: CoupleRig) -> None:
    """Whoever should have told it has died. Nothing is reported where it still can go back by itself."""
    rig.machine.after_each_step = lambda: None
    rig.cdn.point(STORE, A, A, instead_of="web_production_a")
    rig.machine.abort(PAGES.deployment)
    environment = rig.store.environment("web", "production")
    rig.store.put(
        replace(rig.of(PAGES), state=State.FAILED, phases=(Phase(State.FAILED, rig.clock.now()),)),
        replace(environment.released(PAGES.deployment), live_version=A, live_deployment=""),
    )
    rig.sweeps(3)
    assert rig.of(SERVERS).state is State.ROLLED_BACK
    assert rig.store.findings("cameras", "production") == ()


@pytest.mark.usefixtures("unwatched")
def test_the_sweeper_reports_one_that_is_live_without_the_other(rig: CoupleRig) -> None:
    """Both ways back are over: people have to look, until another version takes its place."""
    rig.machine.let(7_500)
    rig.store.put(
        replace(rig.of(PAGES), state=State.ROLLED_BACK, phases=(Phase(State.ROLLED_BACK, rig.clock.now()),))
    )
    rig.sweeps(2)
    (found,) = rig.store.findings("cameras", "production")
    assert (found.trouble, found.detail) == (Trouble.PARTED, "web-production-1 is rolled back")
    rig.say("cameras@143 to production")
    rig.confirm(Kind.START, NEXT_SERVERS)
    rig.say("finish cameras production")
    rig.confirm(Kind.FINISH, NEXT_SERVERS)
    rig.sweeps(1)
    assert not rig.store.findings("cameras", "production")[0].open
