"""The chat services that the suites are run with; another one is added here, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.contract.chat_worlds import Channel, World
from tests.contract.parley_world import ParleyChannel, ParleyWorld
from tests.contract.slack_world import SlackChannel, SlackWorld
from tests.unit.adapters.loopback import serving

SERVICES = ("slack", "parley")


@contextmanager
def channel_of(service: str) -> Iterator[Channel]:
    """An empty channel."""
    if service == "parley":
        yield ParleyChannel()
        return
    with serving() as slack:
        yield SlackChannel(slack)


@contextmanager
def world_of(service: str) -> Iterator[World]:
    """Before somebody who did nothing yet."""
    if service == "parley":
        yield ParleyWorld()
        return
    with serving() as slack:
        yield SlackWorld(slack)
