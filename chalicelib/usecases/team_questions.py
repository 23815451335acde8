"""Questions of the team that wait for a second person: changes of roles, and updates of the service itself. They wait
five minutes at most, so the newest lines of the roles' history name all of those, however many there ever were."""

from collections.abc import Iterator, Sequence

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds
from chalicelib.domain.roles import ROLES, TEAM
from chalicelib.domain.settings import Team
from chalicelib.usecases import role_texts, update_texts
from chalicelib.usecases.answering import ANSWER_SECONDS
from chalicelib.usecases.buttons import confirm_or_reject
from chalicelib.usecases.chat_ports import Part
from chalicelib.usecases.deciders import deciders
from chalicelib.usecases.ports import Store

_LINES, _MOST = 20, 5


def waiting(store: Store, now: float) -> tuple[Question, ...]:
    """The newest that are open. Reads: the latest updates, one query, and two items for each of six at most."""
    codes = [each.id.removeprefix("update-") for each in store.updates().latest if each.waits(now)]
    lines = store.history(TEAM, ROLES, limit=_LINES)
    asked = [each for each in lines if each.event.endswith("_asked") and now <= each.at + ANSWER_SECONDS]
    codes += [each.deployment.removeprefix("role-") for each in asked[:_MOST]]
    found = (store.question(code) for code in codes)
    return tuple(each for each in found if each is not None and each.open_at(now))


def for_home(team: Team, who: Actor, asked: Sequence[Question]) -> Iterator[Part]:
    """Those that this person may decide."""
    for each in asked:
        change = each.change
        if change is not None and who.user in deciders(team, change, each.requester):
            yield Part((role_texts.pending(each, change),), confirm_or_reject(each))
        if each.kind is Kind.UPDATE and who != each.requester and holds(team, who, Role.APPROVER):
            yield Part((update_texts.pending(each),), confirm_or_reject(each))


def for_list(asked: Sequence[Question], service: str) -> list[str]:
    """What stands below who holds which role; of a service, what is about it."""
    return [
        f"⏳ {role_texts.pending(each, each.change)} `/deploy confirm {each.code}` or `/deploy reject {each.code}`"
        for each in asked
        if each.change is not None and (not service or each.change.grant.service in {"", service})
    ]
