"""How texts are made, and the sentences that are the same whatever is deployed; all others are in words/."""

import re

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import Deployment, Environment, Ref

DONE_BEFORE = "I did this already; nothing was done twice."

_HARMLESS = str.maketrans("{}`*~", "()'·-")
_EDGE_OF_ITALICS = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""Underscores inside a word are text in a chat's markup, at its edges they begin and end italics."""

_PERSON = re.compile(r"(\{person:[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._-]{1,64}\})")
_CUT_NAME = re.compile(r"\{[^{}]*\Z")


def plain(text: str) -> str:
    """Text from outside with everything that could become markup made harmless."""
    return _EDGE_OF_ITALICS.sub("-", text.translate(_HARMLESS))


def worded(detail: str) -> str:
    """A detail that the product worded itself: people stay people, all else is made harmless."""
    parts = _PERSON.split(detail)
    return "".join(part if _PERSON.fullmatch(part) else plain(part) for part in parts)


def shortened(detail: str, most: int) -> str:
    """A detail in at most so many characters, or one more where it was cut; nobody's name is cut in two."""
    return detail if len(detail) <= most else _CUT_NAME.sub("", detail[:most]) + "…"


def sentence(text: str) -> str:
    """With a full stop, unless whoever gave the end of it has put one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def duration(seconds: float) -> str:
    """A length of time as people say it: `2 h`, `1 h 30 min`, `45 s`."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if not hours and whole < 120:
        return f"{whole} s"
    parts = [
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{rest} s" if rest and not hours else "",
    ]
    return " ".join(part for part in parts if part)


def size(count: int) -> str:
    """A number of bytes as people say it."""
    for unit, one in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count} bytes"


def live(environment: Environment) -> str:
    """What is live in an environment and since when, wherever that is said."""
    if not environment.live_version:
        return "I have deployed nothing here yet"
    since = f" since {{when:{environment.live_since:.0f}}}" if environment.live_since else ""
    return f"`{plain(environment.live_version)}` is live{since}"


def accepted(ref: Ref) -> str:
    """A deployment was accepted."""
    return f"Started *{ref.deployment}*. I work out the plan and show it in the channel."


def accepted_both(server: Ref, frontend: Ref) -> str:
    """Two deployments were accepted as one."""
    return (
        f"Started *{server.deployment}*; *{frontend.deployment}* follows when its traffic has switched, and both go "
        "back if either does. I work out the plan and show it in the channel."
    )


def together(deployment: Deployment) -> str:
    """What a deployment goes with, and what that means for both; empty where it goes alone."""
    if deployment.partner is None:
        return ""
    if deployment.follows:
        return f"*{deployment.partner.deployment}*: this follows it, and both go back together"
    if deployment.stays:
        return f"{_named(deployment)}: visitors keep seeing it, since there is no release before it to go back to"
    return f"{_named(deployment)}: visitors see it once traffic has switched, and it goes back before traffic does"


def along(deployment: Deployment, kind: Kind) -> str:
    """What a yes means for what goes with it; empty where it goes alone."""
    with_ = together(deployment)
    if with_ and kind is Kind.END and not deployment.follows:
        return f"{_named(deployment)} can not be rolled back after that either."
    if with_ and kind is Kind.ROLLBACK and not deployment.follows and not deployment.stays:
        return f"{_named(deployment)} goes back first, so that no page asks servers that are not there."
    return f"Together with {with_}." if with_ else ""


def _named(deployment: Deployment) -> str:
    """The release that goes with servers; before their plan is made, its deployment."""
    release = deployment.plan.together.partition(" ")[0] if deployment.plan is not None else ""
    other = deployment.partner.deployment if deployment.partner is not None else ""
    return f"`{plain(release)}`" if release else f"*{other}*"


def planning(ref: Ref) -> str:
    """A plan was asked for."""
    return f"Working out a plan (*{ref.deployment}*). I show it in the channel; nothing is changed."


def lasted(deployment: Deployment) -> str:
    """How long it took in all; empty where nobody wrote down when it ended."""
    if not deployment.phases:
        return ""
    return f"It took {duration(deployment.phases[-1].at - deployment.requested_at)} in all."


def retrying(deployment: Deployment) -> str:
    """A retry was accepted."""
    return f"*{deployment.id}* goes on from where it stopped. What went well before is not done again."
