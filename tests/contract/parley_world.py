"""Parley itself, in memory, and its adapter before it."""

import json
import re
from itertools import count
from typing import Any

from chalicelib.domain.people import Actor
from chalicelib.usecases.chat_ports import Chat, Message, Replies, Views
from chalicelib.wire.receiver import Answer, Receiver
from tests.builders import DEPLOYER, LEAD, NOW
from tests.contract.chat_worlds import CHANNEL, ELSEWHERE, Sent
from tests.contract.parley import ParleyChat, ParleyReceiver, ParleyReplies, ParleyViews, Said, mac, written

KEY = "parley-key"


class Parley:
    """The service: messages by number, dialogs by person, files, homes. `down`: no answer comes."""

    def __init__(self) -> None:
        self.down = False
        self.messages: dict[str, Said] = {}
        self.files: dict[str, bool] = {}
        self.homes: dict[str, Said] = {}
        self.tickets: set[str] = set()
        self.dialog: Said = {}
        self.told: list[tuple[str, bool]] = []
        self.numbers = count(1)

    def call(self, method: str, given: Said) -> Said:
        """One request."""
        if self.down:
            raise TimeoutError
        answer: Said = getattr(self, f"_{method}")(given)
        return answer

    def _post(self, given: Said) -> Said:
        if given["channel"] == ELSEWHERE:
            return {"error": "no channel"}
        number = str(next(self.numbers))
        self.messages[number] = {**given, "at": NOW}
        return {"number": number}

    def _find(self, given: Said) -> Said:
        same = ("channel", "thread", "label")
        for number, each in self.messages.items():
            if all(each[name] == given[name] for name in same) and each["at"] > given["since"]:
                return {"number": number}
        return {}

    def _update(self, given: Said) -> Said:
        if given["number"] not in self.messages:
            return {"error": "no message"}
        if not self.files.get(given["message"]["picture"], True):
            return {"error": "picture not shown"}
        self.messages[given["number"]]["message"] = given["message"]
        return {}

    def _file(self, given: Said) -> Said:
        self.files[given["words"]] = False
        return {"file": given["words"]}

    def _show_file(self, given: Said) -> Said:
        self.files[given["file"]] = True
        return {}

    def _home(self, given: Said) -> Said:
        if given["member"] != str(LEAD):
            return {"error": "no member"}
        self.homes[given["member"]] = given["parts"]
        return {}

    def _open(self, given: Said) -> Said:
        if given["ticket"] not in self.tickets:
            return {"error": "no ticket"}
        self.tickets.remove(given["ticket"])
        self.dialog = {**given["dialog"], "id": f"D{next(self.numbers)}"}
        return {}

    def _change(self, given: Said) -> Said:
        if self.dialog.get("id") != given["id"]:
            return {"error": "no dialog"}
        self.dialog = {**given["dialog"], "id": given["id"]}
        return {}

    def _whisper(self, given: Said) -> Said:
        self.told.append((given["text"], given["instead"]))
        return {}


class ParleyChannel:
    """The port Chat."""

    def __init__(self) -> None:
        self._parley = Parley()
        self.chat: Chat = ParleyChat(self._parley.call)

    def texts(self) -> dict[str, str]:
        return {number: each["message"]["summary"] for number, each in self._parley.messages.items()}

    def threads(self) -> dict[str, str]:
        return {number: each["thread"] for number, each in self._parley.messages.items() if each["thread"]}

    def chatter(self, number: int) -> None:
        for _ in range(number):
            line = {"message": {"summary": "lunch?"}, "channel": CHANNEL, "thread": "", "label": ""}
            self._parley.call("post", line)

    def delete(self, timestamp: str) -> None:
        del self._parley.messages[timestamp]

    def home(self, person: Actor) -> str:
        parts: Any = self._parley.homes.get(str(person), [{"text": ""}])
        return str(parts[0]["text"])

    def go_down(self) -> None:
        self._parley.down = True


class ParleyWorld:
    """All the rest."""

    def __init__(self) -> None:
        self.me = DEPLOYER
        self.secrets: dict[str, object] = {"parley": [KEY]}
        self._parley = Parley()
        self._wrong: dict[str, str] = {}
        self._by_number: dict[int, str] = {}
        self.receiver: Receiver = ParleyReceiver()
        self.views: Views = ParleyViews(self._parley.call)
        self.replies: Replies = ParleyReplies(self._parley.call)

    def typed(self, text: str, *, number: int = 1) -> Sent:
        return self._did("command", text=text, channel=CHANNEL, ticket=self._ticket(number))

    def pressed(self, verb: str, value: str, *, within: str = "", number: int = 1) -> Sent:
        return self._did("button", verb=verb, value=value, dialog=within, ticket=self._ticket(number))

    def filled(self, values: dict[str, str]) -> Sent:
        dialog = self._parley.dialog
        filled = {
            each["name"]: {"member": f"{self.me.workspace}/{values[each['name']]}"}
            if each["member"]
            else values[each["name"]]
            for each in dialog["asks"]
        }
        return self._did("dialog", id=dialog["id"], form=dialog["kind"], about=dialog["about"], filled=filled)

    def came_home(self) -> Sent:
        return self._did("home")

    def aside(self) -> list[Sent]:
        return [self._did("ping"), self._did("typing")]

    def garbled(self) -> list[Sent]:
        bodies = (
            b"",
            b"{}",
            b"\xff",
            b"[]",
            b'{"kind": "dance", "team": "T", "member": "M"}',
            b'{"kind": "home"}',
        )
        return [self._signed(body) for body in bodies]

    def changed(self, sent: Sent, body: bytes) -> Sent:  # noqa: ARG002 - there is one door
        return self._signed(body)

    def _did(self, kind: str, **more: object) -> Sent:
        who = {"team": self.me.workspace, "member": self.me.user, "address": self.address()}
        return self._signed(json.dumps({"kind": kind, **who, **more}).encode())

    def _signed(self, body: bytes) -> Sent:
        sent = f"{NOW:.0f}"
        return Sent("acts", {"X-Parley-Time": sent, "X-Parley-Mac": mac(KEY, sent, body)}, body)

    def _ticket(self, number: int) -> str:
        return self._by_number.setdefault(number, self.trigger())

    def picked(self, person: Actor) -> str:
        return f"@[{person}]"

    def take(self, sent: Sent, answer: Answer) -> None:  # noqa: ARG002 - all are shown alike
        given = json.loads(answer.body)
        self._wrong = given.get("wrong", {})
        if "only_you" in given:
            self._parley.told.append((given["only_you"], False))
        if "dialog" in given:
            self._parley.call("change", {"id": self.open_view(), "dialog": given["dialog"]})

    def told(self) -> list[tuple[str, bool]]:
        return self._parley.told

    def trigger(self) -> str:
        ticket = f"ticket-{next(self._parley.numbers)}"
        self._parley.tickets.add(ticket)
        return ticket

    def address(self) -> str:
        return "parley:told/1"

    def open_view(self) -> str:
        return str(self._parley.dialog.get("id", ""))

    def reads(self) -> str:
        return json.dumps(self._parley.dialog)

    def asks(self) -> list[str]:
        return [each["name"] for each in self._parley.dialog.get("asks", ())]

    def objections(self) -> dict[str, str]:
        return self._wrong

    def close(self) -> None:
        self._parley.dialog = {}

    def go_down(self) -> None:
        self._parley.down = True

    def mentions(self, message: Message) -> list[str]:
        return sorted(set(re.findall(r"@\[[^\]]*\]|<t:\d+>", json.dumps(written(message)))))
