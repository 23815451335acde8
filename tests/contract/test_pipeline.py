"""The port Pipeline: its fake, and CodeBuild's JSON as the service in memory speaks it."""

from typing import Protocol

import pytest

from chalicelib.adapters.aws_json import AwsError
from chalicelib.adapters.codebuild import CodeBuildPipeline
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.update_ports import Building, Pipeline
from tests.fakes.clock import FakeClock
from tests.fakes.pipeline import FakePipeline
from tests.faults.memory.codebuild import PROJECT, MemoryCodeBuild
from tests.faults.memory.json_client import MemoryClient
from tests.faults.wire import Wire

HEAD = "d" * 40


class World(Protocol):
    """A pipeline, and what happens to its builds."""

    pipeline: Pipeline

    def push(self) -> str:
        """A push begins a build."""

    def end(self, build: str, why: str = "") -> None:
        """A build succeeds, or fails and says why."""

    def refuse(self, said: str) -> None:
        """No build is taken any more."""


class Fake:
    """In memory."""

    def __init__(self) -> None:
        self._fake = FakePipeline(HEAD)
        self.pipeline: Pipeline = self._fake
        self.push = self._fake.push
        self.end = self._fake.end

    def refuse(self, said: str) -> None:
        """In whatever words."""
        self._fake.refuses = said


class OnCodeBuild:
    """The adapter over the service in memory."""

    def __init__(self) -> None:
        self.clock, self.service = FakeClock(), MemoryCodeBuild(FakeClock().now)
        self.service.head = HEAD
        self.pipeline: Pipeline = CodeBuildPipeline(
            MemoryClient("codebuild", self.service.answer, Wire()), PROJECT
        )

    def push(self) -> str:
        """By the webhook."""
        return self.service.push(HEAD)

    def end(self, build: str, why: str = "") -> None:
        """With what the phase says."""
        self.service.end(build, "FAILED" if why else "SUCCEEDED", why)

    def refuse(self, said: str) -> None:
        """As for a version that is none."""
        self.service.refuses = said


@pytest.fixture(params=[Fake, OnCodeBuild])
def world(request: pytest.FixtureRequest) -> World:
    """Each in turn."""
    made: World = request.param()
    return made


def test_a_build_is_known_by_what_it_was_started_for(world: World) -> None:
    """And says what it builds, and where its log is."""
    identifier = world.pipeline.start("update-K7Q2F", "")
    seen = world.pipeline.build(identifier)
    assert (seen.id, seen.building, seen.update, seen.revision) == (
        identifier,
        Building.RUNNING,
        "update-K7Q2F",
        HEAD,
    )
    assert seen.log.startswith("https://")


def test_what_was_named_is_built(world: World) -> None:
    """Else the newest."""
    assert world.pipeline.build(world.pipeline.start("update-1", "v1.2")).revision == "v1.2"


def test_a_second_start_finds_the_first(world: World) -> None:
    """Its reply may have been lost."""
    assert world.pipeline.start("update-1", "") == world.pipeline.start("update-1", "")
    assert world.pipeline.start("update-2", "") != world.pipeline.start("update-1", "")


def test_a_push_is_no_update_that_was_asked_for(world: World) -> None:
    """It belongs to nobody's question."""
    assert world.pipeline.build(world.push()).update == ""


def test_how_builds_end(world: World) -> None:
    """Well, or with a reason."""
    well, badly = world.pipeline.start("update-1", ""), world.pipeline.start("update-2", "")
    world.end(well)
    world.end(badly, "make deploy: exit status 2")
    assert world.pipeline.build(well).building is Building.SUCCEEDED
    failed = world.pipeline.build(badly)
    assert failed.building is Building.FAILED
    assert "make deploy: exit status 2" in failed.why


def test_what_is_refused_is_said(world: World) -> None:
    """No such version, no such project."""
    world.refuse("no such version")
    with pytest.raises(Refused) as caught:
        world.pipeline.start("update-1", "v9")
    assert caught.value.reason is Reason.PIPELINE_REFUSED
    assert "no such version" in caught.value.text


def test_an_unknown_build_is_refused(world: World) -> None:
    """It may be another project's."""
    with pytest.raises(Refused):
        world.pipeline.build("payroll:1")


def test_a_build_that_has_not_fetched_its_source_says_what_it_will_build() -> None:
    """The commit that was pushed: its name is told when the build begins."""
    world = OnCodeBuild()
    identifier = world.push()
    build = world.service.builds[identifier]
    build["sourceVersion"] = build.pop("resolvedSourceVersion")
    assert world.pipeline.build(identifier).revision == HEAD


def test_as_many_builds_as_may_run_are_no_refusal() -> None:
    """The same call is made again a little later."""

    def busy(*_: object) -> dict[str, object]:
        raise AwsError("AccountLimitExceededException", "Cannot have more than 1 builds in queue", {})

    pipeline = CodeBuildPipeline(MemoryClient("codebuild", busy, Wire()), PROJECT)
    with pytest.raises(Unavailable):
        pipeline.start("update-1", "")


@pytest.mark.parametrize("status", ["FAULT", "TIMED_OUT", "STOPPED"])
def test_every_other_end_is_a_failure(status: str) -> None:
    """StatusType of the API reference."""
    world = OnCodeBuild()
    identifier = world.pipeline.start("update-1", "")
    world.service.end(identifier, status)
    assert world.pipeline.build(identifier).building is Building.FAILED
