"""What can be said after `/deploy`, and the words that every command is made of.

Unknown or malformed text raises Refused that names what was wrong and how to write it.
"""

import re

from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason

NAME = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_DURATION = re.compile(r"\+?([0-9]{1,4})([smh])\Z")
_DAYS = re.compile(r"([1-9][0-9]{0,2})d\Z")
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
    "history": "/deploy history SERVICE ENVIRONMENT | roles [before NUMBER]",
    "versions": "/deploy versions SERVICE",
    "stats": "/deploy stats [SERVICE [ENVIRONMENT]] [30d|90d [shared]]",
    "audit": "/deploy audit SERVICE ENVIRONMENT | roles",
    "confirm": "/deploy confirm CODE",
    "reject": "/deploy reject CODE [REASON]",
    "grant": "/deploy grant @user ROLE [on SERVICE]",
    "revoke": "/deploy revoke @user ROLE [on SERVICE]",
    "roles": "/deploy roles [SERVICE]",
    "whoami": "/deploy whoami",
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


def seconds(verb: str, word: str, like: str = "`+30m` or `+2h`") -> int:
    """A length of time such as `+2h`, in seconds; never 0."""
    found = _DURATION.match(word)
    if not found or int(found[1]) == 0:
        raise malformed(verb, f"`{shown(word)}` is not a time like {like}.")
    return int(found[1]) * _SECONDS[found[2]]


def length(verb: str, word: str) -> int:
    """A length of time such as `2h` or `3d`, in seconds; never 0."""
    found = _DAYS.match(word)
    return int(found[1]) * 86_400 if found else seconds(verb, word, "`30m`, `2h` or `3d`")


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
