"""Stories of a frontend: the release machine over fakes, with a chat that keeps what everybody read."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.domain.release import manifest
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.answering import Request
from chalicelib.usecases.releases import report_release
from chalicelib.wire.slack_message import blocks_of, reply_of, text_of
from sandbox.front.blocks import check_blocks
from tests.builders import APPROVER, DEPLOYER, LEAD
from tests.fakes.chat import FakeChat
from tests.fakes.lines import FakeLines, FakeWakes
from tests.faults.memory.slack import Happened
from tests.machine.release_rig import A, B, C, ReleaseRig, digest, file, page
from tests.machine.talking import Talking

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.people import Actor
    from chalicelib.usecases.chat_ports import Message
    from chalicelib.usecases.ports import Clock
    from tests.fakes.clock import FakeClock
    from tests.fakes.store import FakeStore

D = "web_2026-11-24_09-30"


class JournalChat(FakeChat):
    """Keeps every message and every change of one, in the order in which people saw them; Slack would take each."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.journal: list[Happened] = []
        self._time = clock

    def post(
        self, channel: str, message: Message, *, key: str, thread: str = "", broadcast: bool = False
    ) -> str:
        """As FakeChat, and remember."""
        timestamp = super().post(channel, message, key=key, thread=thread, broadcast=broadcast)
        self._keep("posted", message, timestamp, thread, broadcast=broadcast)
        return timestamp

    def update(self, channel: str, timestamp: str, message: Message) -> None:
        """As FakeChat, and remember."""
        super().update(channel, timestamp, message)
        self._keep("updated", message, timestamp, self.shown[timestamp].thread)

    def _keep(
        self, what: str, message: Message, timestamp: str, thread: str, *, broadcast: bool = False
    ) -> None:
        blocks = blocks_of(message)
        assert check_blocks(blocks) == []
        text = text_of(message)
        self.journal.append(
            Happened(self._time.now(), what, "", text, timestamp, thread, tuple(blocks), broadcast)
        )


class Telling(Talking):
    """What people type, press and read, where a rig has both. `tells` comes last when it is made."""

    chat: JournalChat | None = None
    store: FakeStore
    clock: FakeClock

    def tells(self) -> None:
        """From here on chat shows what happens."""
        self._read = len(self.store.changed)
        self.chat = JournalChat(self.clock)
        self.wakes = FakeWakes(self.clock)
        self._announcer = Announcer(self.store, self.chat, self.clock, FakeLines(), self.wakes)

    # --- what happens -------------------------------------------------------------------------------------------

    def types(self, text: str, by: Actor) -> None:
        """Somebody types, and everything goes on until it waits again."""
        self._happens("typed", by.user, text)
        self._answered(text, by)

    def presses(self, label: str, by: Actor) -> None:
        """Somebody presses the newest button of this label."""
        verb, value = self.button(label)
        text = value if verb == "deploy" else f"{verb} {value}"
        self._happens("pressed", by.user, f"{verb} {value}")
        self._answered(text, by)

    def rejects(self, reason: str, by: Actor) -> None:
        """Somebody presses Reject, and the form that opens is sent."""
        _, code = self.button("Reject")
        self._happens("pressed", by.user, f"reject {code}")
        self._happens("sent", by.user, f"reject {code}: {reason}")
        self.chatops.handle(Request(parse(f"reject {code} {reason}"), by, next(self._events)))
        self.goes_on()

    def button(self, label: str) -> tuple[str, str]:
        """The verb and the value of the newest button of this label in the channel."""
        return next(
            (action.verb, action.value)
            for shown in reversed(self._chat.shown.values())
            for action in shown.message.actions
            if action.label == label
        )

    def goes_on(self) -> None:
        """Chat shows what is new, and the machine goes on until it waits again."""
        self._announce()
        self.machine.run()
        self._announce()

    def lets(self, seconds: float) -> None:
        """Time passes; who asked to be called is called."""
        end = self.clock.now() + seconds
        while self.wakes.due and min(self.wakes.due)[0] <= end:
            due = min(self.wakes.due)
            self.wakes.due.remove(due)
            self.machine.let(max(0.0, due[0] - self.clock.now()))
            self._announcer.wake([due[1]])
        self.machine.let(max(0.0, end - self.clock.now()))
        self._announce()

    def check(self) -> None:
        """After each step: what the rig looks at, and chat."""
        super().check()  # type: ignore[misc] # the rig that this is mixed into
        if self.chat is not None:
            self._announce()

    # --- how it is told -----------------------------------------------------------------------------------------

    @property
    def _chat(self) -> JournalChat:
        assert self.chat is not None
        return self.chat

    def _answered(self, text: str, by: Actor) -> None:
        try:
            reply = self.chatops.handle(Request(parse(text), by, next(self._events)))
            body = reply_of(reply)
        except Refused as refused:
            body = {"text": refused.text}
        self._chat.journal.append(
            Happened(
                self.clock.now(), "answered", by.user, body["text"], blocks=tuple(body.get("blocks", ()))
            )
        )
        self._announce()
        self.machine.run()

    def _happens(self, what: str, who: str, text: str) -> None:
        self._chat.journal.append(Happened(self.clock.now(), what, who, text))

    def _announce(self) -> None:
        news = self.store.changed[self._read :]
        self._read = len(self.store.changed)
        self._announcer.builds(each for each in news if isinstance(each, tuple))
        self._announcer.deployments(each for each in news if isinstance(each, Ref))


