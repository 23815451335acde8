"""How people act in both rigs: they type, and everything goes on until it waits for people again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.commands import parse
from chalicelib.usecases.answering import Request
from tests.builders import DEPLOYER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.people import Actor
    from chalicelib.usecases.chatops import ChatOps
    from tests.machine.driver import Machine


class Talking:
    """A rig with people in it."""

    chatops: ChatOps
    machine: Machine
    _events: Iterator[str]

    def say(self, text: str, by: Actor = DEPLOYER, *, run: bool = True) -> str:
        """Somebody types this; then everything goes on until it waits for people again."""
        said = self.chatops.handle(Request(parse(text), by, next(self._events))).text
        if run:
            self.machine.run()
        return said
