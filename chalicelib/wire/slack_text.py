"""The product's texts to Slack's mrkdwn: everything is escaped, then the product's own placeholders are filled in.

So text from outside can hold no mention and no link; `{team}`, `{person:W/U}`, `{time:EPOCH}` and `{left:EPOCH}` are
written by the product only (usecases/messages.py makes braces from outside harmless).
Facts: docs.slack.dev, "Formatting text for app surfaces" (escaping &, < and >; user mentions; date formatting).
"""

import re
import time

_PLACEHOLDER = re.compile(r"\{(team|person:([A-Za-z0-9]+)/([A-Za-z0-9-]+)|(time|left):(\d+))\}")


def escape(text: str) -> str:
    """Slack's three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render(text: str) -> str:
    """Escaped text with placeholders as Slack writes them; times show in the reader's own time zone."""
    return _PLACEHOLDER.sub(_fill, escape(text))


def plain(text: str) -> str:
    """The same for places that know no markup: notifications and screen readers."""
    return _PLACEHOLDER.sub(_words, text).replace("*", "").replace("`", "")


def _fill(found: re.Match[str]) -> str:
    if found[1] == "team":
        return "<!here>"
    if found[2]:
        return f"<@{found[3]}>" if found[3].startswith(("U", "W")) else found[3]
    style = "{time}" if found[4] == "time" else "{ago}"
    return f"<!date^{found[5]}^{style}|{_clock(int(found[5]))}>"


def _words(found: re.Match[str]) -> str:
    if found[1] == "team":
        return ""
    return "somebody" if found[2] else _clock(int(found[5]))


def _clock(epoch: int) -> str:
    return time.strftime("%H:%M UTC", time.gmtime(epoch))
