"""Chat for frontends: releases instead of builds, no finish, and refusals that say what to do instead."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.approval import OF_THE_TEAM, SECOND_PERSON, Kind
from chalicelib.domain.commands import Act, parse
from chalicelib.domain.deployment import ENDS, Deployment, Environment, Machine, Phase, Slot, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor, ci
from chalicelib.domain.plan import Files, Plan
from chalicelib.domain.pushed import Release
from chalicelib.domain.reasons import OF_FRONTENDS, TEXTS, Reason, text
from chalicelib.usecases.answering import Request
from chalicelib.usecases.buttons import buttons
from chalicelib.usecases.chat_ports import Message, Reply
from chalicelib.usecases.home import home_page
from chalicelib.usecases.messages import deployment_message, question_message
from chalicelib.usecases.next_steps import next_steps
from chalicelib.usecases.notices import notice
from chalicelib.usecases.timeline import timeline
from chalicelib.usecases.words.frontends import FRONTENDS
from chalicelib.usecases.words.servers import SERVERS
from chalicelib.wire.slack_message import blocks_of
from chalicelib.wire.slack_views import home_of
from sandbox.front.blocks import check_blocks
from sandbox.front.views import check_view
from tests.builders import DEPLOYER, LEAD, NOW, question, raw_config
from tests.machine.release_rig import A, B, C
from tests.transcripts.frontends import Told
from tests.unit.usecases.desk import Desk

STATES = sorted(set(State) - {State.READY, State.ASKING_FINISH})
OF_FLEETS = ("fleet", "traffic", "host", "USD", "device", "finish")
ASKING = {
    State.ASKING_START: Kind.START,
    State.ASKING_ROLLBACK: Kind.ROLLBACK,
    State.ASKING_END: Kind.END,
}


def web(state: State, before: str = A, **changes: Any) -> Deployment:
    """Release B on its way to production."""
    made = Deployment(
        service="web",
        environment="production",
        id="web-production-2",
        version=B,
        requester=DEPLOYER,
        requested_at=NOW,
        config_version=1,
        machine=Machine.RELEASE,
        state=state,
        plan=Plan(B, "a" * 64, (), (), (), old_version=before, files=Files(4, 2, 1, 3, 81_900)),
        phases=(Phase(State.ACCEPTED, NOW), Phase(state, NOW + 5)),
        keep_until=NOW + 7_200,
        channel="C0DEPLOYS",
    )
    return replace(made, **changes)


def words(message: Message) -> str:
    """Everything that it says; Slack takes it."""
    assert check_blocks(blocks_of(message)) == []
    fields = [part for field in message.fields for part in field]
    said = [each for action in message.actions for each in (action.label, action.confirm)]
    return "\n".join([message.summary, message.title, *message.lines, *fields, *message.notes, *said])


@pytest.mark.parametrize("before", [A, ""])
@pytest.mark.parametrize("switched_at", [0, NOW])
@pytest.mark.parametrize("state", STATES)
def test_no_state_of_a_release_speaks_of_servers(state: State, before: str, switched_at: float) -> None:
    """It says where it is and what comes next, in a frontend's own words."""
    asked = [question(ASKING[state], service="web")] if state in ASKING else []
    made = web(state, before, switched_at=switched_at)
    said = words(deployment_message(made, asked, NOW))
    told = notice(made)
    said += words(told[1]) if told else ""
    assert FRONTENDS.states[state] in said
    assert f"{B} to production" in said
    assert [word for word in OF_FLEETS if word in said] == []
    if state not in ENDS | set(ASKING):
        assert "Next: " in said or "Mend" in said or "by myself" in said


@pytest.mark.parametrize("kind", sorted(set(ASKING.values())))
def test_a_question_about_a_release_speaks_of_the_release(kind: Kind) -> None:
    """What is asked, and nothing of fleets."""
    message = question_message(question(kind, service="web"), web(State.ASKING_START), NOW)
    assert FRONTENDS.questions.asked[kind] in message.lines[0]
    assert [word for word in OF_FLEETS if word in words(message)] == []


def test_both_have_words_for_the_same_things() -> None:
    """Whatever a release can come to, and every question that its machine asks."""
    assert set(SERVERS.states) == set(State)
    assert set(FRONTENDS.states) == set(STATES)
    asked = SECOND_PERSON - {Kind.FINISH}
    mine = FRONTENDS.questions
    assert set(mine.asked) == set(mine.lasting) == asked
    assert set(mine.after_no) == asked | OF_THE_TEAM
    assert set(FRONTENDS.answers.yes) == set(FRONTENDS.answers.no) == asked
    assert set(FRONTENDS.answers.doing) == set(SERVERS.answers.doing)
    assert set(FRONTENDS.timeline.rows) == set(SERVERS.timeline.rows) - {State.READY, State.ASKING_FINISH}
    own = {"publish", "finish_ready", "switch", "stays", "untold", "left_files"}
    assert set(FRONTENDS.history) - own == set(SERVERS.history) - own


