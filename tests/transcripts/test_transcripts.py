"""Each story reads as it was read aloud once: a change of any text shows here, and is read aloud again."""

import os
from pathlib import Path

import pytest

from tests.faults.acts import Flow
from tests.faults.flows import FLOWS
from tests.faults.run import Run
from tests.transcripts.journal import told

GOLDEN = Path(__file__).parent / "golden"
REWRITE = "REWRITE_TRANSCRIPTS"


def transcript(flow: Flow) -> str:
    """A flow in which nothing fails that the flow does not name."""
    run = Run(**flow.settings)
    for act in flow.acts:
        act.perform(run)
    return told(flow.name, run.account.slack.journal)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_story_reads_as_agreed(flow: Flow) -> None:
    """Word for word; `REWRITE_TRANSCRIPTS=1` writes what it is now, to be read before it is committed."""
    golden = GOLDEN / f"{flow.name.replace(' ', '-').replace(',', '')}.md"
    said = transcript(flow)
    if os.environ.get(REWRITE):
        golden.write_text(said, encoding="utf-8")
    assert golden.is_file(), f"{REWRITE}=1 writes it"
    assert said == golden.read_text(encoding="utf-8")


def test_every_golden_transcript_has_its_story() -> None:
    """None is left of a story that is not told any more."""
    names = {f"{flow.name.replace(' ', '-').replace(',', '')}.md" for flow in FLOWS}
    assert {path.name for path in GOLDEN.iterdir()} == names
