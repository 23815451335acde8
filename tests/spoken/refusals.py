"""What people at the public door are told where something can not be done, with the way on that each answer offers."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from chalicelib.domain.deployment import Environment
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, WORKSPACE, build
from tests.faults.acts import an_admin
from tests.machine.couple_rig import BOTH
from tests.machine.release_rig import A, B
from tests.spoken.house import STILL
from tests.spoken.stories import AT, THIS, started

if TYPE_CHECKING:
    from tests.spoken.house import House
    from tests.spoken.site import Pair, Site

STRANGER = Actor("T0OTHER", "U0STRANGER")
CROWD = [Actor(WORKSPACE, f"U0CROWD{number}") for number in range(21)]
"""One more than may wait."""
CHECK = ("Pointsman-Check", "*")
FREEZE = {"begin": "2020-01-01 00:00", "end": "2037-01-01 00:00", "zone": "UTC", "reason": "The fair."}

UNREACHED: dict[Reason, str] = {
    Reason.BAD_SIGNATURE: "a door's answer to a machine",
    Reason.STALE_REQUEST: "a door's answer to a machine",
    Reason.BAD_BODY: "a door's answer to a machine",
    Reason.TOO_LARGE: "a door's answer to a machine",
    Reason.UNKNOWN_SOURCE: "a door's answer to a machine",
    Reason.OTHER_SERVICE: "stands at a field of the form, without its code",
    Reason.PARTNER_ENDED: "why a deployment ended",
    Reason.GIVES_WAY: "why a deployment ended",
    Reason.RELEASE_MISSING: "why a deployment ended",
    Reason.RELEASE_BROKEN: "why a deployment ended",
    Reason.RELEASE_CHANGED: "why a deployment ended",
    Reason.NO_INSTANCES: "why a deployment ended",
    Reason.MIXED_IMAGES: "why a deployment ended",
    Reason.FLEET_CHANGED: "why a deployment ended",
    Reason.TRAFFIC_UNCLEAR: "why a deployment ended",
    Reason.LAUNCH_FAILED: "why a deployment ended",
    Reason.COMMAND_FAILED: "why a deployment ended",
    Reason.UNHEALTHY: "why a deployment ended",
    Reason.ALARM: "why a deployment ended",
    Reason.TIMED_OUT: "why a deployment ended",
    Reason.BUILD_TIMED_OUT: "why a deployment ended",
    Reason.LOST_LOCK: "why a deployment ended",
    Reason.CANCELED: "why a deployment ended",
    Reason.STOPPED: "why a deployment ended",
    Reason.RUN_ENDED: "why a deployment ended",
    Reason.CHAT_REFUSED: "stands in a log: there is nobody whom chat could tell",
    Reason.INTERNAL: "why a deployment ended",
    Reason.PIPELINE_REFUSED: "why an update failed",
}
"""Reasons that no command is answered with, and where they are told instead."""


def unconfigured(house: House) -> None:
    """Before anything was published nothing can be done, and that is what everybody reads."""
    house.account.table.forget("CONFIG")
    house.types(DEPLOYER, THIS, refused="not_configured")


def old_buttons(house: House) -> None:
    """A button of a deployment that is over does nothing to the next, and the answer offers the same for that one."""
    started(house)
    finish, cancel = house.sees(DEPLOYER, "Finish: switch traffic"), house.sees(DEPLOYER, "Cancel")
    house.presses(DEPLOYER, "Cancel")
    started(house)
    house.presses_old(DEPLOYER, finish, refused="other_deployment")
    house.presses(DEPLOYER, "Finish cameras-production-2")
    house.types(APPROVER, f"reject {house.code()}")
    house.presses_old(LEAD, cancel, refused="other_deployment")
    house.presses(LEAD, "Cancel cameras-production-2")
    house.presses_old(LEAD, cancel, refused="nothing_active")
    house.account.ssm.failing[CHECK] = "no such file"
    started(house)
    retry = house.sees(DEPLOYER, "Retry")
    house.presses(DEPLOYER, "Give up")
    started(house)
    house.presses_old(LEAD, retry, refused="other_deployment")
    house.presses(LEAD, "Retry cameras-production-4")
    house.presses(DEPLOYER, "Give up")
    house.account.ssm.failing.clear()
    _live(house)
    back = house.sees(DEPLOYER, "Roll back")
    house.presses(DEPLOYER, "Roll back")
    house.presses(APPROVER, "Confirm")
    _live(house)
    house.presses_old(DEPLOYER, back, refused="other_deployment")
    house.presses(DEPLOYER, "Roll back cameras-production-6")
    house.presses(APPROVER, "Confirm")
    assert house.environment().live_version == "141"


def in_between(house: House) -> None:
    """While something is asked, decided or under way, everybody reads what, and what they can do about it."""
    started(house)
    house.types(DEPLOYER, f"retry {AT}", refused="nothing_to_retry")
    house.presses(DEPLOYER, "Finish: switch traffic")
    house.types(LEAD, f"finish {AT}", refused="asked_already")
    house.presses(LEAD, "Reject it")
    house.sends(LEAD, {"reason": "Not before lunch."})
    house.types(DEPLOYER, f"finish {AT}")
    house.types(LEAD, f"finish {AT}", refused="asked_already")
    house.presses(LEAD, "Confirm it", until="Bake")
    house.types(DEPLOYER, f"keep {AT} +1h", refused="not_kept_yet", until=STILL)
    house.presses(DEPLOYER, "Roll back")
    said = house.types(LEAD, f"rollback {AT}", refused="asked_already")
    assert house.code() in said
    late = house.code()
    house.let(301)
    house.types(APPROVER, f"confirm {late}", refused="expired")
    house.let(60)
    house.types(DEPLOYER, f"keep {AT} +1h", until="ReadKeep")
    house.types(LEAD, f"keep {AT} +1h", refused="busy")
    house.presses(LEAD, "Try again")
    house.types(DEPLOYER, f"rollback {AT}")
    house.presses(APPROVER, "Confirm", until="Demote")
    house.types(LEAD, f"rollback {AT}", refused="going_back", until="Terminate")
    house.types(LEAD, f"cancel {AT}", refused="ending")


def mended(house: House) -> None:
    """Whoever is refused because a step failed, or got stuck, or because the fleet changed, can do something about it
    from there."""
    house.account.ssm.failing[CHECK] = "no such file"
    started(house)
    house.account.ssm.failing.clear()
    house.types(LEAD, "cameras@143 to production", refused="already_active")
    house.presses(LEAD, "Retry the failed step")
    house.account.add_hosts("control", 1)
    house.types(DEPLOYER, f"finish {AT}")
    house.presses(APPROVER, "Confirm")
    assert "fleet_changed" in house.channel()
    house.presses(DEPLOYER, "Show the new plan")


def unstuck(house: House) -> None:
    """Nobody hears that nothing is under way; both ways out are there."""
    _live(house)
    house.machine.abort(house.deployments()[-1].id)
    house.sweep()
    house.types(DEPLOYER, f"rollback {AT}", refused="stuck")
    house.presses(DEPLOYER, "Go on from where it stopped")
    house.machine.abort(f"{house.deployments()[-1].id}-r2")
    house.sweep()
    house.types(DEPLOYER, f"finish {AT}", refused="stuck")
    house.presses(DEPLOYER, "Leave it and free the environment")
    house.types(DEPLOYER, f"finish {AT}", refused="nothing_active")


def nothing_to_deploy(house: House) -> None:
    """What can not be deployed, and when nothing can."""
    _publish(house, lambda raw: raw["services"].update(doors=raw["services"]["cameras"]))
    house.people.report("146", "failed", "build-146")
    house.types(DEPLOYER, "cameras@146 to production", refused="build_failed")
    house.types(DEPLOYER, "doors to production", refused="no_build")
    house.types(DEPLOYER, "cameras@141 to production", refused="already_live")
    house.types(DEPLOYER, "cameras+doors to production", refused="same_kind")
    house.types(DEPLOYER, f"lock {AT} for 30d A migration.", refused="lock_too_long")
    house.presses_old(GUEST, house.sees(DEPLOYER, "Lock for 168 h"), refused="not_allowed")
    house.presses(DEPLOYER, "Lock for 168 h")
    _publish(house, lambda raw: raw["people"]["deployer"].extend(each.user for each in CROWD))
    for each in CROWD[:-1]:
        house.types(each, "queue cameras@142 to production")
    house.types(CROWD[-1], "queue cameras@142 to production", refused="queue_full")
    house.types(DEPLOYER, f"unlock {AT}")
    environments = ("services", "cameras", "environments")
    _publish(house, lambda raw: _in(raw, *environments, "production").update(freezes=[FREEZE]))
    house.types(DEPLOYER, THIS, refused="frozen")
    house.types(STRANGER, "status", refused="wrong_workspace")


def second_persons(house: House) -> None:
    """Whose yes does not count, and who may say it instead."""
    environments = ("services", "cameras", "environments", "production")
    _publish(house, lambda raw: _in(raw, *environments).update(approvals={"start": 2}))
    _publish(house, lambda raw: raw["people"]["approver"].append(GUEST.user))
    house.types(LEAD, THIS)
    said = house.types(LEAD, f"confirm {house.code()}", refused="same_person")
    assert f"<@{APPROVER.user}>" in said
    house.presses(LEAD, "Take it back")
    house.sends(LEAD, {"reason": "The wrong one."})
    house.types(DEPLOYER, THIS)
    house.presses(APPROVER, "Confirm")
    said = house.types(APPROVER, f"confirm {house.code()}", refused="confirmed_before")
    assert f"<@{LEAD.user}>" in said
    assert "one more person" in said
    assert f"<@{APPROVER.user}>" not in said
    house.presses(APPROVER, "Who may?")
    _publish(house, lambda raw: raw["people"]["deployer"].remove(DEPLOYER.user))
    house.types(LEAD, f"confirm {house.code()}", refused="requester_not_allowed")
    house.presses(LEAD, "Reject")
    house.sends(LEAD, {"reason": "They have left."})
    an_admin(house)
    house.types(LEAD, f"revoke <@{GUEST.user}> deployer", refused="role_not_held")
    house.types(LEAD, f"revoke <@{LEAD.user}> admin", refused="last_admin")
    house.types(LEAD, f"grant <@{APPROVER.user}> admin")
    assert f"other than <@{LEAD.user}>, <@{APPROVER.user}>" in house.channel()
    house.types(APPROVER, f"confirm {house.code()}", refused="own_role")


def no_release(site: Site) -> None:
    """What can not be enabled, and what has nothing before it."""
    store = site.told.store
    raw = copy.deepcopy(store.team().raw)
    raw["services"]["pages"] = raw["services"]["web"]
    store.publish(raw)
    store.put(build("141"), Environment("cameras", "production", live_version="141", live_since=NOW))
    site.types(DEPLOYER, "pages to production", refused="no_release")
    site.types(DEPLOYER, "web@web_2020-01-01_00-00 to production", refused="unknown_release")
    site.types(DEPLOYER, f"cameras@141+web@{B} to production", refused="live_alone")
    site.types(DEPLOYER, f"web@{A} to staging")
    site.types(DEPLOYER, "rollback web staging", refused="no_way_back")


def together(pair: Pair) -> None:
    """One of two that go together can not be done anything to that the other one is not ready for."""
    told = pair.told
    pair.types(DEPLOYER, f"{BOTH} to production")
    pair.presses(GUEST, "Confirm", refused="not_allowed")
    pair.presses(APPROVER, "Confirm")
    pushed = set(told.site.objects)
    told.site.objects.clear()
    pair.types(DEPLOYER, "finish cameras production")
    pair.presses(APPROVER, "Confirm")
    assert "is not there yet" in pair.types(DEPLOYER, "cleanup cameras production", refused="partner_coming")
    told.site.objects |= pushed
    pair.types(DEPLOYER, "retry web production")
    told.lets(60)
    told.machine.abort("web-production-1")
    told.sweeper.sweep()
    told.lets(60)
    assert "`/deploy retry web production`" in pair.types(
        LEAD, "rollback cameras production", refused="partner_stuck"
    )
    pair.presses(LEAD, "Go on from where it stopped")


def _live(house: House) -> None:
    started(house)
    house.types(DEPLOYER, f"finish {AT}")
    house.presses(APPROVER, "Confirm")
    house.let(60)


def _publish(house: House, change: Any) -> None:
    raw = copy.deepcopy(house.account.store.team().raw)
    change(raw)
    house.account.store.publish(raw)


def _in(raw: Any, *names: str) -> Any:
    for name in names:
        raw = raw[name]
    return raw


REFUSALS = (
    unconfigured,
    old_buttons,
    in_between,
    mended,
    unstuck,
    nothing_to_deploy,
    second_persons,
)
SITE_REFUSALS = (no_release,)
PAIR_REFUSALS = (together,)
