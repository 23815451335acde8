"""What stands behind a managed node of SSM: a real host and its agent, or one that is only imagined."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from sandbox.estate.agent import Agent, StepResult
from sandbox.estate.link import alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.estate.commands import Runner
    from sandbox.estate.documents import Step
    from sandbox.platform.estate_port import Estate, Instance


class Nodes(Protocol):
    """How SSM reaches the hosts of instances."""

    def online(self, node: Instance) -> bool:
        """Whether the agent answers."""

    def agent(self, node: Instance) -> Runner:
        """What runs commands there."""


class RealNodes:
    """Hosts of this machine."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def online(self, node: Instance) -> bool:
        """Its init answers."""
        return alive(node.folder)

    def agent(self, node: Instance) -> Agent:
        """The agent that runs steps there."""
        return Agent(node.folder, self._endpoint)


class ImaginaryNodes:
    """Names without processes: every step succeeds after a moment. For hundreds of hosts on a small machine."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    def online(self, node: Instance) -> bool:
        """It was started and not stopped."""
        return self._estate.host_alive(node.instance_id)

    def agent(self, node: Instance) -> ImaginaryAgent:
        """One that does nothing well."""
        del node
        return ImaginaryAgent()


class ImaginaryAgent:
    """Says of each step that it succeeded."""

    def run(self, command_id: str, steps: list[Step]) -> Iterator[StepResult]:
        """Every step, at once."""
        del command_id
        for step in steps:
            done = StepResult(step.name, step.action, status="Success", code=0)
            done.finished = time.time()
            yield done
