"""What texts hold where a chat service has a form of its own: its wire module puts that there. All other markup of the
product's own words is `*bold*` and `` `code` ``.

{person:WORKSPACE/USER}  a mention; CI and the service itself by name
{time:EPOCH}             a time of day in the reader's zone, in UTC where the service can not tell it: for what is near
{when:EPOCH}             the same with its day: `today at 10:05`, `Nov 20 at 10:05` (no "at" before it)
{left:EPOCH}             how far away that is
{team}                   everybody in the channel who is active
"""

import re
import time

PLACEHOLDER = re.compile(
    r"\{(?:(?P<team>team)"
    r"|person:(?P<who>[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._-]{1,64}|None)"
    r"|(?P<form>time|when|left):(?P<epoch>\d{1,11})(?:\.\d{1,9})?)\}",
    re.ASCII,
)
_CLOCKS = {"time": "%H:%M UTC", "when": "%Y-%m-%d %H:%M UTC", "left": "%Y-%m-%d %H:%M UTC"}


def words(found: re.Match[str]) -> str:
    """A placeholder where nothing can be mentioned and nobody's zone is known."""
    if found["team"]:
        return "Team"
    return clock(found) if found["form"] else name(found["who"])


def clock(found: re.Match[str]) -> str:
    """A time in UTC."""
    return time.strftime(_CLOCKS[found["form"]], time.gmtime(int(found["epoch"])))


def name(who: str) -> str:
    """Somebody in words."""
    workspace, _, user = who.partition("/")
    if not user:
        return "nobody"
    if workspace == "ci":
        return f"{user} (CI)"
    return "Pointsman" if workspace == "pointsman" else user
