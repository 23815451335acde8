"""People acting: what they type and click becomes a signed request to the product, and its answer becomes visible."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.front import requests, workspace
from sandbox.front.channel import Click
from sandbox.front.content import SlackError
from sandbox.front.filled import in_words, missing_in, state_of

if TYPE_CHECKING:
    from sandbox.front.channel import Channel, Message
    from sandbox.front.response_urls import ResponseUrls
    from sandbox.front.views import Views
    from sandbox.front.workspace import Person

ACKNOWLEDGE_SECONDS = 3.0
COMMANDS = {"/deploy"}
EVENT_RETRIES = (0.0, 60.0, 300.0)
"""Seconds after the first failure ("Events API", error handling: at once, after one minute, after five)."""
_REASONS = {"operation_timeout": "http_timeout"}
_GLANCE = 0.03  # real seconds between two looks at the clock
_MENTION = re.compile(r"@([A-Za-z]+)")


class NoSuchButtonError(Exception):
    """The message or the button is not on that person's screen."""


@dataclass(frozen=True)
class App:
    """The installed app: where it wants its requests, and the secret they are signed with."""

    url: str
    signing_secret: str
    acknowledge_within: float = ACKNOWLEDGE_SECONDS


class Acting:
    """Types and clicks on behalf of people. Each call returns None, or the error code their screen shows."""

    def __init__(
        self, channel: Channel, views: Views, response_urls: ResponseUrls, app: App, http: ClientSession
    ) -> None:
        self._channel = channel
        self._views = views
        self._response_urls = response_urls
        self._app = app
        self._http = http
        self._signatures: list[str] = []
        self._later: set[asyncio.Task[None]] = set()

    def handed_out(self) -> dict[str, list[str]]:
        """Signatures and response URLs of every request so far."""
        return {"signature": self._signatures, "response_url": self._response_urls.issued()}

    async def say(self, person: Person, text: str, channel: str) -> str | None:
        """Send a line: a slash command goes to the product, anything else is a message to everybody."""
        text = text.strip()
        if not text.startswith("/"):
            self._channel.post(channel, person.id, text)
            return None
        command, _, rest = text.partition(" ")
        if command not in COMMANDS:
            self._notice(person, channel, f"`{command}` is not a valid command.")
            return "invalid_command"
        typed = self._channel.post(channel, person.id, text, kind="command", viewer=person.id)
        url = self._response_urls.issue("commands", person.id, channel)
        trigger = self._views.triggers.issue(person.id)
        rest = _escaped(rest.strip())
        body = requests.command_body(person, channel, command, rest, response_url=url, trigger=trigger)
        error, answer = await self._send("/slack/commands", body)
        error = error or self._show(person, channel, answer, typed)
        if error:
            self._notice(person, channel, f'{command} failed with the error "{error}"')
        return error

    async def click(
        self, person: Person, channel: str, ts: str, wanted: dict[str, Any], *, stale: bool = False
    ) -> str | None:
        """Press the button that `wanted` describes (action_id, and value or label where several have it).

        `stale` presses one that an edit has taken away since this person's screen was drawn.
        """
        message = self._channel.find(channel, ts)
        if message is None or message.viewer not in {None, person.id}:
            raise NoSuchButtonError(f"{person.name} sees no message {ts}")
        block_id, button = _button(message, wanted, stale=stale)
        pressed = self._channel.now()
        url = self._response_urls.issue("actions", person.id, channel, message)
        trigger = self._views.triggers.issue(person.id)
        body = requests.click_body(
            person, message, block_id, button, response_url=url, trigger=trigger, now=pressed
        )
        error, _ = await self._send("/slack/interactions", body)
        label = str(button["text"]["text"])
        self._channel.clicked(message, Click(pressed, person.id, label, button["action_id"], error or "ok"))
        return error

    async def open_home(self, person: Person) -> str | None:
        """Open the app's Home tab: an event. The screen shows the outcome of the first try and of the one at once
        after it; the others come later, as Slack sends them."""
        now = self._channel.now()
        body = requests.home_opened_body(person, now, self._views.homes.get(person.id))
        error, _ = await self._send("/slack/events", body, kind=requests.JSON)
        if error is None:
            return None
        failed = self._channel.now()
        again = await self._once_more(body, 1, error)
        if again is not None:
            task = asyncio.create_task(self._send_later(body, failed, again))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        return again

    async def _send_later(self, body: bytes, failed: float, error: str | None) -> None:
        for number, after in enumerate(EVENT_RETRIES[1:], start=2):
            while self._channel.now() < failed + after:  # noqa: ASYNC110 - other processes move the clock
                await asyncio.sleep(_GLANCE)
            error = await self._once_more(body, number, error)
            if error is None:
                return

    async def _once_more(self, body: bytes, number: int, error: str | None) -> str | None:
        reason = _REASONS.get(error or "", "http_error")
        more = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        return (await self._send("/slack/events", body, kind=requests.JSON, more=more))[0]

    async def act_in_view(self, person: Person, view_id: str, wanted: dict[str, Any]) -> str | None:
        """Press a button, or choose an option (`selected`), in the Home tab or a modal."""
        owner, view = self._views.find(view_id)
        if view is None or owner != person.id:
            raise NoSuchButtonError(f"{person.name} sees no view {view_id}")
        block_id, element = _element(view, wanted)
        chosen = _option(element, wanted.get("selected"))
        trigger = self._views.triggers.issue(person.id)
        now = self._channel.now()
        given = wanted.get("values")
        state = state_of(view, given if isinstance(given, dict) else {})
        if chosen is not None:
            one = {"type": element["type"], "selected_option": chosen}
            state[block_id] = {**state.get(block_id, {}), element["action_id"]: one}
        body = requests.view_action_body(
            person, view, block_id, element, selected=chosen, state=state, trigger=trigger, now=now
        )
        error, _ = await self._send("/slack/interactions", body)
        return error

    async def submit(
        self, person: Person, view_id: str, values: dict[str, Any]
    ) -> tuple[str | None, dict[str, str]]:
        """Submit a modal: (error code, what is wrong with which block). An empty answer closes it."""
        view = self._views.modals.get(person.id)
        if view is None or view["id"] != view_id:
            raise NoSuchButtonError(f"{person.name} has no form {view_id} open")
        values = state_of(view, values)
        missing = missing_in(view, values)
        if missing:  # Slack says so itself; the app hears nothing of it
            return None, missing
        trigger = self._views.triggers.issue(person.id)
        body = requests.submission_body(person, view, values, trigger=trigger)
        error, answer = await self._send("/slack/interactions", body)
        wrong: dict[str, str] = {}
        if error is None:
            try:
                wrong = self._views.answered(person.id, view, answer)
            except SlackError as refused:
                error = refused.code
        said = error or ", ".join(f"{name}: {why}" for name, why in wrong.items())
        filled = f"{view['title']['text']}: {in_words(values)}" + (f" ({said})" if said else "")
        self._channel.post(workspace.DEPLOYS, person.id, filled, kind="form", viewer=person.id)
        return error, wrong

    async def _send(
        self, path: str, body: bytes, *, kind: str = requests.FORM, more: dict[str, str] | None = None
    ) -> tuple[str | None, bytes]:
        """(error code, answer). https://docs.slack.dev/interactivity/implementing-slash-commands#responding."""
        headers = requests.signed_headers(self._app.signing_secret, body, self._channel.now(), kind=kind)
        headers |= more or {}
        self._signatures.append(headers["X-Slack-Signature"])
        timeout = ClientTimeout(total=self._app.acknowledge_within)
        try:
            async with self._http.post(
                self._app.url.rstrip("/") + path, data=body, headers=headers, timeout=timeout
            ) as response:
                answer = await response.read()
                return (None if response.ok else "dispatch_failed"), answer
        except TimeoutError:
            return "operation_timeout", b""
        except ClientError:
            return "dispatch_failed", b""

    def _show(self, person: Person, channel: str, answer: bytes, typed: Message) -> str | None:
        """Show the immediate answer of a command: JSON or plain text, and nothing at all if it is empty."""
        if not answer.strip():
            return None
        try:
            payload = json.loads(answer)
        except ValueError:
            payload = {"text": answer.decode("utf-8", errors="replace")}
        if not isinstance(payload, dict):
            return "invalid_command_response"
        if payload.get("response_type") == "in_channel":
            self._channel.reveal(typed)
        if not payload.get("text") and not payload.get("blocks"):
            return None
        try:
            self._response_urls.deliver(channel, person.id, payload)
        except SlackError as error:
            return error.code
        return None

    def _notice(self, person: Person, channel: str, text: str) -> None:
        self._channel.post(channel, "USLACKBOT", text, kind="failure", viewer=person.id)


