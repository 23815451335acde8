"""The Home tab and the form of the product in miniature, in the shapes that Slack documents."""

from __future__ import annotations

from typing import Any

SERVICES = ("cameras", "doors")
VERSIONS = {"142": "142 · tests passed · 2 hours ago", "141": "141 · tests passed · live in production"}


def home(waiting: int) -> dict[str, Any]:
    """What is live, what waits for the reader, and buttons to act."""
    asks = f"{waiting} questions wait for you." if waiting else "Nothing waits for you."
    return {
        "type": "home",
        "blocks": [
            _header("What is live"),
            _section("*cameras* in production runs `141` since Monday, 09:14.", _button("Deploy…", "form")),
            _section(
                "*doors* in production runs `77`. _Locked by Lead: stocktaking._", _button("Unlock", "unlock")
            ),
            {"type": "divider"},
            _header("What waits"),
            _section(asks),
            {
                "type": "actions",
                "elements": [
                    {**_button("I will look", "noted"), "style": "primary"},
                    {
                        "type": "static_select",
                        "action_id": "environment",
                        "placeholder": _plain("Environment"),
                        "options": [_option("production", "production"), _option("staging", "staging")],
                    },
                ],
            },
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "Times are in UTC."}]},
        ],
    }


def form() -> dict[str, Any]:
    """Every kind of field once."""
    groups = [
        {
            "label": _plain(service),
            "options": [_option(text, f"{service}@{v}") for v, text in VERSIONS.items()],
        }
        for service in SERVICES
    ]
    return {
        "type": "modal",
        "callback_id": "deploy",
        "title": _plain("Deploy a version"),
        "submit": _plain("Ask to deploy"),
        "close": _plain("Cancel"),
        "blocks": [
            _section("A second person confirms before anything changes."),
            _input("version", "Version", {"type": "static_select", "option_groups": groups}),
            _input(
                "environment",
                "Environment",
                {
                    "type": "radio_buttons",
                    "options": [_option("staging", "staging"), _option("production", "production")],
                    "initial_option": _option("production", "production"),
                },
            ),
            {
                **_input("ticket", "Change ticket", {"type": "plain_text_input", "max_length": 40}),
                "hint": _plain("Its number, as in OPS-142. Production needs one that is approved."),
            },
            {
                **_input(
                    "plan",
                    "Only look",
                    {"type": "checkboxes", "options": [_option("Change nothing", "plan")]},
                ),
                "optional": True,
            },
        ],
    }


def _input(name: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "element": {**element, "action_id": name},
    }


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": _plain(text)}


def _section(text: str, accessory: dict[str, Any] | None = None) -> dict[str, Any]:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return {**section, "accessory": accessory} if accessory else section


def _button(label: str, action: str) -> dict[str, Any]:
    return {"type": "button", "text": _plain(label), "action_id": action, "value": "cameras"}


def _option(label: str, value: str) -> dict[str, Any]:
    return {"text": _plain(label), "value": value}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}
