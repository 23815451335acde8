"""The transcript and Slack's markup in it. https://docs.slack.dev/messaging/formatting-message-text"""

from __future__ import annotations

import pytest

from sandbox.front.channel import Channel, Click
from sandbox.front.mrkdwn import readable
from sandbox.front.transcript import transcript
from tests.sandbox.front_harness import StillClock

BOT = "U0POINTSMAN"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<@U0LEAD> and <@U0NOBODY>", "@Lead and @U0NOBODY"),
        ("<!here> <!channel>", "@here @channel"),
        ("<#C0DEPLOYS> <#C0X|other>", "#deploys #other"),
        ("*bold* but 2*3*4", "**bold** but 2*3*4"),
        ("~gone~", "~~gone~~"),
        ("`a*b* :x: &lt;`", "`a*b* :x: <`"),
        ("see <https://a.test/x|the *log*>", "see [the **log**](https://a.test/x)"),
        ("<https://a.test/x>", "https://a.test/x"),
        (":white_check_mark: :no_such_thing:", "✅ :no_such_thing:"),
        ("<!date^1795000000^{date_num} {time_secs}|later>", "2026-11-18 11:06:40"),
        ("<!date^soon^{time}|later>", "later"),
        ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("```one\n*two*```", "\n```\none\n*two*\n```\n"),
    ],
)
def test_markup_reads_as_slack_shows_it(typed: str, read: str) -> None:
    """Each kind of markup of the reference."""
    assert readable(typed) == read


def test_a_message_that_keeps_its_headline_is_told_by_its_new_lines() -> None:
    """Where every version has the same fallback text, the first line that is new says what an edit was about."""
    channel = Channel(StillClock().now)
    message = channel.post("C0DEPLOYS", BOT, "a question", blocks=[section("May it *start*?")])
    channel.edit(message, "a question", [section("May it *start*?"), section("Confirmed by <@U0LEAD>.")])
    assert "*Edited since: 11:06:40 Confirmed by @Lead.*" in transcript(channel.messages())


def section(text: str) -> dict[str, object]:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_a_story_reads_from_top_to_bottom() -> None:
    """Commands, edits, threads, clicks and ephemeral replies, each with author and virtual time."""
    clock = StillClock()
    channel = Channel(clock.now)
    channel.post("C0DEPLOYS", "U0DEPLOYER", "/deploy cameras@142 to production", kind="command")
    heading = {"type": "header", "text": {"type": "plain_text", "text": "cameras 142"}}
    fields = {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Fleet*\n3 control"}]}
    button = {"type": "button", "text": {"type": "plain_text", "text": "Confirm"}, "action_id": "yes"}
    asked = [heading, fields, {"type": "actions", "elements": [button]}]
    message = channel.post("C0DEPLOYS", BOT, "cameras@142 to production: asking", blocks=asked)
    clock.at += 60
    channel.clicked(message, Click(clock.at, "U0APPROVER", "Confirm", "yes"))
    channel.edit(message, "cameras@142 to production: preparing", [heading, fields])
    clock.at += 60
    channel.edit(message, "cameras@142 to production: ready", [heading, fields])
    channel.post("C0DEPLOYS", BOT, "3 hosts launched", thread_ts=message.ts)
    channel.post("C0DEPLOYS", BOT, "not you", viewer="U0DEPLOYER")
    assert transcript(channel.messages()) == STORY


STORY = """# #deploys

## Wednesday, November 18, 2026

**Deployer** typed `/deploy cameras@142 to production` · 11:06:40

**Pointsman** · 11:06:40

### cameras 142

- **Fleet** 3 control

*Edited since: 11:07:40 preparing → 11:08:40 ready*

- Approver pressed **Confirm** at 11:07:40

> **Pointsman** · 11:08:40
>
> 3 hosts launched

**Pointsman** · 11:08:40 · only visible to Deployer

not you
"""