def _button(message: Message, wanted: dict[str, Any], *, stale: bool) -> tuple[str, dict[str, Any]]:
    for block_id, button in message.buttons(stale=stale):
        described = {**button, "label": button["text"]["text"], "block_id": block_id}
        if wanted and all(described.get(name) == value for name, value in wanted.items()):
            return block_id, button
    raise NoSuchButtonError(f"message {message.ts} has no button {wanted}")


def _escaped(text: str) -> str:
    """Mentions as the app asked for them in its manifest (`should_escape`)."""

    def mention(found: re.Match[str]) -> str:
        handle = found[1].lower()
        known = {each.handle: each for each in workspace.PEOPLE.values()}.get(handle)
        return f"<@{known.id}|{known.handle}>" if known else found[0]

    return _MENTION.sub(mention, text)


def _element(view: dict[str, Any], wanted: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The element of a view that is meant: by action id, and value or label where several have it."""
    asked = {name: wanted[name] for name in ("action_id", "block_id", "value", "label") if wanted.get(name)}
    for block in view["blocks"]:
        for element in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
            if not isinstance(element, dict) or "action_id" not in element:
                continue
            label = element["text"]["text"] if "text" in element else None
            described = {**element, "label": label, "block_id": block["block_id"]}
            if asked and all(described.get(name) == value for name, value in asked.items()):
                return str(block["block_id"]), element
    raise NoSuchButtonError(f"the view has no {wanted}")


def _option(element: dict[str, Any], value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    groups = [element.get("options", [])] + [group["options"] for group in element.get("option_groups", [])]
    for options in groups:
        for option in options:
            if option["value"] == value:
                return dict(option)
    raise NoSuchButtonError(f"there is no option {value}")
