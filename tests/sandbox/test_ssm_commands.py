"""Run Command's rate control and statuses, with agents that do what the test says and no clock."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest

from sandbox.estate.agent import HostGone, StepResult
from sandbox.estate.commands import Command, Invocation, Node, limit
from tests.sandbox.estate_harness import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.estate.documents import Step


@dataclass
class ScriptedAgent:
    """Ends as told, when told."""

    ending: str = "Success"
    go: threading.Event = field(default_factory=threading.Event)
    running: bool = False

    def run(self, command_id: str, steps: list[Step]) -> Iterator[StepResult]:
        """Wait for the word, then end."""
        del command_id, steps
        self.running = True
        self.go.wait(10)
        if self.ending == "Gone":
            raise HostGone("gone")
        yield StepResult("run", "aws:runShellScript", status=self.ending)


def command(
    agents: list[ScriptedAgent],
    *,
    concurrency: int = 50,
    most_errors: int = 0,
    online: bool = True,
    timeout: float = 30,
) -> Command:
    nodes = [Node(f"i-{number}", agent, lambda: online) for number, agent in enumerate(agents)]
    return Command(
        request={"DocumentName": "x"},
        steps=[],
        invocations=[Invocation(node) for node in nodes],
        concurrency=concurrency,
        most_errors=most_errors,
        timeout=timeout,
    )


def ended(*endings: str, concurrency: int = 50, most_errors: int = 0) -> Command:
    """A command whose hosts end like this at once, in this order where one runs at a time."""
    agents = [ScriptedAgent(ending) for ending in endings]
    for agent in agents:
        agent.go.set()
    sent = command(agents, concurrency=concurrency, most_errors=most_errors)
    sent.start()
    assert sent.wait(10)
    return sent


def _running(agents: list[ScriptedAgent], number: int) -> bool:
    return sum(agent.running for agent in agents) == number


def details(sent: Command) -> list[str]:
    return [each.details for each in sent.invocations]


def test_no_more_hosts_than_allowed_run_at_once() -> None:
    """MaxConcurrency is "the maximum number of managed nodes that are allowed to run the command at the same time" (SSM
    API reference, SendCommand)."""
    agents = [ScriptedAgent() for _ in range(5)]
    sent = command(agents, concurrency=2)
    sent.start()
    for running in (2, 3, 4, 5, 5):
        eventually(partial(_running, agents, running))
        next(agent for agent in agents if agent.running and not agent.go.is_set()).go.set()
    assert sent.wait(10)
    assert sent.status == "Success"


def test_after_too_many_errors_no_other_host_gets_the_command() -> None:
    """MaxErrors: "When the command fails one more time beyond the value of MaxErrors, the systems stops sending the
    command to additional targets" (SSM API reference); those are Terminated (user guide, command statuses)."""
    sent = ended("Success", "Failed", "Failed", "Success", concurrency=1, most_errors=1)
    assert details(sent) == ["Success", "Failed", "Failed", "Terminated"]
    assert (sent.status, sent.details) == ("Failed", "Failed")
    assert sent.invocations[3].status == "Cancelled"


def test_hosts_that_run_already_are_left_to_end() -> None:
    """The limit stops sending; what was sent before goes on to its own end."""
    agents = [ScriptedAgent("Failed"), ScriptedAgent("Success")]
    sent = command(agents)
    sent.start()
    eventually(lambda: all(agent.running for agent in agents))
    agents[0].go.set()
    eventually(lambda: details(sent)[0] == "Failed")
    agents[1].go.set()
    assert sent.wait(10)
    assert details(sent) == ["Failed", "Success"]


def test_fewer_errors_than_allowed_leave_the_command_incomplete() -> None:
    """Incomplete: "one or more invocations doesn't have a value of Success but not enough invocations failed for the
    status to be Failed" (SSM API reference, Command)."""
    assert ended("Success", "Failed", most_errors=1).details == "Incomplete"


def test_an_execution_timeout_counts_as_an_error() -> None:
    """The rule: "Execution timeouts count against the MaxErrors limit of the parent command" (SSM API reference)."""
    sent = ended("TimedOut", "Success", concurrency=1)
    assert details(sent) == ["ExecutionTimedOut", "Terminated"]
    assert (sent.status, sent.details) == ("TimedOut", "ExecutionTimedOut")


def test_a_command_that_could_not_be_delivered_in_time_does_not_run() -> None:
    """TimeoutSeconds: "If this time is reached and the command hasn't already started running, it won't run" (SSM API
    reference); such "delivery timeouts don't count against the parent command's MaxErrors limit"."""
    agents = [ScriptedAgent()]
    sent = command(agents, online=False, timeout=0)
    sent.start()
    assert sent.wait(10)
    assert (sent.status, sent.details, sent.errors) == ("TimedOut", "DeliveryTimedOut", 0)
    assert not agents[0].running


def test_a_host_that_ends_meanwhile_is_undeliverable() -> None:
    """Undeliverable: "The managed node might not exist or might not be responding. Undeliverable invocations don't
    count against the parent command's MaxErrors limit" (SSM API reference)."""
    sent = ended("Gone")
    assert (details(sent), sent.errors) == (["Undeliverable"], 0)


def test_canceling_stops_what_has_not_started() -> None:
    """CancelCommand: "There is no guarantee that the command will be terminated and the underlying process stopped"
    (SSM API reference); what runs ends by itself."""
    agents = [ScriptedAgent(), ScriptedAgent()]
    sent = command(agents, concurrency=1)
    sent.start()
    eventually(lambda: agents[0].running)
    sent.cancel()
    agents[0].go.set()
    assert sent.wait(10)
    assert details(sent) == ["Success", "Cancelled"]
    assert sent.status == "Cancelled"


def test_a_command_without_hosts_has_nothing_to_do() -> None:
    """No Instances In Tag: "the tag key-pair value targeted by the command doesn't match any managed nodes. This is a
    terminal state" (user guide, command statuses); the status that goes with it is Success."""
    sent = command([])
    assert (sent.status, sent.details) == ("Success", "NoInstancesInTag")


@pytest.mark.parametrize(
    ("text", "total", "result"), [("3", 10, 3), ("100%", 7, 7), ("10%", 5, 1), ("50%", 3, 2), ("0", 9, 1)]
)
def test_limits_are_numbers_or_percentages(text: str, total: int, result: int) -> None:
    """MaxConcurrency: "You can specify a number such as 10 or a percentage such as 10%" (SSM API reference)."""
    assert limit(text, total, least=1) == result
