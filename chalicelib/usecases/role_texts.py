"""What people read about roles. Each sentence says what happens next and who must act."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from chalicelib.domain.approval import Answer, Question
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import holds
from chalicelib.domain.reasons import Reason
from chalicelib.domain.role_commands import Roles, Whoami
from chalicelib.domain.roles import Grant, Role, RoleChange
from chalicelib.domain.settings import Team, names
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.paging import Page, page

DOING = {
    "grant": "Granting a role",
    "revoke": "Revoking a role",
    "confirm": "Confirming",
    "reject": "Rejecting",
}

SIZE = 18
"""People on a page, so that all of them fit into one line of a message however long their names are (3,000 characters:
each may have 154, of user, service and day)."""
_LEGEND = (
    "An admin holds every role. Who has no date stands in `pointsman.yaml`; the others were granted here with "
    "`/deploy grant`."
)
MAY = {
    Role.VIEWER: "ask for the status",
    Role.DEPLOYER: "start, finish, cancel and roll back deployments",
    Role.APPROVER: "confirm what somebody else asked for",
    Role.ADMIN: "do everything, and grant and revoke roles",
}


def role(grant: Grant) -> str:
    """`*approver* for `cameras``."""
    return f"*{grant.role}* for {'`' + grant.service + '`' if grant.service else 'all services'}"


def person(grant: Grant, workspace: str) -> str:
    """Whose role it is."""
    return f"{{person:{workspace}/{grant.user}}}"


def effect(change: RoleChange, workspace: str) -> str:
    """What a change has done."""
    grant = change.grant
    return f"{person(grant, workspace)} is {'no longer' if change.revoke else 'now'} {role(grant)}"


def wish(change: RoleChange, workspace: str) -> str:
    """The question about a change."""
    grant = change.grant
    return f"May {person(grant, workspace)} {'stop being' if change.revoke else 'become'} {role(grant)}?"


def request(change: RoleChange, workspace: str) -> str:
    """The same to go on from `the`."""
    grant = change.grant
    doing = "stop being" if change.revoke else "become"
    return f"request that {person(grant, workspace)} {doing} {role(grant)}"


def pending(question: Question, change: RoleChange) -> str:
    """A question about a change, to whoever looks."""
    return (
        f"{wish(change, question.requester.workspace)} Asked by {{person:{question.requester}}}; "
        f"a second person answers by {{time:{question.deadline:.0f}}}, else nothing changes."
    )


def asked(question: Question) -> str:
    """To the one who asked: a second person is needed."""
    return (
        "This role decides about what others ask for, so an approver or admin other than you confirms it. "
        f"I asked in the channel (`{question.code}`); until somebody confirms, nothing changes."
    )


def done(change: RoleChange, workspace: str) -> str:
    """To the one who did it."""
    return f"Done: {effect(change, workspace)}. The channel shows it."


def decided(question: Question, change: RoleChange) -> str:
    """To the one who decided it."""
    if question.answer is Answer.REJECT:
        return "Rejected. Roles stay as they are."
    return f"Confirmed: {effect(change, question.requester.workspace)}."


def recorded(question: Question) -> str:
    """What a line of history says about a change."""
    change = question.change
    if change is None:
        return ""
    grant = change.grant
    where = f" on {grant.service}" if grant.service else ""
    who = person(grant, question.requester.workspace)
    return f"{'revoke' if change.revoke else 'grant'} {who} {grant.role}{where}"


def listed(team: Team, service: str, number: int) -> Page[tuple[Role, str]]:
    """A page of who holds which role; a role that nobody holds has a line, too."""
    found = [(each, who) for each in reversed(Role) for who in _holders(team, each, service) or ["nobody"]]
    return page(found, number, SIZE, "roles", service)


def answer(team: Team, command: Roles | Whoami, by: Actor, waiting: Callable[[], list[str]]) -> Reply:
    """Who may do what and what waits for a second person, to everybody of the workspace: whoever may nothing yet has
    to know whom to ask. Refused for others, and where the service is unknown."""
    if by.workspace != team.workspace:
        raise Refused(Reason.WRONG_WORKSPACE)
    if isinstance(command, Whoami):
        return Reply(own(team, by))
    if command.service and command.service not in team.services():
        raise Refused(Reason.UNKNOWN_SERVICE, service=command.service, known=names(team.services()))
    some = listed(team, command.service, command.page)
    heading = f"*Roles for {'`' + command.service + '`' if command.service else 'all services'}*"
    return Reply(
        "\n".join([heading, *_lines(some.shown), _LEGEND, *waiting(), *some.notes]),
        (*_ways(team, by), *some.actions),
    )


def _ways(team: Team, by: Actor) -> tuple[Action, ...]:
    """Who may change roles does it here, too."""
    if not any(holds(team, by, Role.ADMIN, each) for each in team.services()):
        return ()
    return (Action("form", "Grant a role", "grant"), Action("form", "Revoke a role", "revoke"))


def _lines(shown: Sequence[tuple[Role, str]]) -> Iterator[str]:
    """One for each role."""
    for each, found in groupby(shown, key=itemgetter(0)):
        yield f"• *{each}* ({MAY[each]}): {', '.join(who for _, who in found)}"


def _holders(team: Team, role: Role, service: str) -> list[str]:
    found = [_anybody(user, team) for user in sorted(team.configured(role))]
    for grant in team.grants.given:
        if grant.role is not role or (service and grant.service not in {"", service}):
            continue
        where = f" on `{grant.service}`" if grant.service else ""
        found.append(f"{person(grant, team.workspace)}{where} (since {{when:{grant.at:.0f}}})")
    return found


def _anybody(user: str, team: Team) -> str:
    return "everybody" if user == "*" else f"{{person:{team.workspace}/{user}}}"


def own(team: Team, actor: Actor) -> str:
    """Which roles somebody holds, and what they may do with them."""
    lines = [f"You are {{person:{actor}}} (`{actor.user}`)."]
    everywhere = [each for each in Role if holds(team, actor, each)]
    lines += [f"• You may {MAY[each]} (*{each}*)." for each in everywhere]
    for service in sorted(team.services()):
        more = [each for each in Role if each not in everywhere and holds(team, actor, each, service)]
        lines += [f"• For `{service}` you may {MAY[each]} (*{each}*)." for each in more]
    if len(lines) == 1:
        lines.append("You hold no role. An admin can grant you one with `/deploy grant`.")
    return "\n".join(lines)
