"""Stories of what people look at, and of what they wait for: told at the public door, over an account in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD
from tests.faults.acts import an_admin
from tests.spoken.house import House

if TYPE_CHECKING:
    from collections.abc import Callable

AT = "cameras production"
THIS = "cameras@142 to production"
FAIR = {"begin": "2026-09-01 00:00", "end": "2026-10-01 00:00", "zone": "UTC", "reason": "The fair."}


@dataclass(frozen=True, slots=True)
class Told:
    """Its name, what happens in it, and how its environment is configured."""

    name: str
    happens: Callable[[House], None]
    settings: dict[str, Any] = field(default_factory=dict)

    def house(self) -> House:
        """A house in which it has happened."""
        house = House(**self.settings)
        self.happens(house)
        return house


def _overridden(house: House) -> None:
    """In a freeze: somebody looks at the difference, somebody may not wait, and everybody knows."""
    house.types(DEPLOYER, THIS, refused="frozen")
    house.presses(DEPLOYER, "Show the difference")
    house.types(DEPLOYER, f"override {THIS} devices lose messages", refused="not_allowed")
    house.types(LEAD, f"override {THIS} devices lose messages")
    house.presses(APPROVER, "Confirm")
    house.presses(LEAD, "Finish: switch traffic")
    house.types(LEAD, f"cancel {AT}")


def _turns(house: House) -> None:
    """One misses the turn, the next one passes it on."""
    house.types(DEPLOYER, f"lock {AT} for 1h A migration.")
    house.types(LEAD, f"queue {THIS}")
    house.types(DEPLOYER, f"unlock {AT}")
    house.types(DEPLOYER, "queue cameras@143 to production")
    house.let(301)
    house.sweep()
    house.presses(DEPLOYER, "Pass")
    house.types(LEAD, f"history {AT}")


def _lock_ran_out(house: House) -> None:
    """Nobody has to think of it."""
    house.types(DEPLOYER, f"lock {AT} for 5m A look at the logs.")
    house.types(LEAD, "locks")
    house.let(301)
    house.sweep()
    house.types(LEAD, f"queue {THIS}", refused="nothing_in_the_way")


def _by_form(house: House) -> None:
    """From a home, where the colleague finds what waits for them, and later whoever asked."""
    house.looks(APPROVER)
    house.looks(DEPLOYER)
    house.presses(DEPLOYER, "Deploy by form")
    house.sends(DEPLOYER, {"where": AT, "version": "", "typed": "999", "how": "deploy"}, refused="typed")
    house.sends(DEPLOYER, {"where": AT, "version": "", "typed": "142", "how": "deploy"})
    house.presses(APPROVER, "Confirm")
    house.types(DEPLOYER, f"cancel {AT}")


def _kept(house: House) -> None:
    """The old fleet stands by."""
    house.types(DEPLOYER, THIS)
    house.presses(APPROVER, "Confirm")
    house.presses(DEPLOYER, "Finish: switch traffic")
    house.presses(LEAD, "Confirm")
    house.let(60)


def _standby_host_gone(house: House) -> None:
    """There is no whole way back any more, and somebody gives it up."""
    _kept(house)
    gone = min(house.account.ec2.instances)
    house.outside.add(gone)
    house.account.ec2.instances[gone].ending = "terminated"
    house.sweep()
    house.types(LEAD, f"why {AT}")
    house.presses(LEAD, "End the old fleet now")
    house.presses(APPROVER, "Confirm")
    house.sweep()


def _released(house: House) -> None:
    """Stopped in the console, and left to people as it is."""
    _kept(house)
    house.machine.abort(house.deployments()[-1].id)
    house.sweep()
    house.types(GUEST, f"why {AT}")
    house.presses(LEAD, "Release")
    house.sweep()
    house.types(GUEST, f"history {AT}")


def _looked(house: House) -> None:
    """Everything that can be asked of a deployment whose old fleet stands by."""
    _kept(house)
    for asked in ("status", "where", f"why {AT}", "why cameras staging", "versions cameras", "stats cameras"):
        house.types(GUEST, asked)
    house.types(GUEST, f"history {AT}")
    house.types(GUEST, f"audit {AT}")
    house.types(GUEST, "plan cameras@141 to production")


def _roles(house: House) -> None:
    """Who may do what, who changed it, and what the history of it says."""
    an_admin(house)
    house.types(LEAD, f"grant <@{GUEST.user}> deployer")
    house.types(LEAD, f"revoke <@{GUEST.user}> deployer")
    house.types(LEAD, f"grant <@{GUEST.user}> approver")
    house.types(GUEST, "roles")
    house.types(APPROVER, f"reject {house.code()} Not yet.")
    house.types(GUEST, "history roles")
    house.types(GUEST, "whoami")


def _update_rejected(house: House) -> None:
    """Another admin says no; the next one does not build, and is tried again."""
    an_admin(house)
    house.types(LEAD, "update")
    house.types(LEAD, "update", refused="update_under_way")
    house.presses(LEAD, "Show the updates")
    house.types(APPROVER, f"reject {house.code()} not on a Friday")
    house.types(LEAD, "update v1.2")
    house.let(301)
    house.types(LEAD, "update v1.2")
    house.presses(APPROVER, "Confirm")
    newest = next(reversed(house.account.codebuild.builds))
    house.account.codebuild.end(newest, "FAILED", "make deploy: exit status 2")
    house.pipeline(newest)
    house.presses(LEAD, "Update again")
    house.types(LEAD, "history updates")


LOOKED = (
    Told("frozen, overridden", _overridden, {"freezes": [FAIR]}),
    Told("turns missed and passed", _turns),
    Told("a lock runs out", _lock_ran_out),
    Told("deployed by form", _by_form),
    Told("looked at", _looked),
    Told("a standby host is gone", _standby_host_gone),
    Told("stuck, released", _released),
    Told("roles looked at", _roles),
    Told("an update rejected, failed", _update_rejected),
)
