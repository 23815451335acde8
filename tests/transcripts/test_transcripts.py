"""Each story reads as it was read aloud once: a change of any text shows here, and is read aloud again."""

import os
from pathlib import Path

import pytest

from tests.faults.acts import Flow
from tests.faults.flows import FLOWS
from tests.faults.run import Run
from tests.transcripts import couples
from tests.transcripts.frontends import STORIES, Story, Told
from tests.transcripts.journal import told
from tests.transcripts.servers import LOOKED
from tests.transcripts.servers import Told as Looked

GOLDEN = Path(__file__).parent / "golden"
REWRITE = "REWRITE_TRANSCRIPTS"


def transcript(flow: Flow) -> str:
    """A flow in which nothing fails that the flow does not name."""
    run = Run(**flow.settings)
    for act in flow.acts:
        act.perform(run)
    return told(flow.name, run.account.slack.journal)


def frontend_transcript(story: Story) -> str:
    """The same of a frontend's release, over fakes."""
    told_by = Told(pointed=story.pointed)
    story.happens(told_by)
    assert told_by.chat is not None
    return told(story.name, told_by.chat.journal)


def _file(name: str) -> str:
    return f"{name.replace(' ', '-').replace(',', '')}.md"


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_story_reads_as_agreed(flow: Flow) -> None:
    """Word for word; `REWRITE_TRANSCRIPTS=1` writes what it is now, to be read before it is committed."""
    assert_agreed(flow.name, transcript(flow))


def assert_agreed(name: str, said: str) -> None:
    """What is said is what was agreed under a name."""
    golden = GOLDEN / _file(name)
    if os.environ.get(REWRITE):
        golden.write_text(said, encoding="utf-8")
    assert golden.is_file(), f"{REWRITE}=1 writes it"
    assert said == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_of_a_frontend_reads_as_agreed(story: Story) -> None:
    """As those of servers."""
    assert_agreed(story.name, frontend_transcript(story))


@pytest.mark.parametrize("story", LOOKED, ids=lambda story: story.name)
def test_what_people_look_at_reads_as_agreed(story: Looked) -> None:
    """As those of servers."""
    assert_agreed(story.name, told(story.name, story.house().account.slack.journal))


@pytest.mark.parametrize("story", couples.STORIES, ids=lambda story: story.name)
def test_a_story_of_two_that_go_together_reads_as_agreed(story: couples.Story) -> None:
    """As those of each alone."""
    told_by = couples.ToldTogether(first=story.first)
    story.happens(told_by)
    assert told_by.chat is not None
    assert_agreed(story.name, told(story.name, told_by.chat.journal))


def test_every_golden_transcript_has_its_story() -> None:
    """None is left of a story that is not told any more."""
    names = [
        *(each.name for each in FLOWS),
        *(each.name for each in STORIES),
        *(each.name for each in LOOKED),
        *(each.name for each in couples.STORIES),
    ]
    assert {path.name for path in GOLDEN.iterdir()} == set(map(_file, names))
