"""Updates from their confirmation to their end: what a pipeline's builds come to, whatever is lost on the way."""

import pytest

from chalicelib.domain.errors import Conflict, Refused, Unavailable
from chalicelib.domain.people import SERVICE
from chalicelib.domain.roles import TEAM
from chalicelib.domain.updates import HEARD_SECONDS, UPDATES, Stage, Update, Updates
from chalicelib.usecases.update_messages import update_message
from chalicelib.usecases.update_ports import Installed
from chalicelib.usecases.updater import PUSH, Updater, give_up
from tests.builders import LEAD, NOW
from tests.fakes.clock import FakeClock
from tests.fakes.pipeline import FakePipeline
from tests.fakes.store import FakeStore

OLD, NEW = "c" * 40, "d" * 40


class Works:
    """An updater over fakes, and an update that was confirmed."""

    def __init__(self, stage: Stage | None = Stage.CONFIRMED) -> None:
        self.store, self.pipeline, self.clock = FakeStore(), FakePipeline(NEW), FakeClock()
        self.updater = Updater(self.store, self.pipeline, self.clock, Installed(OLD, updates=True))
        if stage is not None:
            update = Update("update-K7Q2F", LEAD, NOW, stage, NOW, deadline=NOW + 300, before=OLD)
            self.store.put(Updates((update,)))

    @property
    def update(self) -> Update:
        """The newest."""
        return self.store.updates().latest[0]

    def events(self) -> list[str]:
        """What its history says, oldest first."""
        lines = self.store.history(TEAM, UPDATES)[::-1]
        assert all(each.actor == SERVICE for each in lines)
        return [each.event for each in lines]


def test_what_was_confirmed_is_built_and_done() -> None:
    """From one revision to the next, with where its log is."""
    works = Works()
    works.updater.begin()
    build = works.update.build
    assert works.update.stage is Stage.BUILDING
    works.updater.heard(build)
    assert works.update.log == "https://log"
    works.pipeline.end(build)
    works.updater.heard(build)
    assert (works.update.stage, works.update.before, works.update.after) == (Stage.DONE, OLD, NEW)
    assert works.events() == ["update_building", "update_done"]


def test_nothing_was_newer() -> None:
    """The same revision again is no news, and reads so."""
    works = Works()
    works.pipeline.head = OLD
    works.updater.begin()
    works.pipeline.end(works.update.build)
    works.updater.heard(works.update.build)
    said = update_message(works.update, None, NOW).lines[0]
    assert said == "✅ There was nothing newer: I am `cccccccccc`, as before."


def test_a_build_that_fails_says_why() -> None:
    """And nothing is replaced."""
    works = Works()
    works.updater.begin()
    works.pipeline.end(works.update.build, "make deploy: exit status 2")
    works.updater.heard(works.update.build)
    assert (works.update.stage, works.update.why) == (Stage.FAILED, "make deploy: exit status 2")


def test_what_the_pipeline_refuses_is_over() -> None:
    """A project that is gone, say."""
    works = Works()
    works.pipeline.refuses = "Project cannot be found"
    works.updater.begin()
    assert works.update.stage is Stage.FAILED
    assert "Project cannot be found" in works.update.why


@pytest.mark.parametrize("stage", [Stage.ASKED, Stage.REJECTED, Stage.BUILDING, Stage.DONE, Stage.FAILED])
def test_nothing_else_is_begun(stage: Stage) -> None:
    """The stream tells of every change."""
    works = Works(stage)
    works.updater.begin()
    assert works.pipeline.called("start") == []


def test_called_twice_it_starts_one_build() -> None:
    """The stream brings its records again where what was written after the start is lost."""
    works = Works()
    works.store.fail("commit")
    with pytest.raises(Unavailable):
        works.updater.begin()
    works.updater.begin()
    works.updater.begin()
    assert len(works.pipeline.builds) == 1


def test_an_event_may_come_before_its_build_is_noted() -> None:
    """It is known by the name that it was started under."""
    works = Works()
    build = works.pipeline.start(works.update.id, "")
    works.pipeline.end(build)
    works.updater.heard(build)
    assert works.update.stage is Stage.DONE


def test_events_come_late_and_twice() -> None:
    """What is over stays as it ended."""
    works = Works()
    works.updater.begin()
    build = works.update.build
    works.pipeline.end(build)
    works.updater.heard(build)
    before = works.store.snapshot()
    works.updater.heard(build)
    assert works.store.table == before


def test_a_push_is_an_update_too() -> None:
    """Of the revision that ran to the one that was pushed."""
    works = Works(None)
    build = works.pipeline.push()
    works.updater.heard(build)
    assert (works.update.stage, works.update.requester, works.update.wanted) == (Stage.BUILDING, PUSH, NEW)
    works.pipeline.end(build)
    works.updater.heard(build)
    assert (works.update.before, works.update.after) == (OLD, NEW)
    assert len(works.store.updates().latest) == 1


def test_a_strange_build_is_refused() -> None:
    """Nothing is made up about it."""
    works = Works(None)
    with pytest.raises(Refused):
        works.updater.heard("pointsman-updates:gone")
    assert works.store.updates() == Updates()


def test_who_is_slower_comes_again() -> None:
    """Somebody else wrote in between."""
    works = Works()
    works.store.fail("commit", Conflict())
    with pytest.raises(Conflict):
        works.updater.begin()


def test_nothing_was_heard_for_an_hour() -> None:
    """An event may never come; the next update has not to wait for it forever."""
    works = Works()
    works.updater.begin()
    works.clock.advance(HEARD_SECONDS)
    assert give_up(works.store, works.clock) == 0
    works.clock.advance(1)
    assert give_up(works.store, works.clock) == 1
    assert works.update.stage is Stage.FAILED
    assert give_up(works.store, works.clock) == 0
