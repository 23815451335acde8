"""The same door for a team with a frontend: the release machine over fakes, behind signed requests."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.edge import Edge
from chalicelib.usecases import ci, visiting
from chalicelib.wire.slack_message import reply_of
from chalicelib.wire.slack_receiver import SlackReceiver
from tests.fakes.chat import FakeViews
from tests.spoken.house import CODE, Use, buttons_in, is_about_one, word_of
from tests.transcripts.couples import ToldTogether
from tests.transcripts.frontends import Told
from tests.unit.door import CI_SECRET, SLACK_SECRET, Door

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.people import Actor
    from chalicelib.usecases.chat_ports import Reply
    from chalicelib.wire.receiver import Answer
    from tests.spoken.house import Block


class Whispers:
    """What only the clicker sees, as Slack would draw it."""

    def __init__(self) -> None:
        self.last: Block = {}

    def whisper(
        self,
        address: str,  # noqa: ARG002 - one person at a time
        reply: Reply,
        *,
        within: float,  # noqa: ARG002 - nothing takes time
        instead: bool = False,  # noqa: ARG002 - only the last is looked at
    ) -> None:
        """Keep it."""
        self.last = reply_of(reply)


class Site:
    """Release A is live; people act as in a House, and what they do is kept in the same way."""

    def __init__(self) -> None:
        self.told = self._begins()
        self.uses: list[Use] = []
        self._whispers = Whispers()
        self._door = Door()
        self._door.edge = self._edge()
        self._answers: dict[Actor, Block] = {}

    def types(self, by: Actor, text: str, *, refused: str = "") -> str:
        """Somebody types after `/deploy`; what only they read then."""
        return self._did(by, lambda: self._door.type(text, by.user), Use("typed", word_of(text), "", refused))

    def presses(self, by: Actor, label: str, *, refused: str = "") -> str:
        """Somebody presses the newest button of this label that they see."""
        verb, value = self._button(by, label)
        return self._did(
            by, lambda: self._door.click(verb, value, by.user), Use("pressed", verb, label, refused)
        )

    def _begins(self) -> Any:
        return Told()

    def _edge(self) -> Edge:
        """Signatures are as old as the door's own clock, which stands still."""
        told = self.told
        return Edge(
            region="us-east-1",
            secrets=lambda: {"slack_signing": [SLACK_SECRET], "ci": {"jenkins": [CI_SECRET]}},
            chatops=told.chatops,
            report=partial(ci.take, told.store, told.workflow, told.clock),
            receiver=SlackReceiver(),
            replies=self._whispers,
            views=FakeViews(),
            visited=partial(visiting.note, told.store, told.clock),
            clock=self._door.desk.clock,
        )

    def _did(self, by: Actor, act: Callable[[], Answer], use: Use) -> str:
        self._whispers.last = {}
        answer = act()
        seen = json.loads(answer.body) if answer.body else self._whispers.last
        self._answers[by] = seen
        self.told.goes_on()
        said = str(seen.get("text", ""))
        code = next(iter(CODE.findall(said)), "")
        assert code == use.refused, f"{use}: {said}"
        self.uses.append(use)
        return said

    def _button(self, by: Actor, label: str) -> tuple[str, str]:
        for button in buttons_in(self._answers.get(by, {}).get("blocks", ())):
            if button["text"]["text"] == label:
                assert is_about_one(button), button
                return button["action_id"].partition(":")[0], button.get("value", "")
        found: tuple[str, str] = self.told.button(label)
        return found


class Pair(Site):
    """The same with servers that the frontend goes with: 141 and A are live."""

    def _begins(self) -> Any:
        return ToldTogether()
