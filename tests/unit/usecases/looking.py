"""Asking to see something, as every test of what people look at does."""

from dataclasses import replace

from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Phase, State
from chalicelib.domain.people import Actor
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Reply
from chalicelib.wire.slack_message import reply_of
from chalicelib.wire.slack_text import LONGEST_REPLY
from sandbox.front.blocks import check_blocks
from tests.builders import (
    DEPLOYER,
    NOW,
    hosts,
    plan,
)
from tests.unit.usecases.desk import Desk


def asked(desk: Desk, text: str, by: Actor = DEPLOYER) -> Reply:
    """The whole answer, which must fit what Slack takes."""
    reply = desk.chatops.handle(Request(parse(text), by, "slack-look"))
    sent = reply_of(reply)
    assert len(sent["text"]) <= LONGEST_REPLY
    assert check_blocks(sent.get("blocks", [])) == []
    return reply


def buttons(reply: Reply) -> dict[str, str]:
    """The command of each button, which must be one that can be typed."""
    commands = {
        each.label: each.value if each.verb == "deploy" else f"{each.verb} {each.value}"
        for each in reply.actions
    }
    for command in commands.values():
        parse(command)
    return commands


def keeping(desk: Desk) -> None:
    """142 went live and keeps its old fleet."""
    phases = (Phase(State.ACCEPTED, NOW - 600), Phase(State.KEEPING, NOW - 60))
    desk.keeping(plan=plan(), new=hosts("i-1"), phases=phases)
    desk.store.put(replace(desk.environment(), live_deployment="cameras-production-1"))
