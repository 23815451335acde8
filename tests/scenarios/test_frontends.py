"""A frontend in copy mode at the public door: enabled, gone back from, refused; whoever reads it misses nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from sandbox.stories import DEPLOYER, LEAD, LIVE, Teller, publish
from tests.scenarios.test_refusals import answer

if TYPE_CHECKING:
    from sandbox.house import House

STAGING = "staging"
KEPT = "stays ready to go back to until"


def on_staging(people: Teller, version: str) -> Teller:
    """A release that was pushed, about to be enabled."""
    return replace(publish(people, version), environment=STAGING)


def served(house: House) -> str:
    """The front page."""
    (address, *_) = house.website.addresses(STAGING)
    with urlopen(f"{address}/", timeout=5) as answered:  # noqa: S310 - the sandbox's own loopback address
        text: str = answered.read().decode()
    return text


def test_a_release_is_enabled_and_gone_back_from(people: Teller, house: House) -> None:
    """What differs is copied, the product looks at every page through the CDN, which forgets what it held, and one
    command goes back; nobody misses a file."""
    first = on_staging(people, "11")
    first.say(DEPLOYER, f"/deploy web to {STAGING}")
    first.wait(LIVE)
    house.website.wait_until_shown(STAGING)
    readers = house.website.read(STAGING)
    readers.wait(pages=20)
    second = on_staging(people, "12")
    assert first.version in answer(second, LEAD, "/deploy versions web")
    second.click(DEPLOYER, f"Enable in {STAGING}")
    second.wait(KEPT)
    assert "Version 12" in served(house)
    readers.wait(pages=50)
    second.say(LEAD, f"/deploy rollback web {STAGING}")
    second.wait(": rolled back")
    assert "Version 11" in served(house)
    readers.wait(pages=50)
    assert "rolled back" in answer(second, LEAD, f"/deploy history web {STAGING}")
    second.say(DEPLOYER, second.deploy_command)
    second.wait(KEPT)
    people.skip(11 * 60, "the window to go back ends")
    second.wait(": done")
    assert second.version in answer(second, LEAD, f"/deploy status web {STAGING}")
    readers.wait(pages=50)
    assert "window_closed" in answer(second, LEAD, f"/deploy rollback web {STAGING}")


def test_trouble_with_the_bucket_delays_a_release_and_nothing_else(people: Teller, house: House) -> None:
    """S3 refuses more calls than a client tries again, and the function dies between two pages: the machine goes on
    from there, and whoever reads the site meanwhile misses nothing."""
    first = on_staging(people, "31")
    first.say(DEPLOYER, first.deploy_command)
    first.wait(LIVE)
    house.website.wait_until_shown(STAGING)
    readers = house.website.read(STAGING)
    readers.wait(pages=20)
    second = on_staging(people, "32")
    house.trouble(refuse={"s3.CopyObject": 30, "s3.ListObjectsV2": 3}, die={"s3.CopyObject": 12})
    second.click(DEPLOYER, f"Enable in {STAGING}")
    second.wait(KEPT, seconds=120)
    met = house.trouble()
    assert met["refused"] >= 30
    assert met["killed"] == 1
    assert "Version 32" in served(house)
    readers.wait(pages=50)
    people.skip(11 * 60, "the window to go back ends")
    second.wait(": done")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/deploy web@web_2020-01-01_00-00 to staging", "unknown_release"),
        ("/deploy web@142 to staging", "unknown_release"),
        ("/deploy web to moon", "unknown_environment"),
        ("/deploy finish web staging", "not_ready"),
    ],
)
def test_what_can_not_be_done_with_a_frontend_is_refused(text: str, reason: str, people: Teller) -> None:
    """With the reason code, as everything else."""
    publish(people, "13")
    assert reason in answer(people, DEPLOYER, text)