class Told(Telling, ReleaseRig):
    """Release A is live in `production`, which is protected; `staging` is not, and shows nothing yet."""

    def __init__(self, *, pointed: bool = False) -> None:
        super().__init__(pointed=pointed)
        raw = copy.deepcopy(self.store.team().raw)
        environments = raw["services"]["web"]["environments"]
        environments["staging"] = {"protected": False, "timeouts": environments["production"]["timeouts"]}
        raw["ci"]["jenkins"]["services"].append("web")
        self.store.publish(raw)
        self.tells()

    def pushes(self) -> None:
        """CI pushes a release of two files more, for production."""
        made = self.site.releases[C]
        text = page("about", "about.css")
        self.site.texts[digest(text)] = text
        more = (*made.files, file("about.html", text, page=True), file("about.css", "about"))
        release = manifest("web", D, more, int(self.clock.now()), version="4")
        self.site.push(release)
        reported = Release(
            "web",
            D,
            release.digest,
            ci("jenkins"),
            self.clock.now(),
            files=len(more),
            bytes=sum(each.size for each in more),
            added=2,
            before=C,
            version="4",
            commit="0123456789abcdef",
            environments=("production",),
        )
        report_release(self.store, self.clock, source="jenkins", event="push-1", release=reported)
        self._announce()


@dataclass(frozen=True, slots=True)
class Story:
    """Its name, and what happens in it."""

    name: str
    happens: Callable[[Told], None]
    pointed: bool = False


def _enabled(told: Told) -> None:
    told.pushes()
    told.presses("Enable in production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.lets(7_300)


def _unprotected(told: Told) -> None:
    told.types("versions web", DEPLOYER)
    told.types(f"web@{B} to staging", DEPLOYER)
    told.types("rollback web staging", DEPLOYER)
    told.types("web to staging", DEPLOYER)
    told.types("status web", DEPLOYER)
    told.types("rollback web staging", DEPLOYER)


def _rolled_back(told: Told) -> None:
    told.types("web to production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.presses("Roll back", LEAD)
    told.types("why web production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.types("history web production", DEPLOYER)


def _rejected(told: Told) -> None:
    told.types("web to production", DEPLOYER)
    told.rejects("The site is filmed today.", APPROVER)


def _check_failed(told: Told) -> None:
    told.viewer.shows = "0" * 64
    told.types("web to production", DEPLOYER)
    told.presses("Confirm", APPROVER)


def _planned(told: Told) -> None:
    told.types("web to production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.types(f"plan web@{A} to production", LEAD)


def _files_gone(told: Told) -> None:
    gone = {each.body for each in told.site.releases[C].files if each.path == "app.2.css"}
    told.site.objects -= gone
    told.types("web to production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.site.objects |= gone
    told.presses("Retry", DEPLOYER)


def _cleaned_up(told: Told) -> None:
    told.types("web to production", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.types("finish web production", DEPLOYER)
    told.types("cleanup web production", DEPLOYER)
    told.rejects("Somebody may still need it.", APPROVER)
    told.presses("Keep the way back 2 h longer", DEPLOYER)
    told.presses("Clean up now", DEPLOYER)
    told.presses("Confirm", APPROVER)
    told.types("rollback web production", DEPLOYER)


STORIES = (
    Story("frontend enabled", _enabled),
    Story("frontend enabled, unprotected", _unprotected, pointed=True),
    Story("frontend rolled back", _rolled_back),
    Story("frontend rejected", _rejected),
    Story("frontend check failed", _check_failed),
    Story("frontend files gone", _files_gone),
    Story("frontend planned", _planned),
    Story("frontend cleaned up", _cleaned_up),
)
