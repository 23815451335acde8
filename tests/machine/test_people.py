"""People around the machine: a quorum and what makes it larger, what a question shows, one that is asked anew."""

from dataclasses import replace

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.brief import Counts, Risk
from chalicelib.domain.deployment import State
from chalicelib.domain.people import Actor
from chalicelib.usecases.messages import deployment_message, question_message
from tests.builders import APPROVER, LEAD, NOW, WORKSPACE, build
from tests.machine.rig import FIRST, SECOND, Rig

THIRD = Actor(WORKSPACE, "U0THIRD")


def rig(**approvals: int) -> Rig:
    """Three others may confirm."""
    made = Rig(approvals=approvals)
    made.store.table.configurations[0]["people"]["approver"].append(THIRD.user)  # type: ignore[index]
    return made


def test_traffic_switches_only_after_the_second_of_two() -> None:
    """The machine waits on after the first yes."""
    team = rig(finish=2)
    team.ready()
    team.say(f"finish cameras {team.name}")
    team.decide("confirm", Kind.FINISH, APPROVER)
    assert team.deployment().state is State.ASKING_FINISH
    team.decide("confirm", Kind.FINISH, LEAD)
    assert team.deployment().state is State.KEEPING
    asked = next(each for each in team.store.questions(team.deployment().ref) if each.kind is Kind.FINISH)
    assert [each.by for each in asked.confirmations] == [APPROVER, LEAD]


def test_half_a_quorum_expires() -> None:
    """One of two is no yes: the new fleet stays ready, and traffic stays where it is."""
    team = rig(finish=2)
    team.ready()
    team.say(f"finish cameras {team.name}")
    team.decide("confirm", Kind.FINISH, APPROVER)
    team.machine.let(330)
    assert team.deployment().state is State.READY


def test_one_no_ends_it_whoever_said_yes() -> None:
    """The start of two, rejected by the second."""
    team = rig(start=2)
    team.say(f"cameras@142 to {team.name}")
    team.decide("confirm", Kind.START, APPROVER)
    team.decide("reject", Kind.START, LEAD)
    assert team.deployment().state is State.REJECTED


def test_an_older_version_needs_one_more() -> None:
    """Where the team says so; the question says why."""
    team = rig(risky=1)
    team.say(f"cameras@140 to {team.name}")
    asked = team.asked(Kind.START)
    assert asked.needed == 2
    assert asked.brief is not None
    assert asked.brief.risks == (Risk.OLDER,)
    assert [each.version for each in asked.brief.steps] == ["141"]
    said = " ".join(question_message(asked, team.deployment(), NOW).lines)
    assert "Taken out:" in said
    assert "goes back to an older version" in said
    assert "2 people have to confirm" in said


def test_a_deployment_that_closes_a_window_needs_one_more() -> None:
    """The way back of the one before is gone with it."""
    team = rig(risky=1)
    team.kept()
    team.say(f"cameras@143 to {team.name}", LEAD)
    assert team.asked(Kind.START).needed == 2
    team.decide("confirm", Kind.START, APPROVER)
    assert team.deployment(SECOND).state is State.ASKING_START
    team.decide("confirm", Kind.START, THIRD)
    assert team.deployment(SECOND).state is State.READY


def test_nothing_risky_needs_no_more() -> None:
    """The newest version onto a fleet of one image, with no window open."""
    team = rig(risky=3)
    team.say(f"cameras@142 to {team.name}")
    assert team.asked(Kind.START).needed == 1


def test_going_back_is_not_made_harder_by_risk() -> None:
    """Trouble is no time to look for a third person."""
    team = rig(risky=1)
    team.kept()
    team.say(f"rollback cameras {team.name}")
    assert team.asked(Kind.ROLLBACK).needed == 1


def test_a_plan_shows_what_its_question_would() -> None:
    """What is new and by whom, what is risky, and the window that it would close; nobody is asked."""
    team = rig()
    team.kept()
    team.say(f"plan cameras@140 to {team.name}")
    team.say(f"cameras@140 to {team.name}", LEAD)
    planned, asked = team.deployment(SECOND), team.asked(Kind.START)
    assert planned.state is State.PLANNED
    assert planned.brief == asked.brief is not None
    said = "\n".join(deployment_message(planned, [], NOW).lines)
    assert "*Taken out:*\n• `142`" in said
    assert "build-server" in said
    assert "goes back to an older version" in said
    assert f"closes the rollback window of *{FIRST}*" in said


def test_the_question_shows_what_is_new_and_how_it_was_tested() -> None:
    """Commits and authors between the live version and the new one, in the words of CI, and no more than five."""
    team = rig()
    for number in range(143, 150):
        made = build(
            str(number),
            reported_at=NOW + number,
            author="Deployer",
            message=f"Change *{number}*",
            tests=Counts(120, 2),
        )
        team.store.put(made)
    team.say(f"cameras@149 to {team.name}")
    asked = team.asked(Kind.START)
    assert asked.brief is not None
    assert (asked.brief.before, asked.brief.after, asked.brief.more) == ("141", "149", 3)
    said = "\n".join(question_message(asked, team.deployment(), NOW).lines)
    assert "`141` → `149`" in said
    assert "`149` `0123456789ab` by Deployer: Change ·149·" in said
    assert "and 3 more" in said
    assert "Tests: 120 passed, *2 failed*" in said
    assert "3 control (t3.micro), 2 recorder (t3.micro)" in said
    assert "USD an hour more while there are two" in said


def test_a_build_that_is_reported_later_changes_nothing_that_was_agreed_to() -> None:
    """What a question shows is kept with it."""
    team = rig()
    team.say(f"cameras@142 to {team.name}")
    before = question_message(team.asked(Kind.START), team.deployment(), NOW)
    team.store.put(build("142", revision=1, message="Something else"))
    assert question_message(team.asked(Kind.START), team.deployment(), NOW) == before


def test_a_wait_that_is_entered_anew_closes_the_older_question() -> None:
    """A redrive brings another time of entering, so another question: nobody answers one that nobody waits for."""
    team = rig()
    team.ready()
    (older,) = team.open()
    team.machine.abort(FIRST)
    team.machine.redrive(FIRST, enters=True)
    team.machine.run()
    (newer,) = team.open()
    assert newer.code != older.code
    closed = team.store.question(older.code)
    assert closed is not None
    assert closed.answer is Answer.SUPERSEDED
    team.say(f"finish cameras {team.name}")
    team.decide("confirm", Kind.FINISH, LEAD)
    assert team.deployment().state is State.KEEPING


def test_a_question_to_a_second_person_that_is_asked_anew_has_one_copy_that_counts() -> None:
    """The code that people saw first is refused, and says that it was closed."""
    team = rig()
    team.say(f"cameras@142 to {team.name}")
    older = team.asked(Kind.START)
    team.machine.abort(FIRST)
    team.machine.redrive(FIRST, enters=True)
    team.machine.run()
    newer = team.asked(Kind.START)
    message = question_message(replace(older, answer=Answer.SUPERSEDED), team.deployment(), NOW)
    assert message.actions == ()
    team.say(f"confirm {newer.code}", APPROVER)
    assert team.deployment().state is State.READY
