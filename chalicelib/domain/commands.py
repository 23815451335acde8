"""What people may type after `/deploy`, matched strictly. Buttons become the same commands.

Unknown or malformed text raises Refused that names what was wrong and how to write it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain import holding
from chalicelib.domain.coupling import Together, parts_of, together
from chalicelib.domain.errors import Refused
from chalicelib.domain.form_commands import OpenForm, open_form
from chalicelib.domain.grammar import USAGE, code, deployment_of, length, malformed, name, shown
from chalicelib.domain.holding import Holding, reason, target
from chalicelib.domain.reading import PARSERS, Reading, Share
from chalicelib.domain.reasons import Reason
from chalicelib.domain.role_commands import ChangeRole, Roles, Whoami, change_role, roles, whoami
from chalicelib.domain.update_commands import UpdateItself, update


@dataclass(frozen=True, slots=True)
class Deploy:
    """Start a deployment, or only plan it."""

    service: str
    version: str | None
    environment: str
    plan_only: bool = False
    override: str = ""
    """Why it is started against a lock, a freeze or somebody's turn."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something done to the deployment of an environment: finish, cancel, retry, rollback or end. Buttons name the
    deployment that they stand with, and are refused for any other; whoever types may leave it out."""

    verb: str
    service: str
    environment: str
    deployment: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the old fleet `seconds` longer; `deployment` as in Act."""

    service: str
    environment: str
    seconds: int
    deployment: str = ""

    @property
    def verb(self) -> str:
        """As in Act."""
        return "keep"


@dataclass(frozen=True, slots=True)
class Decide:
    """Confirm or reject a question by its code."""

    verb: str
    code: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """Show what can be said; about one command, where it is named."""

    about: str = ""


Command = (
    Deploy
    | Together
    | Act
    | Keep
    | Decide
    | Holding
    | Reading
    | Share
    | OpenForm
    | Help
    | ChangeRole
    | Roles
    | Whoami
    | UpdateItself
)


def parse(text: str) -> Command:
    """The command that a person typed."""
    words = text.split()
    if words[:1] == ["deploy"] and words[1:2] != ["to"]:
        words = words[1:]  # whoever types `/deploy deploy ...` means what comes after it
    if not words:
        return Help()
    parser = _PARSERS.get(words[0])
    if parser is not None:
        return parser(words[0], words[1:])
    if len(words) >= 2 and words[1] == "to":
        return _deploy("deploy", words)
    if "@" in words[0] and len(words) > 1:
        raise malformed("deploy", f"After the service I expected `to`, not `{shown(words[1])}`.")
    raise Refused(Reason.UNKNOWN_COMMAND, given=shown(text), hint=_hint(words[0]))


def _hint(word: str) -> str:
    """The verb that was probably meant."""
    import difflib  # noqa: PLC0415 - only for a refusal; the edge should not pay for it at every start

    close = difflib.get_close_matches(word, USAGE, n=1)
    return f" Did you mean `{USAGE[close[0]]}`?" if close else ""


def _deploy(verb: str, words: list[str]) -> Command:
    if len(parts_of(words[0] if words else "")) > 1:
        return together(verb, words)
    service, version, environment = target(verb, words)
    return Deploy(service, version or None, environment, plan_only=verb == "plan")


def _override(verb: str, words: list[str]) -> Command:
    if len(parts_of(words[0] if words else "")) > 1:
        return together(verb, words[:3], reason(verb, words[3:]))
    service, version, environment = target(verb, words[:3])
    return Deploy(service, version or None, environment, override=reason(verb, words[3:]))


def _act(verb: str, words: list[str]) -> Command:
    """`cleanup` is what `keep ... end` is, in the words of a frontend."""
    if len(words) not in {2, 3}:
        raise malformed(verb, f"`{verb}` needs a service and an environment.")
    where = name(verb, words[0]), name(verb, words[1])
    return Act("end" if verb == "cleanup" else verb, *where, deployment_of(verb, *where, words[2:]))


def _keep(verb: str, words: list[str]) -> Command:
    if len(words) < 3:
        raise malformed(verb, "`keep` needs a service, an environment, and how much longer (or `end`).")
    where = name(verb, words[0]), name(verb, words[1])
    ends = words[2] == "end"
    seconds, rest = (0, words[3:]) if ends else length(verb, words[2:], "`+30m` or `+2 hours`")
    if len(rest) > 1:
        raise malformed(verb, "`keep` needs a service, an environment, and how much longer (or `end`).")
    deployment = deployment_of(verb, *where, rest)
    return Act("end", *where, deployment) if ends else Keep(*where, seconds, deployment)


def _help(verb: str, words: list[str]) -> Command:
    if len(words) > 1 or (words and words[0] not in USAGE):
        raise malformed(verb, f"I know no command `{shown(' '.join(words))}`.")
    return Help(*words)


def _decide(verb: str, words: list[str]) -> Command:
    if not words or (verb == "confirm" and len(words) > 1):
        raise malformed(verb, f"`{verb}` needs the code that I gave.")
    return Decide(verb, code(verb, words[0]), " ".join(words[1:])[:200])


_PARSERS: dict[str, Callable[[str, list[str]], Command]] = {
    "plan": _deploy,
    "override": _override,
    "finish": _act,
    "cancel": _act,
    "retry": _act,
    "rollback": _act,
    "keep": _keep,
    "cleanup": _act,
    "confirm": _decide,
    "reject": _decide,
    "form": open_form,
    "help": _help,
    **holding.PARSERS,
    **PARSERS,
    "grant": change_role,
    "revoke": change_role,
    "roles": roles,
    "whoami": whoami,
    "update": update,
}
