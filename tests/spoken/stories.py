"""What people do at the public door, many acts in each story; test_spoken.py asks that nothing is left out."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalicelib.domain.roles import Grant, Grants, Role
from chalicelib.usecases.ports import Save
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, build
from tests.faults.acts import an_admin
from tests.spoken.house import texts_in
from tests.spoken.updating import updated_itself

if TYPE_CHECKING:
    from chalicelib.domain.people import Actor
    from tests.spoken.house import House
    from tests.spoken.site import Site

AT = "cameras production"
THIS = "cameras@142 to production"
MANY = 14
"""Environments and builds: more than any page shows."""
NOTHING_THERE: tuple[tuple[Actor, str, str], ...] = (
    (DEPLOYER, "cameras@999 to production", "unknown_version"),
    (DEPLOYER, "camras to production", "unknown_service"),
    (GUEST, THIS, "not_allowed"),
    (DEPLOYER, "plan cameras to moon", "unknown_environment"),
    (DEPLOYER, f"finish {AT}", "nothing_active"),
    (DEPLOYER, f"cancel {AT}", "nothing_active"),
    (DEPLOYER, f"retry {AT}", "nothing_active"),
    (DEPLOYER, f"rollback {AT}", "window_closed"),
    (DEPLOYER, f"keep {AT} +1h", "window_closed"),
    (DEPLOYER, f"cleanup {AT}", "window_closed"),
    (DEPLOYER, f"lock {AT}", "malformed_command"),
    (GUEST, f"lock {AT} lunch", "not_allowed"),
    (DEPLOYER, f"unlock {AT}", "not_locked"),
    (DEPLOYER, "locks cameras", "malformed_command"),
    (GUEST, "queue cameras to production", "not_allowed"),
    (DEPLOYER, f"leave {AT}", "not_queued"),
    (DEPLOYER, f"ask {AT}", "held_by_nobody"),
    (DEPLOYER, f"override {THIS} in a hurry", "not_allowed"),
    (DEPLOYER, "status doors", "unknown_service"),
    (DEPLOYER, "where doors", "unknown_service"),
    (DEPLOYER, "why cameras moon", "unknown_environment"),
    (DEPLOYER, "history cameras moon", "unknown_environment"),
    (DEPLOYER, "versions doors", "unknown_service"),
    (DEPLOYER, "stats cameras 7d", "malformed_command"),
    (DEPLOYER, "audit cameras moon", "unknown_environment"),
    (APPROVER, "confirm ZZZZZ", "unknown_question"),
    (APPROVER, "reject ZZZZZ", "unknown_question"),
    (DEPLOYER, f"grant <@{GUEST.user}> viewer", "not_allowed"),
    (DEPLOYER, f"revoke <@{GUEST.user}> viewer", "not_allowed"),
    (DEPLOYER, "roles doors", "unknown_service"),
    (DEPLOYER, "whoami please", "malformed_command"),
    (DEPLOYER, "form cameras moon", "unknown_environment"),
    (DEPLOYER, "help cokking", "malformed_command"),
    (DEPLOYER, "finsh cameras production", "unknown_command"),
)


def refused(house: House) -> None:
    """Whatever can not be done says why, and changes nothing."""
    for by, text, reason in NOTHING_THERE:
        house.types(by, text, refused=reason)
    assert house.deployments() == []
    assert house.environment().lock is None


def looked(house: House) -> None:
    """Long lists in pages, each with the way to the next; every answer leads on."""
    _grow(house)
    assert "Page 1 of 2" in house.types(GUEST, "status")
    for verb in ("status", "where", "locks"):
        house.types(GUEST, verb)
        assert "Page 2 of 2" in house.presses(GUEST, "More")
        assert "Page 1 of 2" in house.presses(GUEST, "Back")
    house.types(GUEST, "versions cameras")
    house.presses(GUEST, "More")
    house.presses(GUEST, "Back")
    house.presses(GUEST, "To production: 143", refused="not_allowed")
    assert "You may" in house.presses(GUEST, "What may I do?")
    house.types(GUEST, THIS, refused="not_allowed")
    assert "Roles for" in house.presses(GUEST, "Who may?")
    house.types(GUEST, "whoami")
    many = tuple(Grant(f"U0MANY{number}", Role.VIEWER, "cameras") for number in range(MANY))
    house.account.store.commit(Save(Grants(many)))
    house.types(GUEST, "roles")
    house.presses(GUEST, "More")
    assert "An admin holds every role" in house.presses(GUEST, "Back")
    house.types(GUEST, "help")
    house.presses(GUEST, "Show the status")
    house.types(GUEST, "help keep")
    house.types(GUEST, "where doors", refused="unknown_service")
    house.presses(GUEST, "What is where")
    house.types(DEPLOYER, "cameras@999 to production", refused="unknown_version")
    house.presses(DEPLOYER, "Show the versions")
    house.types(APPROVER, "confirm ZZZZZ", refused="unknown_question")
    house.presses(APPROVER, "Show what is open")
    house.types(DEPLOYER, "finsh it", refused="unknown_command")
    house.presses(DEPLOYER, "What can I say?")
    house.types(DEPLOYER, f"unlock {AT}", refused="not_locked")
    house.presses(DEPLOYER, "Show all locks")
    house.types(GUEST, "stats cameras")
    house.presses(GUEST, "Last 90 days")
    house.presses(GUEST, "Show the team")
    assert "Key metrics of cameras (protected environments)" in house.channel()
    house.again(DEPLOYER, refused="shown_lately")
    house.types(DEPLOYER, "stats 30d shared")
    house.types(DEPLOYER, "stats cameras moon 30d shared", refused="unknown_environment")
    for _ in range(MANY):
        house.types(DEPLOYER, f"lock {AT} for 1h A migration.")
        house.types(DEPLOYER, f"unlock {AT}")
    house.types(GUEST, f"history {AT}")
    assert "`#1`" in house.presses(GUEST, "Earlier")
    assert "whole" in house.types(GUEST, f"audit {AT}")


def home(house: House) -> None:
    """The Home tab: its buttons are the same commands, and a person who may not is told so there."""
    assert "What waits for you" in house.looks(APPROVER)
    house.presses(APPROVER, "What is where")
    house.presses(APPROVER, "What can I say?")
    house.types(GUEST, "help")
    house.presses(GUEST, "Open the form")
    house.looks(DEPLOYER)
    house.types(DEPLOYER, "form")
    house.presses(DEPLOYER, "Deploy by form")
    house.sends(DEPLOYER, {"where": AT, "version": "", "typed": "999", "how": "deploy"}, refused="typed")
    house.looks(DEPLOYER)
    house.presses(DEPLOYER, "Deploy")
    house.sends(DEPLOYER, {"typed": "142"})
    house.looks(APPROVER)
    assert "starting" in house.presses(APPROVER, "Why?") or house.code()
    house.presses(GUEST, "Reject", refused="not_allowed")
    house.presses(APPROVER, "Reject")
    house.sends(APPROVER, {"reason": "Not before lunch."})
    assert "Not before lunch." in house.channel()


def filled_in(house: House) -> None:
    """Forms for whoever does not type: from the deploy form, lists, the home, and from what was refused."""
    house.types(DEPLOYER, "form")
    house.presses(DEPLOYER, "Lock an environment")
    house.sends(DEPLOYER, {"where": AT, "reason": " "}, refused="reason")
    assert "is locked until" in house.sends(DEPLOYER, {"where": AT, "long": "1h", "reason": "for 3 devices"})
    assert "for 3 devices" in house.channel()
    house.types(LEAD, "form")
    house.presses(LEAD, "Join a queue")
    house.sends(LEAD, {"where": AT, "typed": "999"}, refused="typed")
    assert "number 1" in house.sends(LEAD, {"where": AT, "version": "cameras@142"})
    house.types(LEAD, f"leave {AT}")
    house.types(GUEST, "locks")
    house.presses(GUEST, "Join a queue", refused="not_allowed")
    house.types(GUEST, "locks")
    house.presses(GUEST, "End a lock")
    house.sends(GUEST, {"where": AT, "reason": "It is late."}, refused="not_allowed")
    house.types(APPROVER, f"unlock {AT}", refused="others_lock")
    house.presses(APPROVER, "End it, with a reason")
    assert "I tell" in house.sends(APPROVER, {"reason": "It is late."})
    house.looks(DEPLOYER)
    house.presses(DEPLOYER, "Lock")
    house.sends(DEPLOYER, {"reason": "Once more."})
    assert "Once more." in house.looks(DEPLOYER)
    house.presses(DEPLOYER, "End the lock")
    house.sends(DEPLOYER, {})
    _against_a_lock(house)
    _who_may(house)


def _against_a_lock(house: House) -> None:
    house.types(DEPLOYER, f"lock {AT} for 1h A migration.")
    house.types(LEAD, "form")
    house.presses(LEAD, "Deploy against a lock")
    house.sends(LEAD, {"where": AT, "typed": "999", "reason": "It can not wait."}, refused="typed")
    house.types(LEAD, THIS, refused="locked")
    house.presses(LEAD, "Deploy all the same")
    assert "Started" in house.sends(LEAD, {"reason": "Devices lose messages."})
    assert "Devices lose messages." in house.channel()
    house.types(LEAD, f"cancel {AT}")


def _who_may(house: House) -> None:
    """Only admins find the way, and only they may go it."""
    house.types(LEAD, "form grant", refused="not_allowed")
    an_admin(house)
    viewer = {"who": GUEST.user, "role": "viewer", "for": "cameras"}
    house.types(LEAD, "roles")
    house.presses(LEAD, "Revoke a role")
    house.sends(LEAD, viewer, refused="role_not_held")
    house.types(LEAD, "form")
    house.presses(LEAD, "Grant a role")
    assert "is now *viewer* for `cameras`" in house.sends(LEAD, viewer)
    house.types(LEAD, "form grant")
    house.sends(LEAD, viewer, refused="holds_role")
    house.presses(LEAD, "Show the roles")
    house.types(LEAD, "form revoke")
    assert "is no longer *viewer*" in house.sends(LEAD, viewer)


def _grow(house: House) -> None:
    """Many environments, many builds."""
    store = house.account.store
    raw = copy.deepcopy(store.team().raw)
    environments = raw["services"]["cameras"]["environments"]
    environments.update({f"site-{number:02}": environments["staging"] for number in range(MANY)})
    store.publish(raw)
    for number in range(MANY):
        store.commit(Save(build(f"1{number:02}", reported_at=NOW - 3_000 + number)))


def deployed(house: House) -> None:
    """From a plan to the end of the old fleet, with everybody's buttons, and those who may not."""
    house.people.report("145", "passed", "build-145")
    house.settle()
    house.presses(GUEST, "Deploy to production", refused="not_allowed")
    house.types(DEPLOYER, "plan cameras@142 to production")
    house.presses(GUEST, "Deploy this", refused="not_allowed")
    house.presses(DEPLOYER, "Deploy this")
    house.presses(GUEST, "Confirm", refused="not_allowed")
    house.presses(GUEST, "Reject", refused="not_allowed")
    house.types(LEAD, "cameras@143 to production", refused="already_active")
    house.presses(LEAD, "Ask the holder")
    house.again(LEAD, refused="asked_lately")
    house.presses(LEAD, "What does it wait for?")
    house.types(DEPLOYER, f"finish {AT}", refused="not_ready")
    house.presses(APPROVER, "Confirm")
    house.again(LEAD, refused="already_decided")
    house.presses(LEAD, "Show the status")
    house.presses(GUEST, "Finish: switch traffic", refused="not_allowed")
    house.presses(DEPLOYER, "Finish: switch traffic")
    house.types(APPROVER, f"reject {house.code()} not before lunch")
    house.types(DEPLOYER, f"finish {AT}")
    house.presses(APPROVER, "Confirm")
    house.let(60)
    house.types(LEAD, f"cancel {AT}", refused="too_late_to_cancel")
    house.types(LEAD, f"finish {AT}", refused="already_finished")
    house.presses(GUEST, "Roll back", refused="not_allowed")
    house.presses(GUEST, "Keep 2 h longer", refused="not_allowed")
    house.presses(DEPLOYER, "Keep 2 h longer")
    house.types(DEPLOYER, f"keep {AT} +1h")
    house.types(DEPLOYER, f"keep {AT} +9h", refused="keep_too_long")
    house.presses(DEPLOYER, "Keep as long as possible")
    house.presses(DEPLOYER, "End the old fleet now")
    house.types(LEAD, f"rollback {AT}", refused="end_asked")
    house.presses(LEAD, "Keep the old fleet")
    house.presses(LEAD, "Roll back")
    house.types(APPROVER, f"reject {house.code()}")
    house.types(LEAD, f"rollback {AT}")
    house.presses(APPROVER, "Confirm")
    assert house.environment().live_version == "141"
    house.presses(DEPLOYER, "Deploy to production")
    house.types(DEPLOYER, f"cancel {AT}")
    house.types(DEPLOYER, "versions cameras")
    house.presses(DEPLOYER, "To production: 145")


