"""The page for whoever is called: each alarm, each finding, each repair and each reason has its place there."""

import re
from pathlib import Path

import pytest

from chalicelib.domain.findings import Trouble
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.sweep_facts import Why

PAGE = Path("docs/operations.md").read_text()
TEMPLATE = Path("stepfunctions/resources.yaml").read_text()
ALARMS = re.findall(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm$", TEMPLATE, re.MULTILINE)
CODE = "".join(path.read_text() for path in sorted(Path("chalicelib").rglob("*.py")))
FAILURES = {Reason[name] for name in re.findall(r"StepFailed\(\s*Reason\.(\w+)", CODE)}
OF_STEPS = sorted({*list(Reason)[list(Reason).index(Reason.NO_INSTANCES) :], *FAILURES})
"""The reasons that a step can have; all others are refusals of requests, which say themselves what to do."""


def sections() -> list[str]:
    """The titles under the page's parts."""
    return re.findall(r"^### (.+)$", PAGE, re.MULTILINE)


def test_every_alarm_and_every_finding_has_a_section() -> None:
    """And every section is of one of them."""
    assert len(ALARMS) >= 5
    assert sorted(sections()) == sorted([*ALARMS, *Trouble])


def test_every_alarm_points_to_the_page() -> None:
    """Whoever gets the mail knows where to look."""
    told = re.findall(r"AlarmDescription: .*See docs/operations\.md\.", TEMPLATE)
    assert len(told) == len(ALARMS)


@pytest.mark.parametrize("reason", OF_STEPS)
def test_every_reason_of_a_step_is_explained(reason: Reason) -> None:
    """By the code that the message shows."""
    assert re.search(rf"^\| .*`{reason}`.* \|", PAGE, re.MULTILINE), reason


@pytest.mark.parametrize("why", Why)
def test_every_repair_is_explained(why: Why) -> None:
    """By the event that the history shows."""
    assert re.search(rf"^\| .*`{why}`.* \|", PAGE, re.MULTILINE), why


def test_every_link_within_the_page_leads_somewhere() -> None:
    """A heading that was renamed would leave it dangling."""
    headings = {
        re.sub(r"[^a-z0-9 _-]", "", each.lower()).replace(" ", "-")
        for each in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
