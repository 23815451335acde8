"""Roles: granted and revoked in chat, the dangerous ones only with a second person."""

from typing import Any

import pytest

from chalicelib.domain.approval import Question
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Ref
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import ROLES, TEAM, Grant, Grants
from chalicelib.usecases.answering import ANSWER_SECONDS, Request
from chalicelib.wire.slack_message import reply_of
from sandbox.front.blocks import check_blocks
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, WORKSPACE, raw_config
from tests.unit.usecases.desk import Desk

ADMIN = Actor(WORKSPACE, "U0ADMIN")


def desk(*given: Grant, **people: list[str]) -> Desk:
    """A team with an admin in its configuration, and with grants."""
    configuration = raw_config()
    configuration["people"] = {**configuration["people"], "admin": [ADMIN.user], **people}
    made = Desk(configuration)
    if given:
        made.store.put(Grants(given))
    return made


def asked(desk: Desk) -> Question:
    """The newest question about roles."""
    refs = [ref for ref in desk.store.changed if isinstance(ref, Ref) and ref.service == TEAM]
    (found,) = desk.store.questions(refs[-1])
    return found


def may(desk: Desk, who: Actor, role: Role, service: str = "") -> bool:
    """Whether somebody holds a role now."""
    return holds(desk.store.team(), who, role, service)


def lines(desk: Desk) -> list[tuple[str, Actor, str]]:
    """What the history of roles says, oldest first."""
    return [(each.event, each.actor, each.detail) for each in desk.store.history(TEAM, ROLES)][::-1]


def test_a_role_that_only_asks_is_granted_at_once() -> None:
    """A deployer needs a second person for everything that matters, so granting the role needs none."""
    team = desk()
    said = team.say("grant {person:T0TEST/U0GUEST} deployer", ADMIN)
    assert said.startswith("Done: {person:T0TEST/U0GUEST} is now *deployer* for all services")
    assert may(team, GUEST, Role.DEPLOYER)
    assert lines(team) == [("grant_done", ADMIN, "grant {person:T0TEST/U0GUEST} deployer")]


def test_a_role_for_one_service_is_for_that_one() -> None:
    """And revoking it takes just that away."""
    team = desk(Grant(GUEST.user, Role.VIEWER))
    team.say("grant {person:T0TEST/U0GUEST} deployer on cameras", ADMIN)
    assert may(team, GUEST, Role.DEPLOYER, "cameras")
    assert not may(team, GUEST, Role.DEPLOYER)
    team.say("revoke {person:T0TEST/U0GUEST} deployer on cameras", ADMIN)
    assert not may(team, GUEST, Role.DEPLOYER, "cameras")
    assert may(team, GUEST, Role.VIEWER)


@pytest.mark.parametrize("role", ["approver", "admin"])
def test_a_role_that_decides_takes_effect_only_when_a_second_person_confirms(role: str) -> None:
    """Who has stolen one admin's login can not make themselves a second person."""
    team = desk()
    said = team.say(f"grant {{person:{GUEST}}} {role}", ADMIN)
    assert "nothing changes" in said
    assert not may(team, GUEST, Role(role))
    confirmed = team.say(f"confirm {asked(team).code}", APPROVER)
    assert confirmed.startswith("Confirmed:")
    assert may(team, GUEST, Role(role))
    assert lines(team) == [
        ("grant_asked", ADMIN, f"grant {{person:T0TEST/U0GUEST}} {role}"),
        ("confirm_role", APPROVER, f"grant {{person:T0TEST/U0GUEST}} {role}"),
    ]


def test_nobody_confirms_their_own() -> None:
    """Not who asked, and not whose role it is while there is anybody else."""
    team = desk()
    team.say("grant {person:T0TEST/U0APPROVER} admin", ADMIN)
    code = asked(team).code
    assert team.refused(f"confirm {code}", ADMIN).reason is Reason.SAME_PERSON
    assert team.refused(f"confirm {code}", APPROVER).reason is Reason.OWN_ROLE
    assert team.refused(f"confirm {code}", DEPLOYER).reason is Reason.NOT_ALLOWED
    team.say(f"confirm {code}", LEAD)
    assert may(team, APPROVER, Role.ADMIN)


def test_whose_role_is_to_go_can_not_keep_it_by_rejecting() -> None:
    """A thief with an approver's login does not hold on to it."""
    team = desk(Grant(GUEST.user, Role.APPROVER))
    team.say("revoke {person:T0TEST/U0GUEST} approver", ADMIN)
    code = asked(team).code
    assert team.refused(f"reject {code}", GUEST).reason is Reason.OWN_ROLE
    team.say(f"confirm {code}", LEAD)
    assert not may(team, GUEST, Role.APPROVER)