def took_turns(house: House) -> None:
    """A lock, a queue and an override, each ended by those who may, and by nobody else."""
    house.types(DEPLOYER, f"lock {AT} for 1h A migration.")
    house.presses(GUEST, "Unlock", refused="not_allowed")
    house.types(LEAD, THIS, refused="locked")
    house.presses(LEAD, "Show the difference")
    house.types(LEAD, THIS, refused="locked")
    house.presses(LEAD, "Join the queue")
    house.types(LEAD, "queue cameras@142 to production", refused="queued_already")
    house.presses(GUEST, "Leave the queue", refused="not_queued")
    house.presses(GUEST, "Join the queue", refused="not_allowed")
    house.types(LEAD, "queue cameras@142 to production", refused="queued_already")
    house.presses(LEAD, "Leave the queue")
    house.types(LEAD, "queue cameras@142 to production")
    house.types(LEAD, f"leave {AT}")
    house.types(LEAD, "queue cameras@142 to production")
    house.types(DEPLOYER, f"ask {AT}", refused="held_by_you")
    house.types(LEAD, f"ask {AT}")
    house.types(APPROVER, f"unlock {AT}", refused="others_lock")
    house.presses(DEPLOYER, "Unlock")
    assert "it is your turn" in house.channel()
    house.looks(LEAD)
    house.types(DEPLOYER, THIS, refused="others_turn")
    house.presses(GUEST, "Deploy cameras@142 now", refused="not_allowed")
    house.presses(LEAD, "Pass")
    house.types(DEPLOYER, f"lock {AT} for 1h A migration.")
    house.types(LEAD, "queue cameras@142 to production")
    house.types(DEPLOYER, f"unlock {AT}")
    house.looks(LEAD)
    house.presses(LEAD, "Deploy now")
    house.types(LEAD, f"cancel {AT}")
    house.types(DEPLOYER, f"ask {AT}", refused="held_by_nobody")
    house.presses(DEPLOYER, "Deploy another version")
    house.types(DEPLOYER, f"override {THIS} in a hurry", refused="not_allowed")
    house.types(DEPLOYER, "queue cameras@142 to production", refused="nothing_in_the_way")
    house.presses(DEPLOYER, "Deploy cameras@142 now")
    house.types(LEAD, f"why {AT}")
    house.types(DEPLOYER, f"rollback {AT}", refused="not_switched")
    house.presses(DEPLOYER, "Cancel the deployment")
    house.types(DEPLOYER, f"lock {AT} for 1h A migration.")
    house.types(LEAD, f"override {THIS} devices lose messages")
    assert "devices lose messages" in house.channel()
    house.presses(GUEST, "Cancel", refused="not_allowed")
    house.presses(LEAD, "Cancel")