@pytest.mark.parametrize("reason", sorted(OF_FRONTENDS))
def test_a_refusal_about_a_frontend_speaks_of_releases(reason: Reason) -> None:
    """The same reason, other words; what it names is named by the other one too, or by everybody."""
    said = text(reason, {"kind": FRONTENDS.kind})
    assert said != text(reason, {})
    assert said == text(reason, {"kind": "frontend"})
    assert TEXTS[reason] != OF_FRONTENDS[reason]
    assert [word for word in OF_FLEETS if word in said.replace("nothing to finish", "")] == []


@pytest.mark.parametrize("before", [A, ""])
@pytest.mark.parametrize("state", STATES)
def test_no_answer_about_a_release_speaks_of_servers(state: State, before: str) -> None:
    """What is where, why, and everybody's own page."""
    raw = copy.deepcopy(Told().store.team().raw)
    raw["services"] = {"web": raw["services"]["web"]}
    desk = Desk(raw)
    made, slot = web(state, before), Slot("web-production-2", 1, NOW)
    asked = [question(ASKING[state], service="web", deployment=made.id)] if state in ASKING else []
    keeps = state in {State.KEEPING, State.ASKING_END, State.RETIRING}
    there = Environment("web", "production", live_version=B, live_since=NOW)
    there = replace(there, keeping=slot) if keeps else replace(there, active=slot)
    desk.store.put(there, made, *asked)
    said = "\n".join(desk.say(each) for each in ("status web", "where web", "why web production", "locks"))
    home = home_page(desk.store.team(), DEPLOYER, [desk.store.overview("web", "production")], NOW)
    assert check_view(home_of(home), "home") == []
    said += "\n".join(line for part in home.parts for line in part.lines)
    assert FRONTENDS.states[state] in said
    assert [word for word in OF_FLEETS if word in said] == []


# --- over the machine -------------------------------------------------------------------------------------------------


@pytest.fixture
def told() -> Told:
    """A is live in production; staging is not protected and shows nothing yet."""
    return Told()


def refused(told: Told, typed: str, by: Actor = DEPLOYER) -> Refused:
    """Why this is refused."""
    with pytest.raises(Refused) as caught:
        told.say(typed, by)
    return caught.value


def asked(told: Told, typed: str) -> Reply:
    """What the one who typed this reads."""
    return told.chatops.handle(Request(parse(typed), DEPLOYER, "asked"))


def test_a_first_release_has_no_way_back(told: Told) -> None:
    """No button offers it, and who types it reads why, and what to do instead."""
    told.say(f"web@{B} to staging")
    found = told.store.deployment(told.store.overview("web", "staging").deployments[0].ref)
    assert found is not None
    assert found.state is State.KEEPING
    assert [each.label for each in buttons(found, told.store.questions(found.ref))] == ["Clean up now"]
    for typed in ("rollback web staging", "keep web staging +1h"):
        why = refused(told, typed)
        assert why.reason is Reason.NO_WAY_BACK
        assert "no release of `web` in staging before this one" in why.text
        assert [each.verb for each in next_steps(why)] == ["versions", "why"]
    assert (
        "there is none: no release is known to have been enabled here before"
        in asked(told, "why web staging").text
    )
    told.say("cleanup web staging")
    assert told.store.environment("web", "staging").keeping is None


def test_no_step_of_a_first_release_says_that_it_can_be_rolled_back(told: Told) -> None:
    """Neither its message nor its picture; of the next release they do."""
    for version, name in ((B, "Stays enabled"), (C, "Can be rolled back")):
        told.say(f"web@{version} to staging")
        told.say("cleanup web staging")
        made = told.store.overview("web", "staging").deployments[0]
        assert made.ended
        assert f"✓ {name}  " in "\n".join(deployment_message(made, [], NOW).lines)
        lasted = replace(
            made, phases=tuple(replace(each, at=NOW + at) for at, each in enumerate(made.phases))
        )
        picture = timeline(lasted, [])
        assert picture is not None
        assert name in {bar.label for bar in picture.bars}


def test_cleaning_up_early_is_what_keep_end_is(told: Told) -> None:
    """Both are understood, of servers too; a second person confirms it where the environment is protected."""
    assert (
        parse("cleanup web production") == parse("keep web production end") == Act("end", "web", "production")
    )
    told.enabled()
    told.say("cleanup web production")
    assert told.deployment().state is State.ASKING_END
    told.decide("confirm", Kind.END)
    assert told.deployment().state is State.SUCCEEDED
    assert "nothing waits to be cleaned up" in refused(told, "cleanup web production").text


