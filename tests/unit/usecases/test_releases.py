"""A release as `pointsman push` reports it: through the door, into the table, and in a line."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.deployment import Machine
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.usecases.releases import said
from tests.builders import raw_config
from tests.unit.door import Door

TAG = "web_2026-11-22_14-05"
DATA = {
    "service": "web",
    "tag": TAG,
    "manifest": "a" * 64,
    "files": 3,
    "bytes": 7_000,
    "added": 1,
    "changed": 1,
    "removed": 0,
    "before": "web_2026-11-21_09-00",
    "version": "7",
    "commit": "ABC1234",
    "environment": "production",
}
WEB = {
    "kind": "frontend",
    "bucket": "example-releases",
    "keep": 10,
    "pages": ["*.html"],
    "cache": [],
    "environments": {"production": {"switch": "weighted"}, "staging": {"switch": "weighted"}},
}


@pytest.fixture
def door() -> Door:
    """A door of a team that has a frontend, which the source `jenkins` may report."""
    made = Door()
    raw = raw_config()
    raw["services"]["web"] = WEB
    raw["ci"]["jenkins"]["services"].append("web")
    made.desk.store.publish(raw)
    return made


def report(door: Door, event: str = "release_1", **changes: Any) -> tuple[int, str]:
    """The status and the code of the answer."""
    data = {name: value for name, value in {**DATA, **changes}.items() if value is not None}
    body = json.dumps({"type": "release.pushed", "data": data}).encode()
    answer = door.edge.build("jenkins", *door.hook(body, event))
    content = json.loads(answer.body)
    return answer.status, str(content.get("error") or content["status"])


def test_a_release_is_kept(door: Door) -> None:
    """With who reported it and when."""
    assert report(door) == (202, "accepted")
    found = door.desk.store.release("web", TAG)
    assert found is not None
    assert (found.manifest, found.files, found.bytes, found.commit) == ("a" * 64, 3, 7_000, "abc1234")
    assert (found.reported_by, found.environments) == (ci("jenkins"), ("production",))
    assert door.desk.store.releases("web") == (found,)


def test_a_report_that_comes_twice_is_one(door: Door) -> None:
    """As with builds."""
    assert [report(door), report(door)] == [(202, "accepted"), (200, "duplicate")]


def test_a_release_may_be_meant_for_more_than_one_environment(door: Door) -> None:
    """The second report adds its own and changes nothing else."""
    report(door)
    assert report(door, "release_2", environment="staging", files=9) == (202, "accepted")
    found = door.desk.store.release("web", TAG)
    assert found is not None
    assert (found.environments, found.files) == (("production", "staging"), 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"tag": "shop_2026-11-22_14-05"},
        {"tag": "web_2026-11-22_14-05-0"},
        {"tag": None},
        {"manifest": "A" * 64},
        {"files": -1},
        {"files": True},
        {"bytes": 10**15},
        {"added": "1"},
        {"environment": "prod"},
        {"version": "1; rm"},
        {"before": "`x`"},
        {"service": "cameras", "tag": "cameras_2026-11-22_14-05"},
    ],
)
def test_what_does_not_fit_is_refused(door: Door, changes: dict[str, Any]) -> None:
    """Nothing is written: a form that is not allowed, another service's tag, servers, an unknown environment."""
    assert report(door, **changes) == (400, "bad_body")
    assert door.desk.store.releases("web") == ()


def test_another_manifest_under_the_same_tag_is_refused(door: Door) -> None:
    """What people have seen announced stays what it is."""
    report(door)
    assert report(door, "release_2", manifest="b" * 64) == (400, "bad_body")
    found = door.desk.store.release("web", TAG)
    assert found is not None
    assert found.manifest == "a" * 64


def test_a_frontend_has_no_builds(door: Door) -> None:
    """A build of something without hosts would be deployed onto nothing; without its machine no release is either."""
    door.desk.workflow.installed = {Machine.DEPLOY}
    answer = door.report(service="web")
    assert (answer.status, json.loads(answer.body)["error"]) == (400, "bad_body")
    report(door)
    for text in ("web to production", f"web@{TAG} to production"):
        assert json.loads(door.type(text).body)["text"].endswith("(`no_releases_yet`)")
    assert door.desk.workflow.started == []


@pytest.mark.parametrize(("after", "again"), [(False, (202, "accepted")), (True, (200, "duplicate"))])
def test_a_report_that_met_trouble_is_taken_next_time(
    door: Door, *, after: bool, again: tuple[int, str]
) -> None:
    """The table was out of reach, or its reply was lost; the same delivery comes again, and the release is one."""
    door.desk.store.fail("commit", after=after)
    assert report(door) == (503, "unavailable")
    assert report(door) == again
    assert [each.revision for each in door.desk.store.releases("web")] == [1]


def test_a_source_reports_only_its_own_services(door: Door) -> None:
    """Signed or not."""
    raw = raw_config()
    raw["services"]["web"] = WEB
    door.desk.store.publish(raw)
    assert report(door) == (403, "unknown_source")


def test_a_release_in_a_line() -> None:
    """What is new in it, since which; a first one has no before."""
    release = Release("web", TAG, "a" * 64, ci("jenkins"), 1.0, 3, 7, 1, 2, 0, "web_2026-11-21_09-00", "7")
    assert said(release) == (
        "*web_2026-11-22_14-05* (version `7`): 3 files, 1 added, 2 changed, 0 removed since `web_2026-11-21_09-00`"
    )
    assert said(replace(release, files=1, before="", version="")) == (
        "*web_2026-11-22_14-05*: 1 file, 1 added, 2 changed, 0 removed"
    )
