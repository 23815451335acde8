"""Home tabs and modals: what the app published for each person, and which modal each has open.

https://docs.slack.dev/surfaces/app-home, https://docs.slack.dev/surfaces/modals and the pages of views.publish,
views.open and views.update. An answer to a submitted form: "Modals", on responding to view_submission.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.front import workspace
from sandbox.front.blocks import check_blocks, files_of
from sandbox.front.channel import with_ids
from sandbox.front.content import Arguments, SlackError, decoded
from sandbox.front.shapes import MAX_ID, one, string, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIGGER_SECONDS = 3.0
"""A trigger is good for one modal within three seconds of real time ("Handling user interaction", trigger_id)."""
MOST_METADATA = 3_000
MOST_VIEWS = 3
"""One modal holds so many views on top of each other ("Modals")."""
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

    def __init__(self, triggers: Triggers, has_file: Callable[[str], bool] = lambda _: True) -> None:
        self.triggers = triggers
        self.homes: dict[str, View] = {}
        self._stacks: dict[str, list[View]] = {}
        """By person: one modal at most, of up to three views; the last one is shown."""
        self._has_file = has_file
        self._listeners: list[Callable[[str, str, View | None], None]] = []

    @property
    def modals(self) -> dict[str, View]:
        """By person: the view that stands on top of their modal."""
        return {user: stack[-1] for user, stack in self._stacks.items()}

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
        made = _made(self._checked(arguments, "home"), before)
        self.homes[user] = made
        self._tell("home", user)
        return {"view": made}

    def open(self, arguments: Arguments) -> dict[str, Any]:
        """views.open: a modal for whoever set off the trigger."""
        given = self._checked(arguments, "modal")
        user = self.triggers.use(str(arguments.get("trigger_id", "")))
        made = _made(given, None)
        self._stacks[user] = [made]
        self._tell("modal", user)
        return {"view": made}

    def update(self, arguments: Arguments) -> dict[str, Any]:
        """views.update: an open modal."""
        user, before = self.find(str(arguments.get("view_id", "")))
        if before is None or before["type"] != "modal":
            raise SlackError("not_found")
        if arguments.get("hash") and arguments["hash"] != before["hash"]:
            raise SlackError("hash_conflict")
        return {"view": self._replace(user, before, self._checked(arguments, "modal"))}

    def answered(self, user: str, view: View, answer: bytes) -> dict[str, str]:
        """What the app's answer to a submitted form does; returns what is wrong with which block.

        Raises SlackError where Slack could not read the answer: the form stays open and says that it failed.
        """
        given = _read(answer)
        if self.find(view["id"])[1] is None:  # closed meanwhile: there is nothing left to change
            return {}
        action = given.get("response_action", "close")
        if action == "errors":
            return _errors(given.get("errors"), view)
        if action in {"update", "push"}:
            self._show_instead(user, view, given.get("view"), push=action == "push")
        elif action == "clear":
            self._stacks.pop(user, None)
            self._tell("modal", user)
        elif action == "close":
            self.close(user)
        else:
            raise SlackError("invalid_response_action")
        return {}

    def close(self, user: str) -> None:
        """The view on top is closed; the person is back at the one below it, where there is one."""
        stack = self._stacks.get(user, [])
        if not stack:
            return
        stack.pop()
        if not stack:
            del self._stacks[user]
        self._tell("modal", user)

    def find(self, view_id: str) -> tuple[str, View | None]:
        """Whose view it is, and the view."""
        for user, stack in self._stacks.items():
            for view in stack:
                if view["id"] == view_id:
                    return user, view
        return next(((user, view) for user, view in self.homes.items() if view["id"] == view_id), ("", None))

    def _show_instead(self, user: str, view: View, given: Any, *, push: bool) -> None:
        if check_view(given, "modal") or self._unknown_files(given):
            raise SlackError("invalid_view")
        if not push:
            self._replace(user, view, given)
            return
        if len(self._stacks[user]) >= MOST_VIEWS:
            raise SlackError("push_limit_reached")
        self._stacks[user].append(_made(given, None))
        self._tell("modal", user)

    def _replace(self, user: str, before: View, given: View) -> View:
        made = _made(given, before)
        self._stacks[user] = [made if each["id"] == before["id"] else each for each in self._stacks[user]]
        self._tell("modal", user)
        return made

    def _checked(self, arguments: Arguments, kind: str) -> View:
        view = decoded(arguments, "view")
        problems = check_view(view, kind) or self._unknown_files(view)
        if problems:
            raise SlackError("invalid_arguments", problems)
        return dict(view)

    def _unknown_files(self, view: View) -> list[str]:
        unknown = [each for each in files_of(view["blocks"]) if not self._has_file(each)]
        return [line for each in unknown for line in one(f"invalid slack file {each}", "/view/blocks")]

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


def _read(answer: bytes) -> dict[str, Any]:
    if not answer.strip():
        return {}
    try:
        given = json.loads(answer)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise SlackError("invalid_submission_response")
    return given


def _errors(given: Any, view: View) -> dict[str, str]:
    """Errors by block: only blocks of the view that are inputs can show one."""
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    if not isinstance(given, dict) or not given or not set(given) <= inputs:
        raise SlackError("invalid_errors")
    return {str(block): str(why) for block, why in given.items()}


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
