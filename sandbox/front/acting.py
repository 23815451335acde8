"""People acting: what they type and click becomes a signed request to the product, and its answer becomes visible."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from sandbox.front import requests
from sandbox.front.channel import Click
from sandbox.front.content import SlackError

if TYPE_CHECKING:
    from sandbox.front.channel import Channel, Message
    from sandbox.front.response_urls import ResponseUrls
    from sandbox.front.workspace import Person

ACKNOWLEDGE_SECONDS = 3.0
COMMANDS = {"/deploy"}


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

    def __init__(self, channel: Channel, response_urls: ResponseUrls, app: App, http: ClientSession) -> None:
        self._channel = channel
        self._response_urls = response_urls
        self._app = app
        self._http = http
        self._signatures: list[str] = []

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
        body = requests.command_body(person, channel, command, rest.strip(), url)
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
        body = requests.click_body(person, message, block_id, button, response_url=url, now=pressed)
        error, _ = await self._send("/slack/interactions", body)
        label = str(button["text"]["text"])
        self._channel.clicked(message, Click(pressed, person.id, label, button["action_id"], error or "ok"))
        return error

    async def _send(self, path: str, body: bytes) -> tuple[str | None, bytes]:
        """(error code, answer). https://docs.slack.dev/interactivity/implementing-slash-commands#responding."""
        headers = requests.signed_headers(self._app.signing_secret, body, self._channel.now())
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
