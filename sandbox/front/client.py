"""A client of the chat stand-in for stories and tests: say, click, wait. Blocking, standard library only."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLL = 0.1
Message = dict[str, Any]


class RefusedError(Exception):
    """The chat service did not take what somebody typed or clicked; the text is the error code."""


@dataclass(frozen=True)
class Chat:
    """The channel at `url` (the page's address)."""

    url: str
    timeout: float = 10.0  # real seconds for one call

    def say(self, user: str, text: str, channel: str | None = None) -> None:
        """Somebody (an id or a name such as "Deployer") types a line. Raises RefusedError if the product failed."""
        self._act("command", user=user, text=text, channel=channel)

    def click(
        self, user: str, button: str, message: Message | str | None = None, *, stale: bool = False
    ) -> None:
        """Somebody presses a button, named by its label or action id, of a message (or its ts).

        Without a message it is the newest visible one that has such a button. Raises LookupError where there is
        none, RefusedError if the product failed. `stale` presses a button that an edit has taken away.
        """
        chosen = self._with_button(user, button) if message is None else message
        ts = chosen if isinstance(chosen, str) else chosen["ts"]
        channel = None if isinstance(chosen, str) else chosen["channel"]
        for field in ("label", "action_id"):
            try:
                self._act("click", user=user, message_ts=ts, channel=channel, stale=stale, **{field: button})
            except LookupError:
                continue
            return
        raise LookupError(f"message {ts} has no button {button!r}")

    def open_home(self, user: str) -> None:
        """Somebody opens the app's Home tab; what it shows then comes by itself."""
        self._act("open_home", user=user)

    def view(self, user_id: str, kind: str = "home") -> dict[str, Any] | None:
        """What a person (by id) sees in their `home` tab or open `modal`; None where there is nothing."""
        shown: dict[str, Any] = self._call("GET", "/_sandbox/channel")[f"{kind}s"]
        found: dict[str, Any] | None = shown.get(user_id)
        return found

    def wait_for_view(
        self, user_id: str, kind: str, fits: Callable[[str], bool], timeout: float = 30.0
    ) -> dict[str, Any]:
        """What a person sees, once its texts fit. TimeoutError says what was there."""
        texts = ""
        for content in self._looks(None, timeout):
            view: dict[str, Any] | None = content[f"{kind}s"].get(user_id)
            texts = "\n".join(_texts(view["blocks"])) if view else ""
            if view is not None and fits(texts):
                return view
        raise TimeoutError(f"the {kind} of {user_id} shows after {timeout} s:\n{texts}")

    def act_in_view(self, user: str, view: dict[str, Any], **wanted: Any) -> None:
        """Somebody presses a button of a view (`action_id` or `label`), or chooses an option of it (`selected`)."""
        self._act("view_action", user=user, view_id=view["id"], **wanted)

    def submit(self, user: str, view: dict[str, Any], values: dict[str, Any]) -> dict[str, str]:
        """Somebody sends a form; returns what is wrong with which block, nothing where it was taken."""
        answer = self._call(
            "POST", "/_sandbox/submit", {"user": user, "view_id": view["id"], "values": values}
        )
        if not answer["ok"]:
            raise RefusedError(answer.get("error") or answer.get("detail"))
        wrong: dict[str, str] = answer["errors"]
        return wrong

    def close(self, user: str) -> None:
        """Somebody closes what stands open before the messages, if anything does."""
        self._act("close", user=user)

    def messages(self, viewer: str | None = None) -> list[Message]:
        """What is in the channel now, oldest first; only what `viewer` sees, if named."""
        found: list[Message] = self._call("GET", _channel(viewer))["messages"]
        return found

    def wait_for(
        self, wanted: Callable[[Message], bool] | str, timeout: float = 30.0, *, viewer: str | None = None
    ) -> Message:
        """The newest message that fits (a predicate, or a text it shows). TimeoutError names what was there."""
        fits = wanted if callable(wanted) else lambda message: wanted in shown(message)
        messages: list[Message] = []
        for content in self._looks(viewer, timeout):
            messages = content["messages"]
            found = next((m for m in reversed(messages) if fits(m)), None)
            if found is not None:
                return found
        seen = "\n".join(shown(m) for m in messages[-5:])
        raise TimeoutError(f"nothing like {wanted!r} within {timeout} s; last messages:\n{seen}")

    def trouble(self, **switches: Any) -> None:
        """Switch faults of the chat service, as in `trouble(down=True)`; see sandbox.front.faults."""
        self._call("POST", "/_sandbox/chat", switches)

    def picture(self) -> dict[str, Any]:
        """The live view: clock, fleets, groups, machine, balancer, devices."""
        return self._call("GET", "/_sandbox/view")

    def transcript(self) -> str:
        """The channel as people saw it, as Markdown."""
        with urlopen(self.url + "/_sandbox/transcript", timeout=self.timeout) as answer:  # noqa: S310 - own http URL
            text: str = answer.read().decode()
        return text

    def _looks(self, viewer: str | None, timeout: float) -> Iterator[dict[str, Any]]:
        """What is in the channel now, and again after each change, until the time is over."""
        end, seen = time.monotonic() + timeout, ""
        while True:
            content, seen = self._look(viewer, seen)
            if content is not None:
                yield content
            if time.monotonic() > end:
                return
            time.sleep(POLL)

    def _look(self, viewer: str | None, seen: str) -> tuple[dict[str, Any] | None, str]:
        """The channel and its ETag; nothing where it is as it was `seen`: it grows, and is looked at all the time."""
        request = Request(self.url + _channel(viewer), headers={"If-None-Match": seen})  # noqa: S310 - own http URL
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - own http URL
                return json.load(answer), answer.headers["ETag"]
        except HTTPError as refused:
            if refused.code != HTTPStatus.NOT_MODIFIED:
                raise
            refused.close()
            return None, seen

    def _with_button(self, user: str, button: str) -> Message:
        for message in reversed(self.messages(user)):
            if has_button(message, button):
                return message
        raise LookupError(f"{user} sees no button {button!r}")

    def _act(self, action: str, **asked: Any) -> None:
        answer = self._call("POST", f"/_sandbox/{action}", asked)
        if answer["ok"]:
            return
        if answer["error"] == "no_such_button":
            raise LookupError(answer["detail"])
        raise RefusedError(answer["error"])

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(self.url + path, data, headers, method=method)  # noqa: S310 - own http URL
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - own http URL
                decoded: dict[str, Any] = json.load(answer)
        except HTTPError as refused:
            text = refused.read().decode()
            try:
                decoded = json.loads(text)
            except ValueError:
                raise RefusedError(text) from refused
        return decoded


def _channel(viewer: str | None) -> str:
    return "/_sandbox/channel" + ("?" + urlencode({"viewer": viewer}) if viewer else "")


def buttons(message: Message) -> list[dict[str, Any]]:
    """The buttons that a message shows now."""
    elements = [e for b in message["blocks"] for e in [*b.get("elements", []), b.get("accessory")]]
    return [e for e in elements if isinstance(e, dict) and e.get("type") == "button"]


def has_button(message: Message, button: str) -> bool:
    """Whether a message has a button of this label or action id."""
    return any(button in {each["action_id"], each["text"]["text"]} for each in buttons(message))


def shown(message: Message) -> str:
    """All texts of a message, its buttons' too, one a line; what a predicate usually looks into."""
    return "\n".join([message["text"], *_texts(message["blocks"])])


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for item in node for text in _texts(item)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    return own + [text for key, value in node.items() if key != "confirm" for text in _texts(value)]