def test_the_only_other_one_is_asked_even_about_their_own_role() -> None:
    """Else a lone admin could send the last second person away, and go on alone."""
    team = desk(Grant(GUEST.user, Role.APPROVER), approver=[])
    team.say("revoke {person:T0TEST/U0GUEST} approver", ADMIN)
    assert may(team, GUEST, Role.APPROVER)
    team.say(f"confirm {asked(team).code}", GUEST)
    assert not may(team, GUEST, Role.APPROVER)


def test_a_lone_admin_needs_nobody() -> None:
    """Where nobody else could confirm, the first approver is granted at once, and the channel hears of it."""
    team = desk(approver=[])
    team.say("grant {person:T0TEST/U0GUEST} approver", ADMIN)
    assert may(team, GUEST, Role.APPROVER)
    assert asked(team).answered_by == ADMIN


def test_an_approver_of_one_service_decides_about_that_service_only() -> None:
    """A grant for all services needs somebody who may decide for all."""
    team = desk(Grant(GUEST.user, Role.APPROVER, "cameras"), approver=[LEAD.user])
    team.say("grant {person:T0TEST/U0DEPLOYER} approver", ADMIN)
    assert team.refused(f"confirm {asked(team).code}", GUEST).reason is Reason.NOT_ALLOWED
    team.say("grant {person:T0TEST/U0DEPLOYER} approver on cameras", ADMIN)
    team.say(f"confirm {asked(team).code}", GUEST)
    assert may(team, DEPLOYER, Role.APPROVER, "cameras")


def test_it_expires_and_changes_nothing() -> None:
    """No machine waits with it: the deadline is compared when somebody comes."""
    team = desk()
    team.say("grant {person:T0TEST/U0GUEST} approver", ADMIN)
    team.clock.advance(ANSWER_SECONDS + 1)
    assert team.refused(f"confirm {asked(team).code}", APPROVER).reason is Reason.EXPIRED
    assert not may(team, GUEST, Role.APPROVER)


def test_who_asked_may_withdraw_and_others_may_reject_with_a_reason() -> None:
    """A no needs no second person, and its reason is kept."""
    team = desk()
    team.say("grant {person:T0TEST/U0GUEST} approver", ADMIN)
    team.say(f"reject {asked(team).code} never heard of them", APPROVER)
    assert (asked(team).answered_by, asked(team).reason) == (APPROVER, "never heard of them")
    assert lines(team)[-1] == (
        "reject_role",
        APPROVER,
        "grant {person:T0TEST/U0GUEST} approver: never heard of them",
    )
    team.say("grant {person:T0TEST/U0GUEST} admin", ADMIN)
    team.say(f"reject {asked(team).code}", ADMIN)
    assert not may(team, GUEST, Role.ADMIN)


def test_who_is_no_admin_any_more_has_asked_in_vain() -> None:
    """Both are allowed at the moment of the decision."""
    boss = Grant(GUEST.user, Role.ADMIN)
    team = desk(boss)
    team.say("grant {person:T0TEST/U0DEPLOYER} approver", GUEST)
    code = asked(team).code
    team.store.put(Grants((), revision=2))
    assert team.refused(f"confirm {code}", LEAD).reason is Reason.REQUESTER_NOT_ALLOWED


def test_a_role_of_the_configuration_is_not_revoked_in_chat() -> None:
    """The refusal says where it stands."""
    refused = desk().refused("revoke {person:T0TEST/U0LEAD} approver", ADMIN)
    assert refused.reason is Reason.ROLE_CONFIGURED
    assert "people.approver" in refused.text


def test_the_last_admin_stays() -> None:
    """Also where the configuration, published long ago, names none."""
    team = desk(Grant(GUEST.user, Role.ADMIN), admin=[], approver=[])
    assert team.refused("revoke {person:T0TEST/U0GUEST} admin", GUEST).reason is Reason.LAST_ADMIN


def test_what_would_change_nothing_is_refused() -> None:
    """Twice the same, a role that was never granted, a service that is none."""
    team = desk()
    assert team.refused("grant {person:T0TEST/U0LEAD} deployer", ADMIN).reason is Reason.HOLDS_ROLE
    assert team.refused("revoke {person:T0TEST/U0GUEST} deployer", ADMIN).reason is Reason.ROLE_NOT_HELD
    assert (
        team.refused("grant {person:T0TEST/U0GUEST} deployer on doors", ADMIN).reason
        is Reason.UNKNOWN_SERVICE
    )


@pytest.mark.parametrize("by", [DEPLOYER, APPROVER, LEAD, GUEST])
def test_only_admins_grant(by: Actor) -> None:
    """An approver who could would be two people."""
    assert desk().refused("grant {person:T0TEST/U0GUEST} viewer", by).reason is Reason.NOT_ALLOWED


def test_an_admin_of_a_service_grants_for_that_service_only() -> None:
    """And needs a second person like everybody else."""
    team = desk(Grant(GUEST.user, Role.ADMIN, "cameras"))
    team.say("grant {person:T0TEST/U0APPROVER} deployer on cameras", GUEST)
    assert team.refused("grant {person:T0TEST/U0APPROVER} deployer", GUEST).reason is Reason.NOT_ALLOWED


