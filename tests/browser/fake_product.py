"""A product in miniature: checks Slack's signature and answers with messages and buttons through slack_sdk."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web
from slack_sdk import WebClient
from slack_sdk.signature import Clock, SignatureVerifier

from sandbox.front.workspace import BOT_TOKEN, SIGNING_SECRET
from tests.browser import fake_views

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNEL = "C0DEPLOYS"


class FakeProduct:
    """Knows `/deploy SERVICE@VERSION to ENV`, which a second person confirms, `/deploy status`, a Home and a form."""

    def __init__(self, now: Callable[[], float]) -> None:
        clock = Clock()
        clock.now = now  # type: ignore[method-assign]  # slack_sdk's own seam for tests
        self._verifier = SignatureVerifier(SIGNING_SECRET, clock)
        self._slack: WebClient | None = None
        self.requester = ""
        self.ts = ""
        self.waiting = 2
        self.submitted: dict[str, Any] = {}

    def connect(self, slack_url: str) -> None:
        """Use the stand-in at this address."""
        self._slack = WebClient(BOT_TOKEN, base_url=f"{slack_url}/api/")

    def application(self) -> web.Application:
        """The three endpoints that Slack calls."""
        app = web.Application()
        app.router.add_post("/slack/commands", self._command)
        app.router.add_post("/slack/interactions", self._interaction)
        app.router.add_post("/slack/events", self._event)
        return app

    async def _command(self, request: web.Request) -> web.Response:
        form = await self._verified(request)
        text, user = form["text"], form["user_id"]
        if text.startswith("hang"):
            await asyncio.sleep(5)
        if text == "status":
            return web.json_response({"text": "*cameras* in production runs `141`. Nothing is going on."})
        if "@" not in text:
            hint = "I know `/deploy SERVICE@VERSION to ENV` and `/deploy status`."
            return web.json_response({"response_type": "ephemeral", "text": f"I did not understand. {hint}"})
        self.requester = user
        self.ts = (await self._call("chat_postMessage", text="Asking", blocks=question(user)))["ts"]
        return web.json_response({"response_type": "in_channel"})

    async def _interaction(self, request: web.Request) -> web.Response:
        payload = json.loads((await self._verified(request))["payload"])
        user = payload["user"]["id"]
        if "view" in payload:
            return await self._in_view(payload, user)
        if payload["actions"][0]["action_id"] == "confirm" and user == self.requester:
            text = "Somebody else has to confirm what you asked for."
            await self._call("chat_postEphemeral", user=user, text=text)
            return web.Response()
        blocks = decided(self.requester, user)
        await self._call("chat_update", ts=self.ts, text="Confirmed", blocks=blocks)
        await self._call("chat_postMessage", thread_ts=self.ts, text="Launching 3 `control`, 2 `recorder`.")
        return web.Response()

    async def _event(self, request: web.Request) -> web.Response:
        body = await self._signed(request)
        await self._publish(json.loads(body)["event"]["user"])
        return web.Response()

    async def _in_view(self, payload: dict[str, Any], user: str) -> web.Response:
        if payload["type"] == "view_submission":
            self.submitted = payload["view"]["state"]["values"]
            if self.submitted["ticket"]["ticket"]["value"] != "OPS-142":
                problem = "There is no approved ticket with this number."
                return web.json_response({"response_action": "errors", "errors": {"ticket": problem}})
            return web.Response()
        action = payload["actions"][0]
        if action["action_id"] == "form":
            await self._ask("views_open", trigger_id=payload["trigger_id"], view=fake_views.form())
        elif action["action_id"] == "noted":
            self.waiting = 0
            await self._publish(user)
        return web.Response()

    async def _publish(self, user: str) -> None:
        await self._ask("views_publish", user_id=user, view=fake_views.home(self.waiting))

    async def _verified(self, request: web.Request) -> dict[str, str]:
        await self._signed(request)
        return {name: str(value) for name, value in (await request.post()).items()}

    async def _signed(self, request: web.Request) -> bytes:
        body = await request.read()
        if not self._verifier.is_valid_request(body, dict(request.headers)):
            raise web.HTTPUnauthorized
        return body

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        return await self._ask(method, channel=CHANNEL, **arguments)

    async def _ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        answer = await asyncio.to_thread(getattr(self._slack, method), **arguments)
        return dict(answer.data)


def question(requester: str) -> list[dict[str, Any]]:
    """Asks for a second person."""
    confirm = {
        "title": {"type": "plain_text", "text": "Start the deployment?"},
        "text": {"type": "mrkdwn", "text": "*cameras 142* gets a second fleet in production."},
        "confirm": {"type": "plain_text", "text": "Yes, start"},
        "deny": {"type": "plain_text", "text": "Not yet"},
        "style": "primary",
    }
    return [
        _header("cameras 142 → production"),
        _section(f"<@{requester}> asks for a second person's *confirmation* (code `7K3F`)."),
        {
            "type": "section",
            "fields": [
                _mrkdwn("*Version*\n`141` → `142`"),
                _mrkdwn("*Fleet*\n3 control, 2 recorder"),
                _mrkdwn("*Second fleet*\n$0.21 an hour"),
                _mrkdwn("*Expires*\n<!date^1795000300^{time}|in five minutes>"),
            ],
        },
        {
            "type": "actions",
            "elements": [
                {**_button("Confirm", "confirm", "primary"), "confirm": confirm},
                _button("Reject", "reject", "danger"),
            ],
        },
        {
            "type": "context",
            "elements": [_mrkdwn("Build by CI · 4 commits · tests passed :white_check_mark:")],
        },
    ]


def decided(requester: str, approver: str) -> list[dict[str, Any]]:
    """The same message once somebody has said yes."""
    text = f":white_check_mark: <@{approver}> confirmed what <@{requester}> asked for."
    return [_header("cameras 142 → production"), _section(text), _section("Preparing the new fleet.")]


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def _button(label: str, action: str, style: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "text": text, "action_id": action, "value": "cameras-142", "style": style}