def in_trouble(house: House) -> None:
    """A step that fails is tried again or given up; what got stuck is taken up or released."""
    house.account.ssm.failing.update({("Pointsman-Check", "*"): "no such file"})
    started(house)
    house.presses(GUEST, "Retry", refused="not_allowed")
    house.presses(DEPLOYER, "Retry")
    house.presses(GUEST, "Give up", refused="not_allowed")
    house.types(DEPLOYER, f"retry {AT}")
    house.presses(DEPLOYER, "Give up")
    house.account.ssm.failing.clear()
    _stuck(house)
    house.presses(GUEST, "Release", refused="not_allowed")
    house.presses(LEAD, "Release")


def started(house: House) -> None:
    """Asked for and confirmed."""
    house.types(DEPLOYER, THIS)
    house.presses(APPROVER, "Confirm")


def _stuck(house: House) -> None:
    """Stopped in the console while the old fleet stands by."""
    started(house)
    house.types(DEPLOYER, f"finish {AT}")
    house.presses(LEAD, "Confirm")
    house.let(60)
    house.machine.abort(house.deployments()[-1].id)
    house.sweep()


def changed_roles(house: House) -> None:
    """A role that decides needs a second person; who asked is not that one, and a no changes nothing."""
    an_admin(house)
    house.types(LEAD, f"grant <@{GUEST.user}> approver")
    house.types(LEAD, f"confirm {house.code()}", refused="same_person")
    assert "a second person answers" in house.types(GUEST, "roles cameras")
    assert "become *approver*" not in house.looks(LEAD)
    assert "become *approver*" in house.looks(APPROVER)
    house.presses(DEPLOYER, "Confirm", refused="not_allowed")
    house.presses(APPROVER, "Confirm")
    assert "confirm what somebody else asked for" in house.types(GUEST, "whoami")
    assert "become *approver*" not in texts_in(house.account.slack.homes[APPROVER.user])
    assert "a second person answers" not in house.types(GUEST, "roles")
    house.types(LEAD, f"grant <@{GUEST.user}> approver", refused="holds_role")
    assert "since" in house.presses(LEAD, "Show the roles")
    house.types(LEAD, f"revoke <@{GUEST.user}> approver")
    house.types(APPROVER, f"confirm {house.code()}")
    house.types(LEAD, f"revoke <@{APPROVER.user}> approver", refused="role_configured")
    house.types(LEAD, f"grant <@{GUEST.user}> approver")
    house.presses(GUEST, "Reject")
    assert "approver" in house.sends(GUEST, {"reason": "I like it here."}, refused="not_allowed")
    house.presses(APPROVER, "Reject")
    house.sends(APPROVER, {"reason": "Not yet."})
    assert "Not yet." in house.channel()


def released(site: Site) -> None:
    """A frontend is enabled, kept, and cleaned up; the same buttons, in its own words."""
    site.told.pushes()
    site.presses(GUEST, "Enable in production", refused="not_allowed")
    site.presses(DEPLOYER, "Enable in production")
    site.presses(DEPLOYER, "Confirm", refused="not_allowed")
    site.presses(APPROVER, "Confirm")
    site.types(GUEST, "cleanup web production", refused="not_allowed")
    site.presses(DEPLOYER, "Keep the way back 2 h longer")
    site.types(DEPLOYER, "cleanup web production")
    site.types(LEAD, "rollback web production", refused="end_asked")
    site.presses(LEAD, "Keep the way back")
    site.presses(DEPLOYER, "Clean up now")
    site.presses(APPROVER, "Confirm")
    site.types(LEAD, "rollback web production", refused="window_closed")


SITE_STORIES = (released,)


STORIES = (
    refused,
    looked,
    home,
    filled_in,
    deployed,
    took_turns,
    in_trouble,
    changed_roles,
    updated_itself,
)
