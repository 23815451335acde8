"""Messages as Block Kit: escaped, expanded, and within Slack's limits whatever they hold."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.usecases.chat_ports import Action, Message, Reply
from chalicelib.wire.slack_message import blocks_of, reply_of, text_of, verb_of
from chalicelib.wire.slack_text import cut, plain, render
from sandbox.front.blocks import check_blocks

DEPLOY = Message(
    summary="cameras@142 to production: ready",
    title="🟢 cameras@142 to production: ready",
    fields=(("Version", "141 → *142*"), ("Asked for by", "{person:T0SANDBOX/U0DEPLOYER}")),
    lines=("*Ready.*", "", "Until {time:1700000000}"),
    actions=(
        Action("keep", "Keep 2 h longer", "cameras production +2h"),
        Action("keep", "End now", "cameras production end", "danger", "No way back."),
    ),
    notes=("cameras-production-1",),
)


def test_every_part_becomes_its_block() -> None:
    """Heading, fields, lines, buttons and notes, in this order, and Slack takes them."""
    blocks = blocks_of(DEPLOY)
    assert [each["type"] for each in blocks] == ["header", "section", "section", "actions", "context"]
    assert blocks[2]["text"]["text"] == "*Ready.*\nUntil <!date^1700000000^{time}|22:13 UTC>"
    assert check_blocks(blocks) == []


def test_two_buttons_of_one_verb_stay_apart() -> None:
    """Ids are unique within a message and still say the verb."""
    buttons = blocks_of(DEPLOY)[3]["elements"]
    assert [each["action_id"] for each in buttons] == ["keep", "keep:2"]
    assert {verb_of(each["action_id"]) for each in buttons} == {"keep"}


def test_a_button_that_asks_once_more_has_a_dialog() -> None:
    """`confirm` and the style reach Slack; a style it does not know does not."""
    first, second = blocks_of(DEPLOY)[3]["elements"]
    assert second["style"] == "danger"
    assert second["confirm"]["text"]["text"] == "No way back."
    assert "style" not in first
    assert "confirm" not in first


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{person:T0SANDBOX/U0LEAD}", "<@U0LEAD>"),
        ("{person:ci/jenkins}", "jenkins (CI)"),
        ("{person:pointsman/service}", "Pointsman"),
        ("{person:None}", "nobody"),
        ("{time:0}", "<!date^0^{time}|00:00 UTC>"),
        ("{left:60}", "<!date^60^{ago}|1970-01-01 00:01 UTC>"),
        ("{when:60}", "<!date^60^{date_short_pretty} at {time}|1970-01-01 00:01 UTC>"),
        ("{team} look", "<!here> look"),
        ("{person:x/<!channel>}", "{person:x/&lt;!channel&gt;}"),
        ("{time:1|x}", "{time:1|x}"),
        ("{other}", "{other}"),
        ("<!channel> & <https://evil.test|here>", "&lt;!channel&gt; &amp; &lt;https://evil.test|here&gt;"),
        ("a\x00b\ud800c", "a b c"),
    ],
)
def test_placeholders_expand_and_everything_else_is_escaped(text: str, shown: str) -> None:
    """Only the product's placeholders become mentions and dates."""
    assert render(text) == shown


def test_headings_say_people_and_times_in_words() -> None:
    """plain_text expands nothing."""
    assert (
        plain("{person:T0/U0LEAD} <b> at {time:0}\n{team}", 150) == "U0LEAD \u2039b\u203a at 00:00 UTC Team"
    )


def test_a_cut_never_splits_a_mention() -> None:
    """What does not fit is left out as a whole."""
    assert cut("ab<@U0LEAD>&amp;", 12) == "ab<@U0LEAD>…"
    assert cut("ab<@U0LEAD>", 10) == "ab…"


def test_output_keeps_its_end_and_can_not_leave_its_block() -> None:
    """Errors stand at the end; backquotes of a host close nothing."""
    output = "first line\n" + "x" * 5000 + "\n``` <!channel> last line"
    (block,) = blocks_of(Message(summary="s", output=output))
    text = block["text"]["text"]
    assert text.startswith("```\n…")
    assert text.endswith("''' &lt;!channel&gt; last line\n```")
    assert len(text) <= 3000


def test_a_message_of_nothing_still_is_a_message() -> None:
    """Slack refuses empty texts."""
    assert text_of(Message(summary=" ")) == "…"
    assert check_blocks(blocks_of(Message(summary="", lines=(" ",), notes=("",), output=" "))) == []


def test_long_lines_fill_several_sections_in_order() -> None:
    """Nothing is lost between sections."""
    blocks = blocks_of(Message(summary="s", lines=tuple(str(number) * 900 for number in range(8))))
    assert [each["text"]["text"][0] for each in blocks] == ["0", "3", "6"]


TEXT = st.text(max_size=60) | st.sampled_from(
    [
        "",
        "<!channel>",
        "&" * 2999,
        "{person:T1/U1}" * 400,
        "{time:1}" * 500,
        "`*_~" * 900,
        "x" * 4000,
        "\ud800",
    ]
)
ACTIONS = st.builds(
    Action,
    verb=st.sampled_from(["keep", "confirm", "", "v" * 300]),
    label=TEXT,
    value=TEXT,
    style=st.sampled_from(["", "primary", "danger", "loud"]),
    confirm=TEXT,
)
MESSAGES = st.builds(
    Message,
    summary=TEXT,
    title=TEXT,
    lines=st.lists(TEXT, max_size=30).map(tuple),
    fields=st.lists(st.tuples(TEXT, TEXT), max_size=25).map(tuple),
    actions=st.lists(ACTIONS, max_size=60).map(tuple),
    notes=st.lists(TEXT, max_size=14).map(tuple),
    output=TEXT,
)


@given(MESSAGES)
def test_no_message_breaks_a_limit(message: Message) -> None:
    """Whatever a message holds, Slack takes it, and no mention is in it that the product did not write."""
    blocks, text = blocks_of(message), text_of(message)
    assert check_blocks(blocks) == []
    assert 0 < len(text) <= 4000
    json.dumps([blocks, text]).encode()
    assert not any("<!channel" in shown for shown in _shown(blocks))


def _shown(part: object) -> Iterator[str]:
    """Every text that people see."""
    if isinstance(part, dict):
        yield from [part["text"]] if isinstance(part.get("text"), str) else []
        for each in part.values():
            yield from _shown(each)
    elif isinstance(part, list):
        for each in part:
            yield from _shown(each)


def test_an_answer_with_buttons_keeps_its_indents_and_empty_lines() -> None:
    """As it does without any."""
    said = "*cameras*\n    under way: *142*\n\nThe way back\n"
    (section, _) = reply_of(Reply(said, (Action("status", "Status", ""),)))["blocks"]
    assert section["text"]["text"] == reply_of(Reply(said))["text"] == said.rstrip()
