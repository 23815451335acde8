"""What CI reports: kept once, in order, and whoever waits for the build is woken."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Conflict, Refused, Unavailable
from chalicelib.domain.people import ci as source_of
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ci import report
from chalicelib.usecases.ports import Change, Save
from tests.builders import APPROVER, NOW, build, question, raw_config
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow
from tests.unit.usecases.desk import CODE, TOKEN, Desk, nothing_happened

RUNNING = build("143", BuildStatus.RUNNING, artifact="", sha256="")


def take(desk: Desk, found: Build, *, event: str = "ci-jenkins-msg_1", source: str = "jenkins") -> str:
    """Report a build."""
    return report(desk.store, desk.workflow, desk.clock, source=source, event=event, build=found)


def waiting() -> Desk:
    """A deployment of 143 waits for its build, which runs."""
    desk = Desk()
    desk.at(State.PREPARING, question(Kind.BUILD, deadline=NOW + 1_800), version="143")
    desk.store.put(replace(RUNNING, waiting=(CODE,)))
    return desk


def stored(desk: Desk) -> Build:
    """Build 143 as the table has it."""
    found = desk.store.build("cameras", "143")
    assert found is not None
    return found


def test_a_build_is_kept_and_told_to_chat() -> None:
    """The table's stream tells chat which build it is."""
    desk = Desk()
    desk.store.changed.clear()
    assert take(desk, build("143")) == "accepted"
    assert stored(desk) == build("143", revision=1)
    assert desk.store.changed == [("cameras", "143")]


def test_a_redelivery_is_a_duplicate_and_writes_nothing() -> None:
    """CI sends again what was not answered in time."""
    desk = Desk()
    take(desk, build("143"))
    said: list[str] = []
    nothing_happened(desk, lambda: said.append(take(desk, build("143"))))
    assert said == ["duplicate"]


@pytest.mark.parametrize("service", ["doors", "cameras2"])
def test_a_source_reports_its_own_services_only(service: str) -> None:
    """What a key may report stands in the configuration."""
    desk = Desk()
    before = desk.store.snapshot()
    with pytest.raises(Refused) as refused:
        take(desk, build("143", service=service))
    assert refused.value.reason is Reason.UNKNOWN_SOURCE
    assert service in refused.value.text
    assert desk.store.table == before


def test_an_unknown_source_reports_nothing() -> None:
    """Also one that has a key, but no line in the configuration."""
    with pytest.raises(Refused) as refused:
        take(Desk(), build("143"), source="github")
    assert refused.value.reason is Reason.UNKNOWN_SOURCE


def test_a_running_build_becomes_a_passed_one() -> None:
    """The newer report counts; who waits for it stays on the record."""
    desk = waiting()
    take(desk, build("143"))
    assert (stored(desk).status, stored(desk).waiting) == (BuildStatus.PASSED, (CODE,))


def test_a_build_that_ended_does_not_run_again() -> None:
    """Deliveries come in any order."""
    desk = Desk()
    take(desk, build("143"))
    take(desk, RUNNING, event="ci-jenkins-msg_0")
    assert stored(desk).status is BuildStatus.PASSED


@pytest.mark.parametrize("status", [BuildStatus.PASSED, BuildStatus.FAILED])
def test_whoever_waits_is_woken_by_the_end_of_the_build(status: BuildStatus) -> None:
    """The question is answered in the name of the source, passed or failed."""
    desk = waiting()
    take(desk, build("143", status))
    decided = desk.decided()
    assert (decided.answer, decided.answered_by, decided.answered_at) == (
        Answer.REPORTED,
        source_of("jenkins"),
        NOW,
    )
    assert desk.workflow.woken == [TOKEN]


def test_a_build_that_only_started_wakes_nobody() -> None:
    """There is nothing to install yet."""
    desk = waiting()
    take(desk, RUNNING)
    assert desk.decided().answer is None
    assert desk.workflow.woken == []


def test_a_redelivery_wakes_who_was_not_woken_by_the_first() -> None:
    """The first may have died between the write and the wake-up."""
    desk = waiting()
    desk.workflow.fail("wake")
    with pytest.raises(Unavailable):
        take(desk, build("143"))
    assert take(desk, build("143")) == "duplicate"
    assert desk.workflow.woken == [TOKEN]


def test_a_wait_that_is_over_is_left_as_it_is() -> None:
    """Canceled by a person, or past its deadline: the answer stays."""
    desk = waiting()
    desk.store.put(desk.decided().answered(Answer.CANCEL, APPROVER, NOW))
    take(desk, build("143"))
    assert desk.decided().answer is Answer.CANCEL
    desk = waiting()
    desk.clock.advance(1_801)
    take(desk, build("143"))
    assert desk.decided().answer is None


def test_a_question_that_is_gone_holds_up_nobody() -> None:
    """The next one who waits is woken all the same."""
    desk = waiting()
    desk.store.put(replace(RUNNING, waiting=("GONE2", CODE)))
    take(desk, build("143"))
    assert desk.workflow.woken == [TOKEN]


def test_a_lost_race_is_read_again_and_then_asked_for_again() -> None:
    """Two reports of one build at the same moment."""
    desk = Desk()
    desk.store.fail("commit", Conflict(), times=3)
    assert take(desk, build("143")) == "accepted"
    desk.store.fail("commit", Conflict(), times=4)
    with pytest.raises(Unavailable):
        take(desk, build("143", commit="fedcba9876543210"), event="ci-jenkins-msg_2")


class Contested(FakeStore):
    """A person cancels in the very moment in which the report answers the question."""

    def commit(self, *changes: Change) -> None:
        """The person was faster."""
        found = self.question(CODE)
        answers = [each for each in changes if isinstance(each, Save) and isinstance(each.record, Question)]
        if found is not None and answers:
            self.put(replace(found, answer=Answer.CANCEL, answered_by=APPROVER, revision=2))
        super().commit(*changes)


def test_a_person_who_cancels_at_the_same_moment_is_no_trouble() -> None:
    """The build is kept, the person's answer stands, and the machine is woken."""
    store, workflow = Contested(raw_config()), FakeWorkflow(TOKEN)
    store.put(question(Kind.BUILD), replace(RUNNING, waiting=(CODE,)))
    assert (
        report(store, workflow, FakeClock(), source="jenkins", event="msg_1", build=build("143"))
        == "accepted"
    )
    found = store.question(CODE)
    assert found is not None
    assert found.answer is Answer.CANCEL
    assert workflow.woken == [TOKEN]