def test_servers_answer_to_cleanup_with_the_end_of_the_old_fleet() -> None:
    """In their words."""
    desk = Desk()
    desk.keeping()
    assert "ending the old fleet" in desk.say("cleanup cameras production")


@pytest.mark.parametrize("text", ["cleanup", "cleanup web", "cleanup web production now", "cleanup Web x"])
def test_cleanup_is_written_strictly(text: str) -> None:
    """With how to write it."""
    with pytest.raises(Refused) as caught:
        parse(text)
    assert caught.value.facts["usage"] == "/deploy cleanup SERVICE ENVIRONMENT"


def test_a_frontend_has_nothing_to_finish(told: Told) -> None:
    """In every state, and it says what closes the way back."""
    for tag in (B, C):
        why = refused(told, "finish web production")
        assert (why.reason, "cleanup web production" in why.text) == (Reason.NOT_READY, True)
        told.enabled(tag)


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        (f"@{A}", Reason.ALREADY_LIVE),
        ("@web_2026-01-01_00-00", Reason.UNKNOWN_RELEASE),
        ("@9", Reason.UNKNOWN_RELEASE),
    ],
)
def test_what_can_not_be_enabled_is_refused_with_a_way_on(told: Told, tag: str, reason: Reason) -> None:
    """The newest releases are named, and a button shows all."""
    why = refused(told, f"web{tag} to production")
    assert why.reason is reason
    assert next_steps(why)


def test_where_nothing_was_pushed_it_says_how_to_push() -> None:
    """In the refusal and in the list."""
    raw = copy.deepcopy(raw_config())
    raw["services"]["web"] = copy.deepcopy(Told().store.team().raw["services"]["web"])
    desk = Desk(raw)
    why = desk.refused("web to production")
    assert (why.reason, "pointsman push" in why.text) == (Reason.NO_RELEASE, True)
    assert "pointsman push" in desk.say("versions web")


def test_versions_lists_releases_with_where_each_is_live(told: Told) -> None:
    """Newest first, with a button for each environment where it is not live."""
    told.store.put(
        Release("web", "web_2026-11-24_14-05", "b" * 64, ci("jenkins"), NOW, 3, 9, 2, 1, 0, C, "4", "ab12")
    )
    reply = asked(told, "versions web")
    lines = reply.text.splitlines()
    assert lines[0] == "Releases of *web*, newest first:"
    assert lines[1] == "• `web_2026-11-24_14-05` · version `4` · `ab12` · 2 added, 1 changed"
    assert lines[-1].startswith(f"• `{A}`")
    assert lines[-1].endswith("live in *production*")
    values = [each.value for each in reply.actions]
    assert values[:2] == [f"web@web_2026-11-24_14-05 to {each}" for each in ("production", "staging")]
    assert f"web@{A} to production" not in values


def test_the_form_offers_releases_of_a_frontend(told: Told) -> None:
    """Newest first, beside the builds of servers."""
    form = asked(told, "form web production").form
    assert form is not None
    (field,) = (each for each in form.fields if each.name == "version")
    assert [each.value for each in field.options] == [f"web@{tag}" for tag in (C, B, A)]
    assert field.options[0].label == f"{C} (version 3)"


def test_the_question_names_the_releases_between_two(told: Told) -> None:
    """On the way there what is new, on the way back what is taken out."""
    told.say(f"web@{C} to production")
    (start,) = told.open()
    assert start.brief is not None
    assert [each.version for each in start.brief.steps] == [C, B]
    told.decide("confirm", Kind.START)
    told.say("rollback web production")
    (back,) = told.open()
    assert back.brief is not None
    assert (back.brief.before, back.brief.after, len(back.brief.steps)) == (C, A, 2)


def test_who_waits_for_a_frontend_waits_with_a_release(told: Told) -> None:
    """Not with a build; by its tag, or with the newest."""
    told.say(f"web@{C} to production", run=False)
    assert refused(told, "queue web@142 to production", LEAD).reason is Reason.UNKNOWN_RELEASE
    assert f"`web@{B}`" in told.say(f"queue web@{B} to production", LEAD, run=False)
    assert "`web`" in told.say("queue web to production", run=False)


def test_the_lead_time_of_a_frontend_begins_with_its_push(told: Told) -> None:
    """Three releases that went live make a median."""
    for tag in (B, C, B):
        told.enabled(tag)
        told.machine.let(7_300)
    assert "• Lead time for changes: *3 h " in asked(told, "stats web production").text
