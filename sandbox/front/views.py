"""Home tabs and modals: what the app published for each person, and which modal each has open.

https://docs.slack.dev/surfaces/app-home, https://docs.slack.dev/surfaces/modals and the pages of views.publish,
views.open and views.update.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.front import workspace
from sandbox.front.blocks import check_blocks
from sandbox.front.channel import with_ids
from sandbox.front.content import Arguments, SlackError, decoded
from sandbox.front.shapes import MAX_ID, one, string, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIGGER_SECONDS = 3.0
"""A trigger is good for one modal within three seconds of real time ("Handling user interaction", trigger_id)."""
MOST_METADATA = 3_000
_TITLE = 24
View = dict[str, Any]


@dataclass
class Triggers:
    """The trigger ids that went out with commands and clicks."""

    now: Callable[[], float] = time.monotonic
    _issued: dict[str, tuple[str, float]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def issue(self, user: str) -> str:
        """A new one."""
        made = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._issued[made] = (user, self.now())
        return made

    def use(self, trigger: str) -> str:
        """Whose it was. Raises SlackError where it is none, is too old, or was used."""
        if trigger in self._used:
            raise SlackError("exchanged_trigger_id")
        if trigger not in self._issued:
            raise SlackError("invalid_trigger_id")
        user, issued = self._issued[trigger]
        if self.now() - issued > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        self._used.add(trigger)
        return user


class Views:
    """What each person sees besides messages; whoever listens hears of each change."""

    def __init__(self, triggers: Triggers) -> None:
        self.triggers = triggers
        self.homes: dict[str, View] = {}
        self.modals: dict[str, View] = {}
        """By person: a person has one modal open at most here."""
        self._listeners: list[Callable[[str, str, View | None], None]] = []

    def listen(self, listener: Callable[[str, str, View | None], None]) -> Callable[[], None]:
        """Call `listener` with `home` or `modal`, the person, and what they see now; returns the way to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, arguments: Arguments) -> dict[str, Any]:
        """views.publish: the Home tab of one person."""
        user = str(arguments.get("user_id", ""))
        if user not in workspace.PEOPLE:
            raise SlackError("user_not_found")
        before = self.homes.get(user)
        if arguments.get("hash") and before and arguments["hash"] != before["hash"]:
            raise SlackError("hash_conflict")
        made = _made(_checked(arguments, "home"), before)
        self.homes[user] = made
        self._tell("home", user)
        return {"view": made}

    def open(self, arguments: Arguments) -> dict[str, Any]:
        """views.open: a modal for whoever set off the trigger."""
        given = _checked(arguments, "modal")
        user = self.triggers.use(str(arguments.get("trigger_id", "")))
        made = self.modals[user] = _made(given, None)
        self._tell("modal", user)
        return {"view": made}

    def update(self, arguments: Arguments) -> dict[str, Any]:
        """views.update: an open modal."""
        user, before = self.find(str(arguments.get("view_id", "")))
        if before is None or before["type"] != "modal":
            raise SlackError("not_found")
        if arguments.get("hash") and arguments["hash"] != before["hash"]:
            raise SlackError("hash_conflict")
        return {"view": self.replace(user, _checked(arguments, "modal"))}

    def replace(self, user: str, given: View) -> View:
        """Another content for the modal that a person has open."""
        made = self.modals[user] = _made(given, self.modals.get(user))
        self._tell("modal", user)
        return made

    def close(self, user: str) -> None:
        """The person has no modal any more."""
        if self.modals.pop(user, None) is not None:
            self._tell("modal", user)

    def find(self, view_id: str) -> tuple[str, View | None]:
        """Whose view it is, and the view."""
        for shown in (self.modals, self.homes):
            for user, view in shown.items():
                if view["id"] == view_id:
                    return user, view
        return "", None

    def _tell(self, kind: str, user: str) -> None:
        shown = self.homes if kind == "home" else self.modals
        for listener in list(self._listeners):
            listener(kind, user, shown.get(user))


def check_view(view: Any, kind: str) -> list[str]:
    """What Slack would object to."""
    if not isinstance(view, dict) or view.get("type") != kind:
        return one(f"must be a view of type {kind}", "/view")
    return [*_frame(view, kind), *check_blocks(view.get("blocks"), view=True)]


def _frame(view: View, kind: str) -> Iterator[str]:
    yield from string(
        view.get("private_metadata", ""), at="/view/private_metadata", most=MOST_METADATA, least=0
    )
    yield from string(view.get("callback_id", ""), at="/view/callback_id", most=MAX_ID, least=0)
    if kind == "home":
        return
    yield from text(view.get("title"), "/view/title", most=_TITLE, plain=True)
    for name in ("submit", "close"):
        if name in view:
            yield from text(view[name], f"/view/{name}", most=_TITLE, plain=True)
    blocks = view.get("blocks")
    inputs = any(isinstance(b, dict) and b.get("type") == "input" for b in blocks or ())
    if inputs and "submit" not in view:
        yield from one("a view with inputs needs `submit`", "/view/submit")


def _checked(arguments: Arguments, kind: str) -> View:
    view = decoded(arguments, "view")
    problems = check_view(view, kind)
    if problems:
        raise SlackError("invalid_arguments", problems)
    return dict(view)


def _made(given: View, before: View | None) -> View:
    identity = before["id"] if before else f"V{secrets.token_hex(5).upper()}"
    stamp = f"{time.time():.0f}.{secrets.token_hex(4)}"
    return {
        "private_metadata": "",
        "callback_id": "",
        **given,
        "id": identity,
        "team_id": workspace.TEAM_ID,
        "app_id": workspace.APP_ID,
        "bot_id": workspace.BOT_ID,
        "hash": stamp,
        "blocks": with_ids(given["blocks"]),
    }