def test_the_same_event_again_changes_nothing_twice() -> None:
    """Slack sends again what it thinks was lost."""
    team = desk()
    team.say("grant {person:T0TEST/U0GUEST} approver", ADMIN, event="same")
    before = team.store.snapshot()
    team.say("grant {person:T0TEST/U0GUEST} approver", ADMIN, event="same")
    assert team.store.table == before


def test_a_granted_role_is_checked_at_the_next_decision() -> None:
    """From the moment it is written, and until it is taken away."""
    team = desk()
    assert team.refused("cameras@142 to production", GUEST).reason is Reason.NOT_ALLOWED
    team.say("grant {person:T0TEST/U0GUEST} deployer on cameras", ADMIN)
    assert team.say("cameras@142 to production", GUEST).startswith("Started")


def test_roles_are_listed_with_where_they_come_from() -> None:
    """Configuration without a date, grants with one; one service shows what holds there."""
    team = desk(Grant(GUEST.user, Role.APPROVER, "cameras", ADMIN, NOW - 60))
    said = team.say("roles", DEPLOYER)
    assert "*admin* (do everything, and grant and revoke roles): {person:T0TEST/U0ADMIN}" in said
    assert f"{{person:T0TEST/U0GUEST}} on `cameras` (since {{when:{NOW - 60:.0f}}})" in said
    assert "everybody" in said
    assert "U0GUEST" in team.say("roles cameras", DEPLOYER)
    assert team.refused("roles doors").reason is Reason.UNKNOWN_SERVICE


def test_whoever_may_nothing_yet_finds_whom_to_ask() -> None:
    """A refusal says that `/deploy roles` says who the admins are: so it does, to everybody of the workspace."""
    team = desk(viewer=[])
    assert team.refused("status", GUEST).reason is Reason.NOT_ALLOWED
    assert "{person:T0TEST/U0ADMIN}" in team.say("roles", GUEST)
    assert team.refused("roles", Actor("T0OTHER", ADMIN.user)).reason is Reason.WRONG_WORKSPACE


def test_a_long_list_of_roles_comes_in_pages() -> None:
    """Everybody stands on one of them, none is cut, and each page has its legend, whatever people are called."""
    users = [f"U{number:031}" for number in range(100)]
    team = desk(*(Grant(user, Role.VIEWER, "cameras", ADMIN, NOW) for user in users), viewer=[])
    seen, number = "", 1
    while True:
        reply = team.chatops.handle(Request(parse(f"roles page {number}"), GUEST, "slack-roles"))
        sent = reply_of(reply)
        assert check_blocks(sent["blocks"]) == []
        shown = " ".join(block["text"]["text"] for block in sent["blocks"] if block["type"] == "section")
        assert "…" not in sent["text"] + shown
        assert "An admin holds every role" in shown
        seen += shown
        if "More" not in {each.label for each in reply.actions}:
            break
        number += 1
    assert number > 1
    assert all(f"<@{user}>" in seen for user in users)


def test_whoami_says_what_one_may_do() -> None:
    """Everywhere, for a service, or nothing."""
    team = desk(Grant(GUEST.user, Role.APPROVER, "cameras"), viewer=[])
    assert "For `cameras` you may confirm what somebody else asked for (*approver*)" in team.say(
        "whoami", GUEST
    )
    assert "You may do everything" in team.say("whoami", ADMIN)
    nobody = Actor(WORKSPACE, "U0NOBODY")
    assert "You hold no role" in team.say("whoami", nobody)
    assert team.refused("whoami", Actor("T0OTHER", ADMIN.user)).reason is Reason.WRONG_WORKSPACE


@pytest.mark.parametrize(
    "text",
    [
        "grant",
        "grant U0GUEST deployer",
        "grant @guest deployer",
        "grant {person:T0TEST/U0GUEST}",
        "grant {person:T0TEST/U0GUEST} owner",
        "grant {person:T0TEST/U0GUEST} deployer cameras",
        "grant {person:T0TEST/U0GUEST} deployer in cameras",
        "grant {person:T0TEST/U0GUEST} deployer on Cameras",
        "grant {person:T0TEST/U0GUEST} {person:T0TEST/U0LEAD} deployer",
        "revoke <!everyone> deployer",
        "roles cameras production",
        "whoami please",
    ],
)
def test_what_is_not_understood_says_how_it_is_written(text: str) -> None:
    """Nobody is guessed at: a name that Slack did not turn into a mention is no person."""
    refused: Any = desk().refused
    found = refused(text, ADMIN)
    assert found.reason is Reason.MALFORMED_COMMAND
    assert f"/deploy {text.split(maxsplit=1)[0]}" in found.text
