"""What can be said after `/deploy`, and the words that every command is made of.

Unknown or malformed text raises Refused that names what was wrong and how to write it.
"""

import re

from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_LENGTH = re.compile(
    r" ?([0-9]{1,4}) ?(?:(d|days?)|(h|hours?)|(m|min|minutes?)|(s|seconds?))(?![a-z])",
    re.ASCII | re.IGNORECASE,
)
_UNITS = {2: 86_400, 3: 3_600, 4: 60, 5: 1}
"""By the pattern's groups."""
_NUMBER = re.compile(r"[1-9][0-9]{0,9}\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_CODE = re.compile(r"[A-Z0-9]{3,12}")
_MOST_PAGES = 10_000

USAGE: dict[str, str] = {
    "deploy": "/deploy SERVICE[@VERSION][+FRONTEND] to ENVIRONMENT",
    "plan": "/deploy plan SERVICE[@VERSION] to ENVIRONMENT",
    "finish": "/deploy finish SERVICE ENVIRONMENT",
    "cancel": "/deploy cancel SERVICE ENVIRONMENT",
    "retry": "/deploy retry SERVICE ENVIRONMENT",
    "rollback": "/deploy rollback SERVICE ENVIRONMENT",
    "keep": "/deploy keep SERVICE ENVIRONMENT +2h | end",
    "cleanup": "/deploy cleanup SERVICE ENVIRONMENT",
    "lock": "/deploy lock SERVICE ENVIRONMENT [for 2h] REASON",
    "unlock": "/deploy unlock SERVICE ENVIRONMENT [REASON]",
    "locks": "/deploy locks",
    "queue": "/deploy queue SERVICE[@VERSION] to ENVIRONMENT",
    "leave": "/deploy leave SERVICE ENVIRONMENT",
    "ask": "/deploy ask SERVICE ENVIRONMENT",
    "override": "/deploy override SERVICE[@VERSION] to ENVIRONMENT REASON",
    "status": "/deploy status [SERVICE [ENVIRONMENT]]",
    "where": "/deploy where [SERVICE]",
    "why": "/deploy why SERVICE ENVIRONMENT",
    "history": "/deploy history SERVICE ENVIRONMENT | roles | updates [before NUMBER]",
    "versions": "/deploy versions SERVICE",
    "stats": "/deploy stats [SERVICE [ENVIRONMENT]] [30d|90d [shared]]",
    "audit": "/deploy audit SERVICE ENVIRONMENT | roles | updates",
    "confirm": "/deploy confirm CODE",
    "reject": "/deploy reject CODE [REASON]",
    "grant": "/deploy grant @user ROLE [on SERVICE]",
    "revoke": "/deploy revoke @user ROLE [on SERVICE]",
    "roles": "/deploy roles [SERVICE]",
    "whoami": "/deploy whoami",
    "update": "/deploy update [REVISION]",
    "form": "/deploy form [COMMAND] [SERVICE ENVIRONMENT] | form reject CODE",
    "help": "/deploy help [COMMAND]",
}


def name(verb: str, word: str) -> str:
    """The name of a service or an environment."""
    if not NAME.match(word):
        problem = f"`{shown(word)}` is not a name (small letters, digits and dashes, 32 at most)."
        raise malformed(verb, problem)
    return word


def deployment_of(verb: str, service: str, environment: str, words: list[str]) -> str:
    """The id of a deployment of this service and environment, where a word names one."""
    if not words:
        return ""
    number = words[0].removeprefix(f"{service}-{environment}-")
    if number == words[0] or not _NUMBER.match(number):
        raise malformed(verb, f"`{shown(words[0])}` is no deployment of {service} to {environment}.")
    return words[0]


def span(words: list[str]) -> tuple[int, list[str]]:
    """The length of time that these words begin with, in seconds, and the words after it: `2h`, `90 minutes`, and
    `1 h 30 min`, whose units become smaller. 0 and all of the words where there is none."""
    text, end, total, unit = " ".join(words).removeprefix("+"), 0, 0, 0
    while (found := _LENGTH.match(text, end)) and (found.lastindex or 0) > unit:
        end, unit = found.end(), found.lastindex or 0
        total += int(found[1]) * _UNITS[unit]
    rest = text[end:]
    return (total, rest.split()) if total and rest[:1] in {"", " "} else (0, words)


def length(verb: str, words: list[str], like: str) -> tuple[int, list[str]]:
    """The same, where there has to be one."""
    seconds, rest = span(words)
    if not seconds:
        said = " ".join(words[: 2 if words[0].isdigit() else 1])
        raise malformed(verb, f"`{shown(said)}` is not a time like {like}.")
    return seconds, rest


def longest(seconds: int) -> str:
    """The longest time that can be typed and is no longer than this."""
    units = ((unit, seconds // one) for unit, one in _SECONDS.items())
    return next((f"{number}{unit}" for unit, number in units if number < 10_000), "9999h")


def code(verb: str, word: str) -> str:
    """The code of a question, in any case of letters."""
    if not _CODE.fullmatch(word.upper()):
        raise malformed(verb, f"`{shown(word)}` is not a code.")
    return word.upper()


def paged(verb: str, words: list[str]) -> tuple[list[str], int]:
    """The words without `page 2`, and the page; no name is a number, so nothing else can be meant."""
    if len(words) > 1 and words[-2] == "page" and words[-1][:1].isdigit():
        return words[:-2], min(number(verb, words[-1]), _MOST_PAGES)
    return words, 1


def number(verb: str, word: str) -> int:
    """A number of at most eight digits; never 0."""
    if not (word.isascii() and word.isdigit() and 0 < len(word) < 9 and int(word)):
        raise malformed(verb, f"`{shown(word)}` is not a number.")
    return int(word)


def malformed(verb: str, problem: str) -> Refused:
    """What was wrong, and how the command is written."""
    return Refused(Reason.MALFORMED_COMMAND, problem=problem, usage=USAGE[verb])


def shown(word: str) -> str:
    """Outside text, made harmless to show inside backquotes."""
    return "".join(each for each in word[:40] if each.isprintable() and each not in "`<>&{}")
