"""A release as `pointsman push` reports it: through the door, into the table, and in a line."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.chat_ports import Message
from chalicelib.usecases.release_texts import extent, release_message
from chalicelib.wire.slack_message import blocks_of
from sandbox.front.blocks import check_blocks
from tests.builders import raw_config
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FakeClock
from tests.fakes.lines import FakeLines, FakeWakes
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
    """A build of something without hosts would be deployed onto nothing."""
    answer = door.report(service="web")
    assert (answer.status, json.loads(answer.body)["error"]) == (400, "bad_body")
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


class Channel:
    """Chat, and what announces there."""

    def __init__(self, door: Door) -> None:
        self.store, clock = door.desk.store, FakeClock()
        self.chat = FakeChat(clock)
        self.announcer = Announcer(self.store, self.chat, clock, FakeLines(), FakeWakes(clock))

    def shown(self) -> list[Message]:
        """What stands there after everything that changed was heard of, twice."""
        news = [each for each in self.store.changed if isinstance(each, tuple) and each[0] == "web"]
        for _ in range(2):
            self.announcer.builds(news)
        return [each.message for each in self.chat.shown.values()]


def test_a_release_that_was_pushed_is_announced_once(door: Door) -> None:
    """In the team's channel: what it is, what is different, and a button for each environment, the one that it was
    meant for first."""
    report(door)
    report(door)
    (message,) = Channel(door).shown()
    said = "\n".join((*message.lines, *message.notes))
    assert "Release *web_2026-11-22_14-05* of *web* (version `7`) was pushed: 3 files, 7.0 kB." in said
    assert "Since `web_2026-11-21_09-00`: 1 added, 1 changed." in said
    assert "Nothing is shown to visitors until somebody enables it. It was pushed for production." in said
    assert "`abc1234` · reported by jenkins" in said
    assert [(each.verb, each.label, each.value) for each in message.actions] == [
        ("deploy", "Enable in production", f"web@{TAG} to production"),
        ("deploy", "Enable in staging", f"web@{TAG} to staging"),
    ]
    assert check_blocks(blocks_of(message)) == []


def test_the_announcement_follows_for_whom_a_release_is_meant(door: Door) -> None:
    """The same message; nobody is told twice."""
    channel = Channel(door)
    report(door)
    channel.shown()
    report(door, "release_2", environment="staging")
    (message,) = channel.shown()
    assert "It was pushed for production and staging." in message.lines[1]


def test_a_release_that_nobody_heard_of_before_it_was_cleaned_up_is_not_announced(door: Door) -> None:
    """A message that is there follows it; a new one would be about nothing."""
    report(door)
    found = door.desk.store.release("web", TAG)
    assert found is not None
    door.desk.store.put(replace(found, cleaned_at=1.0))
    assert Channel(door).shown() == []
    door.desk.store.put(found)
    channel = Channel(door)
    channel.shown()
    door.desk.store.put(replace(found, cleaned_at=1.0))
    (message,) = channel.shown()
    assert "It was cleaned up since" in message.lines[1]


def test_a_first_release_has_none_before_it() -> None:
    """Nothing is said to be different from nothing."""
    release = Release("web", TAG, "a" * 64, ci("jenkins"), 1.0, 1, 900, 1)
    message = release_message(release, ())
    assert message.lines == (
        f"📦 Release *{TAG}* of *web* was pushed: 1 file, 900 bytes.",
        "It is the first one. Nothing is shown to visitors until somebody enables it.",
    )
    assert message.actions == ()


def test_a_release_like_the_one_before_says_so() -> None:
    """Another manifest may have other headers only."""
    release = Release("web", TAG, "a" * 64, ci("jenkins"), 1.0, 3, 7_200_000, before="web_2026-11-21_09-00")
    assert "no file is different" in release_message(release, ("production",)).lines[1]
    assert extent(release) == "3 files, 7.2 MB"
