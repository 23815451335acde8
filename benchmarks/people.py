"""Four hundred people: each service has one who deploys and one who confirms, and each request is one of its own."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sandbox.front import requests, workspace
from sandbox.front.client import shown
from sandbox.light import ENVIRONMENT, NEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.light import LightHouse

Message = dict[str, Any]
ABOUT = re.compile(r"\b(s\d{3})@")
CODE = re.compile(r"/deploy confirm ([0-9A-Z]+)")
LONGEST = 29.0
"""Seconds that API Gateway waits for a function."""


class GaveUp(Exception):
    """Somebody waited in vain; the text says for what."""


@dataclass
class Answer:
    """One answer of the edge."""

    kind: str
    seconds: float
    status: int
    text: str


@dataclass
class Board:
    """The channels as everybody sees them, kept up to date by the chat service's stream of changes."""

    page: str
    messages: defaultdict[str, dict[str, Message]] = field(default_factory=lambda: defaultdict(dict))
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def watch(self) -> None:
        """Follow the stream in the background; returns once what is there already is known."""
        stream = urlopen(f"{self.page}/_sandbox/events", timeout=60)  # noqa: S310 - own http URL
        self._next(stream)
        threading.Thread(target=self._follow, args=(stream,), daemon=True).start()

    def wait_for(self, service: str, fits: Callable[[str], bool], what: str, seconds: float) -> str:
        """The text of a message about a service; raises GaveUp."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                for text in map(shown, self.messages[service].values()):
                    if fits(text):
                        return text
                left = end - time.monotonic()
                if left <= 0:
                    raise GaveUp(f"{service}: {what} was not shown within {seconds:.0f} s")
                self._changed.wait(left)

    def _follow(self, stream: Any) -> None:
        try:
            while self._next(stream):
                pass
        except (OSError, ValueError):
            return  # the house was taken down

    def _next(self, stream: Any) -> bool:
        """Read one event: two lines and an empty one."""
        kind, data, _ = (stream.readline().decode().strip() for _ in range(3))
        if not kind:
            return False
        found = json.loads(data.removeprefix("data: "))
        changed = {"event: channel": found.get("messages", []), "event: message": [found]}.get(kind, [])
        with self._changed:
            for message in changed:
                about = ABOUT.search(shown(message))
                if about and message["viewer"] is None:
                    self.messages[about[1]][message["ts"]] = message
            self._changed.notify_all()
        return True


@dataclass
class Crowd:
    """Everybody. `answers` is what the edge said to them, `patience` the real seconds that a person waits for chat."""

    house: LightHouse
    board: Board
    patience: float
    answers: list[Answer] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    def type(self, kind: str, service: str, user: str, text: str) -> Answer:
        """Somebody types a command, once more where the service says that it is busy."""
        for _ in range(5):
            answer = self._send(kind, service, user, text)
            self.answers.append(answer)
            if answer.status == 200 and "try again" not in answer.text:
                return answer
            time.sleep(1)
        raise GaveUp(f"{service}: {text!r} was answered {answer.status} {answer.text!r}")

    def deploy(self, service: str) -> None:
        """Up to the new fleet being ready."""
        house = self.house
        self.type("deploy", service, house.deployer(service), f"{service}@{NEXT} to {ENVIRONMENT}")
        self._confirm(service, "May this deployment start?")
        self._until(service, "The new fleet is ready")

    def finish(self, service: str) -> None:
        """Up to the old fleet standing by."""
        self.type("finish", service, self.house.deployer(service), f"finish {service} {ENVIRONMENT}")
        self._confirm(service, "May traffic switch to the new fleet?")
        self._until(service, "The old fleet stands by until")

    def see_end(self, service: str) -> None:
        """Until the message says that it is over."""
        self._until(service, "The old fleet has ended")

    def _confirm(self, service: str, question: str) -> None:
        text = self.board.wait_for(
            service, lambda text: question in text and bool(CODE.search(text)), question, self.patience
        )
        code = CODE.search(text)
        self.type("confirm", service, self.house.approver(service), f"confirm {code[1] if code else ''}")

    def _until(self, service: str, words: str) -> None:
        self.board.wait_for(service, lambda text: words in text, words, self.patience)

    def _send(self, kind: str, service: str, user: str, text: str) -> Answer:
        person = workspace.Person(user, user.lower(), "")
        url = f"{self.house.page}/commands/{workspace.TEAM_ID}/{service}"
        channel, trigger = self.house.channel_of(service), f"{time.monotonic_ns()}.1.2"
        body = requests.command_body(person, channel, "/deploy", text, response_url=url, trigger=trigger)
        headers = requests.signed_headers(workspace.SIGNING_SECRET, body, self.house.clock.now())
        self.signatures.append(headers["X-Slack-Signature"])
        request = Request(f"{self.house.api}/slack/commands", body, headers)  # noqa: S310 - own http URL
        began = time.monotonic()
        try:
            with urlopen(request, timeout=LONGEST) as reply:  # noqa: S310 - own http URL
                status, said = reply.status, reply.read().decode()
        except HTTPError as refused:
            status, said = refused.code, refused.read().decode()
        except OSError as error:
            status, said = 0, type(error).__name__
        return Answer(kind, time.monotonic() - began, status, said)


def together(each: Callable[[str], None], services: list[str]) -> list[str]:
    """Do it for all services at the same moment; returns what went wrong."""
    wrong: list[str] = []
    start = threading.Barrier(len(services))

    def run(service: str) -> None:
        start.wait()
        try:
            each(service)
        except GaveUp as error:
            wrong.append(str(error))

    threads = [threading.Thread(target=run, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong
