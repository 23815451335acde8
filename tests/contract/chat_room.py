"""The edge over fakes of everything but chat, before a chat service: what the suite of doors looks at."""

import json
from collections.abc import Callable, Mapping
from functools import partial

from chalicelib.edge import Edge
from chalicelib.usecases import ci, visiting
from chalicelib.usecases.chat_ports import Field, Form, Option
from chalicelib.wire.receiver import Act, Answer
from tests.builders import GUEST
from tests.contract.chat_worlds import Sent, World
from tests.unit.usecases.desk import Desk

FORM = Form(
    "lock",
    "Lock",
    "Lock",
    (
        Field("who", "Who", people=True),
        Field("long", "How long", (Option("2h", "2 hours"),)),
        Field("reason", "Reason"),
    ),
    about="cameras production",
)


class Room:
    """The edge over fakes of everything but chat."""

    def __init__(self, world: World) -> None:
        self.world, self.desk = world, Desk()
        self.edge = self.made()

    def made(self, secrets: Callable[[], Mapping[str, object]] | None = None, **others: object) -> Edge:
        """An edge with some of its parts changed."""
        desk, world = self.desk, self.world
        parts = {
            "region": "us-east-1",
            "secrets": secrets or (lambda: world.secrets),
            "chatops": desk.chatops,
            "report": partial(ci.take, desk.store, desk.workflow, desk.clock),
            "receiver": world.receiver,
            "replies": world.replies,
            "views": world.views,
            "visited": partial(visiting.note, desk.store, desk.clock),
            "clock": desk.clock,
        }
        return Edge(**{**parts, **others})  # type: ignore[arg-type] # of the types that it takes

    def send(self, sent: Sent) -> Answer:
        """The service sends it, and shows what the answer says."""
        answer = self.edge.chat(sent.door, sent.headers, sent.body)
        if answer.status == 200:
            self.world.take(sent, answer)
        return answer

    def said(self, sent: Sent) -> str:
        """What only the one who did it reads then."""
        before = len(self.world.told())
        assert self.send(sent).status == 200
        (told,) = self.world.told()[before:]
        return told[0]

    def closed(self, sent: Sent) -> tuple[int, str]:
        """Status and code of a request that must not even be looked at."""
        self.desk.store.calls.clear()
        answer = self.edge.chat(sent.door, sent.headers, sent.body)
        assert self.desk.store.calls == []
        assert self.world.told() == []
        return answer.status, str(json.loads(answer.body)["error"])


def acts(world: World) -> list[Sent]:
    """One request of each kind."""
    world.views.open(world.trigger(), FORM, within=2)
    filled = world.filled({"who": GUEST.user, "long": "2h", "reason": "a b"})
    return [world.typed("status"), world.pressed("status", ""), filled, world.came_home()]


def read(world: World, sent: Sent) -> Act | Answer:
    """What the receiver makes of it."""
    return world.receiver.read(sent.door, sent.headers, sent.body)
