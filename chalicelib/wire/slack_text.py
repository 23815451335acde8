"""Texts of the product as Slack's mrkdwn.

The one rule: the product's own words may use `*bold*`, `` `code` `` and usecases/placeholders.py; text from outside has
been through `usecases.messages.plain` (or an allow-list) when it was put in, so that it holds no markup and no braces.
Here `&`, `<` and `>` are escaped in everything, and only then do placeholders become Slack's own forms: no text,
wherever it is from, forges a mention or a link (docs.slack.dev/messaging/formatting-message-text).
"""

import re

from chalicelib.usecases.placeholders import PLACEHOLDER, clock, name, words

LONGEST_REPLY = 12_000
"""Well below the 40,000 characters at which Slack cuts a text ("Truncating content", chat.postMessage)."""

_SLACK_USER = re.compile(r"[UW][A-Z0-9]{1,31}", re.ASCII)
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""Control characters, lone surrogates, and what turns the direction of a line: it would let text stand where it is not
(Unicode Standard Annex 9, 2)."""
_REST_OF_ESCAPE = re.compile(r"\A[a-z]{0,3};")
_ATOM = re.compile(r"<[^<>]*>|&[a-z]+;|.", re.DOTALL)
_FORMS = {"time": "{time}", "when": "{date_short_pretty} at {time}", "left": "{ago}"}
"""Tokens of the page "Formatting message text": the pretty ones say today and yesterday, whenever it is read."""
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Whether plain_text shows an escape as it is written is not documented: quotation marks need none.
_LOOKALIKES = str.maketrans({"<": "\u2039", ">": "\u203a"})
_CUT = "…"
_SLACK = 4
"""No placeholder and no escape is longer than this many times what it becomes."""


def render(text: str, limit: int = LONGEST_REPLY) -> str:
    """mrkdwn of at most `limit` characters; what is too long ends in an ellipsis and never inside a mention."""
    safe = escape(text[: limit * _SLACK])
    return cut(PLACEHOLDER.sub(_mrkdwn, safe), limit)


def plain(text: str, limit: int) -> str:
    """For plain_text objects (headings, buttons), in which Slack expands nothing: people and times in words."""
    said = PLACEHOLDER.sub(words, text[: limit * _SLACK])
    line = " ".join(printable(said).translate(_LOOKALIKES).split())
    return line if len(line) <= limit else line[: limit - 1] + _CUT


def escape(text: str) -> str:
    """Text in which Slack finds no mention and no link."""
    return printable(text).translate(_ESCAPES)


def printable(text: str) -> str:
    """Without lone surrogates, which no JSON reader has to take, and controls other than line breaks and tabs."""
    return _UNPRINTABLE.sub(" ", text)


def cut(rendered: str, limit: int) -> str:
    """At most `limit` characters of mrkdwn, whole mentions and escapes only."""
    if len(rendered) <= limit:
        return rendered
    kept, room = [], limit - len(_CUT)
    for atom in _ATOM.findall(rendered):
        room -= len(atom)
        if room < 0:
            break
        kept.append(atom)
    return "".join(kept) + _CUT


def tail(escaped: str, limit: int) -> str:
    """The end of escaped text in at most `limit` characters, whole escapes only."""
    if len(escaped) <= limit:
        return escaped
    return _CUT + _REST_OF_ESCAPE.sub("", escaped[-(limit - len(_CUT)) :])


def _mrkdwn(found: re.Match[str]) -> str:
    if found["team"]:
        return "<!here>"
    if found["form"]:
        return f"<!date^{found['epoch']}^{_FORMS[found['form']]}|{clock(found)}>"
    _, _, user = found["who"].partition("/")
    return f"<@{user}>" if _is_person(found["who"]) else name(found["who"])


def _is_person(who: str) -> bool:
    workspace, _, user = who.partition("/")
    return workspace not in {"ci", "pointsman"} and _SLACK_USER.fullmatch(user) is not None
