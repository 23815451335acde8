"""The mirror of a fleet, its digest and its price."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import Refused
from chalicelib.domain.plan import CLIENT_TOKEN_LIMIT, difference, mirror
from chalicelib.domain.reasons import Reason
from tests.builders import instance, live_fleet, plan, route, settings, spec


def test_the_mirror_has_the_roles_and_counts_of_the_live_fleet() -> None:
    """Three control hosts and two recorders become the same again."""
    made = plan()
    assert (made.count("control"), made.count("recorder"), made.size) == (3, 2, 5)
    assert made.roles == ("control", "recorder")


@given(st.lists(st.sampled_from(["subnet-1", "subnet-2", "subnet-3"]), min_size=1, max_size=60))
def test_launch_groups_depend_on_kinds_of_hosts_not_on_their_number(subnets: list[str]) -> None:
    """One RunInstances for each kind of host, and every host is in exactly one group."""
    fleet = [instance(number, spec=spec(subnet=subnet)) for number, subnet in enumerate(subnets)]
    fleet += [instance(900, "recorder")]
    made = mirror(settings(), fleet, [route()], version="1", sha256="")
    assert made.size == len(fleet)
    assert len(made.groups) == len(set(subnets)) + 1


def test_a_role_without_live_instances_is_refused() -> None:
    """There is nothing to mirror, and a fleet without a role would be incomplete."""
    controls = [each for each in live_fleet() if each.role == "control"]
    with pytest.raises(Refused) as refused:
        mirror(settings(), controls, [route()], version="1", sha256="")
    assert refused.value.reason is Reason.NO_INSTANCES
    assert "recorder" in refused.value.text


def test_mixed_images_are_refused_unless_accepted() -> None:
    """A fleet of mixed images is drift that somebody has to accept."""
    fleet = [*live_fleet(), instance(9, spec=spec(image="ami-2"))]
    with pytest.raises(Refused) as refused:
        mirror(settings(), fleet, [route()], version="1", sha256="")
    assert refused.value.reason is Reason.MIXED_IMAGES
    accepted = mirror(settings(mixed_images="accept"), fleet, [route()], version="1", sha256="")
    assert accepted.size == 6


def test_the_digest_covers_what_is_approved_and_not_the_price() -> None:
    """Another release, host, image or target group is another digest; another price is not."""
    made = plan()
    assert replace(made, usd_per_hour=99.0).digest == made.digest
    others = [
        replace(made, version="143"),
        replace(made, sha256="cd" * 32),
        replace(made, old=made.old[1:]),
        replace(made, routes=(route(new_group="arn:other"),)),
        replace(made, groups=made.groups[1:]),
    ]
    assert len({each.digest for each in (made, *others)}) == 6


def test_the_client_token_is_the_same_for_a_retry_and_another_for_another_deployment() -> None:
    """EC2 launches once for a token, and a token has 64 characters at most."""
    group = plan().groups[0]
    assert group.client_token("a") == group.client_token("a")
    assert group.client_token("a") != group.client_token("b")
    assert len(group.client_token("a")) <= CLIENT_TOKEN_LIMIT


def test_the_price_is_that_of_the_second_fleet() -> None:
    """Three of one type and two of another, by the hour; a type without a price makes it unknown."""
    assert plan().usd_per_hour == pytest.approx(0.08)
    fleet = [*live_fleet(), instance(9, spec=spec(instance_type="x9.huge"))]
    assert mirror(settings(), fleet, [route()], version="1", sha256="").usd_per_hour is None


def test_a_difference_names_who_came_and_who_left() -> None:
    """What changed since the approval is told in words."""
    approved = plan()
    fleet = [*live_fleet()[1:], instance(7)]
    now = mirror(settings(), fleet, [route()], version="142", sha256=approved.sha256, old_version="141")
    assert difference(approved, approved) == ""
    assert "i-001 left" in difference(approved, now)
    assert "i-007 joined" in difference(approved, now)
