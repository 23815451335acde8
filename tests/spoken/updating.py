"""What people do about updates of the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.usecases.update_ports import Installed
from tests.builders import APPROVER, DEPLOYER, LEAD
from tests.faults.acts import an_admin

if TYPE_CHECKING:
    from tests.spoken.house import House


def updated_itself(house: House) -> None:
    """An admin asks, another person confirms, and it goes wrong once."""
    an_admin(house)
    house.types(DEPLOYER, "update", refused="not_allowed")
    house.types(LEAD, "update v1.2; rm", refused="malformed_command")
    house.types(LEAD, "update")
    house.presses(LEAD, "Confirm", refused="same_person")
    house.presses(DEPLOYER, "Confirm", refused="not_allowed")
    house.types(LEAD, "update v1.2", refused="update_under_way")
    assert "asked a second person" in house.presses(LEAD, "Show the updates")
    assert "May I update myself" in house.looks(APPROVER)
    house.types(APPROVER, f"reject {house.code()} not on a Friday")
    house.types(LEAD, "update v1.2")
    house.presses(APPROVER, "Confirm")
    house.types(LEAD, "update", refused="update_under_way")
    assert "I am still" in _built(house, "FAILED")
    house.presses(DEPLOYER, "Update again", refused="not_allowed")
    house.presses(LEAD, "Update again")
    code = house.code()
    house.let(301)
    house.types(APPROVER, f"confirm {code}", refused="expired")
    house.types(LEAD, "update")
    house.presses(APPROVER, "Confirm")
    assert "I am updated" in _built(house, "SUCCEEDED")
    assert "whole" in house.types(LEAD, "audit updates")
    house.product.installed = Installed()
    house.product.kill("edge")
    house.types(LEAD, "update", refused="no_pipeline")


def _built(house: House, status: str) -> str:
    """The newest build ends; what the channel shows then."""
    newest = next(reversed(house.account.codebuild.builds))
    house.account.codebuild.end(newest, status, "make deploy: exit status 2")
    house.pipeline(newest)
    return house.channel()
