"""What people do with blocks and views: clicks on buttons, in a message or in a view, and forms that are submitted.

docs.slack.dev: reference/interaction-payloads/block_actions-payload, .../view-interactions-payload. Everything that is
read passes an allow-list; every other kind of interaction is Refused.
"""

import hashlib
import json
import re
from collections.abc import Mapping

from chalicelib.domain.people import Actor
from chalicelib.usecases.chat_requests import Click, Submission
from chalicelib.wire.reading import bad, inner, json_object, matching, optional, refuse_larger
from chalicelib.wire.slack_message import verb_of
from chalicelib.wire.slack_request import (
    CHANNEL,
    TEXT,
    URL,
    USER,
    actor_of,
    event_of,
    form_of,
    person_of,
    trigger_of,
)

MOST_INTERACTION = 524_288
"""A click carries the whole message or view, percent-encoded: 50 blocks of 3,000 characters."""
_MOST_BLOCKS = 100

_TIMESTAMP = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)
_ACTION = re.compile(r"[a-z][a-z0-9_:]{0,63}", re.ASCII)
_VIEW = re.compile(r"V[A-Z0-9]{1,31}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)


def parse_interaction(body: bytes, headers: Mapping[str, str]) -> Click | Submission:
    """A click on one button, or a form; every other kind of interaction is refused."""
    refuse_larger(body, MOST_INTERACTION)
    payload = json_object(form_of(body).get("payload", ""), "`payload`")
    if payload.get("type") == "view_submission":
        return _submission(payload)
    if payload.get("type") != "block_actions":
        raise bad("only clicks on buttons and forms are understood")
    return _click(payload, body, headers)


def _click(payload: Mapping[str, object], body: bytes, headers: Mapping[str, str]) -> Click:
    actions = payload.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        raise bad("`actions` does not hold one button")
    container = inner(payload, "container")
    in_view = container.get("type") == "view"
    shown_to_one = in_view or bool(container.get("is_ephemeral"))
    trigger = payload.get("trigger_id")
    return Click(
        actor=actor_of(payload),
        verb=verb_of(matching(actions[0], "action_id", _ACTION)),
        value=optional(actions[0], "value", TEXT),
        channel="" if in_view else matching(container, "channel_id", CHANNEL),
        timestamp="" if shown_to_one else matching(container, "message_ts", _TIMESTAMP),
        address="" if in_view else matching(payload, "response_url", URL),
        event=event_of(body, headers, trigger if isinstance(trigger, str) else ""),
        trigger=trigger_of(payload),
        view=_changeable(container, inner(payload, "view")) if in_view else "",
    )


def _changeable(container: Mapping[str, object], view: Mapping[str, object]) -> str:
    """A modal can be changed by its id; the Home tab is published."""
    identifier = matching(container, "view_id", _VIEW)
    return identifier if view.get("type") == "modal" else ""


def _submission(payload: Mapping[str, object]) -> Submission:
    view = inner(payload, "view")
    actor, identifier = actor_of(payload), matching(view, "id", _VIEW)
    values = _values(inner(inner(view, "state"), "values"), actor.workspace)
    return Submission(
        actor=actor,
        form=matching(view, "callback_id", _NAME),
        about=optional(view, "private_metadata", TEXT),
        values=values,
        event=_once(actor, identifier, values),
    )


def _once(actor: Actor, view: str, values: Mapping[str, str]) -> str:
    """One id for one form with what stands in it: also where somebody presses again because no answer came. Each view
    that is opened has an id of its own; Slack's trigger would be another each time."""
    sent = json.dumps([str(actor), view, sorted(values.items())])
    return "slack-view-" + hashlib.sha256(sent.encode()).hexdigest()


def _values(blocks: Mapping[str, object], workspace: str) -> dict[str, str]:
    """By the ids of blocks, each of which holds one element; what was left empty is an empty text, and a person is
    named as texts do it."""
    if len(blocks) > _MOST_BLOCKS:
        raise bad("the form has too many fields")
    return {matching({"id": name}, "id", _NAME): _value(inner(blocks, name), workspace) for name in blocks}


def _value(elements: Mapping[str, object], workspace: str) -> str:
    if len(elements) != 1:
        raise bad("a field of the form does not hold one element")
    element = inner(elements, next(iter(elements)))
    if element.get("type") == "plain_text_input":
        return optional(element, "value", TEXT)
    if element.get("type") == "users_select":
        user = optional(element, "selected_user", USER)
        return person_of(workspace, user) if user else ""
    if element.get("selected_option") is None:
        return ""
    return optional(inner(element, "selected_option"), "value", TEXT)
