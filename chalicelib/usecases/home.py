"""What somebody finds on their own page: what waits for them, what is live where, the latest deployments. Worked out
from records alone; times are for the reader's clock, so that nothing changes only because time passes."""

from collections.abc import Iterator, Sequence

from chalicelib.domain.approval import SECOND_PERSON, Question
from chalicelib.domain.deployment import Deployment, Environment, State
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds
from chalicelib.domain.settings import Team
from chalicelib.usecases.buttons import buttons, confirm_or_reject
from chalicelib.usecases.chat_ports import Action, Home, Part
from chalicelib.usecases.deciders import may_say_yes
from chalicelib.usecases.holding import lock_line
from chalicelib.usecases.ports import Overview
from chalicelib.usecases.questions import progress
from chalicelib.usecases.team_questions import for_home
from chalicelib.usecases.texts import live, plain
from chalicelib.usecases.words import state_name, words_for, words_of
from chalicelib.usecases.words.shape import Words

MOST_PLACES = 20
_MOST_WAITING, _LATEST = 10, 5
"""What one looks at in the morning, not everything; `/deploy where` has that in pages."""
_WAITS = frozenset({State.READY, State.ASKING_RETRY, State.KEEPING, State.STUCK})
_NO_ROLE = "You have no role here yet. Ask an admin for one: `/deploy roles` says who that is."
_WHOM_TO_ASK = (Action("roles", "Who may?", ""), Action("whoami", "What may I do?", ""))
_START = (
    Action("form", "Deploy by form", "", "primary"),
    Action("where", "What is where", ""),
    Action("help", "What can I say?", ""),
)


def home_page(
    team: Team, who: Actor, overviews: Sequence[Overview], now: float, asked: Sequence[Question] = ()
) -> Home:
    """The home of one person, of what they may look at. `asked`: questions of the team as a whole."""
    mine = [each for each in overviews if holds(team, who, Role.VIEWER, each.environment.service)]
    if not mine:
        return Home((Part((_NO_ROLE,), _WHOM_TO_ASK),))
    waiting = [*for_home(team, who, asked), *(part for each in mine for part in _waits(team, who, each, now))]
    more = len(waiting) - _MOST_WAITING
    parts = [
        Part(("Deploy, decide and look from here, or type `/deploy` in any channel.",), _START, "Pointsman"),
        Part(() if waiting else ("Nothing. Enjoy your tea.",), title="What waits for you"),
        *waiting[:_MOST_WAITING],
        *([Part((f"And {more} more: `/deploy status` shows them.",))] if more > 0 else []),
        Part((), title="What is live where"),
        *(_place(team, who, each, now) for each in mine),
        *_unread(team, overviews),
        Part(tuple(_latest(mine)), title="Latest deployments"),
    ]
    return Home(tuple(parts), ("This page follows what happens for some hours after you opened it.",))


def _waits(team: Team, who: Actor, overview: Overview, now: float) -> Iterator[Part]:
    """Questions that this person may answer, turns that came, and their own deployments that wait for somebody."""
    known = {each.id: each for each in overview.deployments}
    environment = overview.environment
    for question in overview.questions:
        if question.kind in SECOND_PERSON and question.open_at(now) and may_say_yes(team, question, who):
            yield _question(question, known.get(question.deployment), words_for(team, question.service))
    for place in environment.queue:
        if place.actor == who and place.offered_at and place.over is None and now < place.offered_until:
            what = f"{place.service}{f'@{place.version}' if place.version else ''} to {place.environment}"
            line = f"Your turn: *{plain(what)}*. It is kept for you until {{time:{place.offered_until:.0f}}}."
            yield Part((line,), (Action("deploy", "Deploy now", what, "primary"),))
    held = {slot.deployment for slot in (environment.active, environment.keeping) if slot is not None}
    for deployment in overview.deployments:
        if deployment.id in held and deployment.requester == who and deployment.state in _WAITS:
            yield _own(
                deployment,
                [
                    each
                    for each in overview.questions
                    if each.deployment == deployment.id and each.open_at(now)
                ],
            )


def _question(question: Question, deployment: Deployment | None, words: Words) -> Part:
    name = plain(words_of(deployment).name(deployment)) if deployment is not None else question.service
    asked = (
        f"{words.questions.asked[question.kind]} *{name}* in *{question.environment}*, asked by "
        f"{{person:{question.requester}}}; it expires at {{time:{question.deadline:.0f}}}."
    )
    lines = tuple(line for line in (asked, progress(question)) if line)
    return Part(lines, confirm_or_reject(question))


def _own(deployment: Deployment, questions: Sequence[Question]) -> Part:
    until = f" until {{when:{deployment.keep_until:.0f}}}" if deployment.state is State.KEEPING else ""
    line = f"Your *{deployment.id}* (`{plain(deployment.version)}`): {state_name(deployment)}{until}."
    return Part((line,), buttons(deployment, questions))


def _place(team: Team, who: Actor, overview: Overview, now: float) -> Part:
    """One environment: what is live, what is under way, who keeps it; what this person may do about it."""
    environment = overview.environment
    value = f"{environment.service} {environment.name}"
    lines = [f"*{environment.service}* in *{environment.name}*: {live(environment)}"]
    held = [slot.deployment for slot in (environment.active, environment.keeping) if slot is not None]
    lines += [
        f"• {each.id} (`{plain(each.version)}`): {state_name(each)}"
        for each in overview.deployments
        if each.id in held
    ]
    locked = lock_line(environment, now)
    if locked:
        lines.append(f"• {locked}")
    action = Action("why", "Why?", value) if held else Action("form", "Deploy", value)
    return Part(tuple(lines), (action, *_lock(team, who, environment, now)))


def _lock(team: Team, who: Actor, environment: Environment, now: float) -> tuple[Action, ...]:
    """The form that locks it, or ends the lock."""
    value, lock = f"{environment.service} {environment.name}", environment.lock
    if lock is None or now >= lock.until:
        may = holds(team, who, Role.DEPLOYER, environment.service)
        return (Action("form", "Lock", f"lock {value}"),) if may else ()
    if lock.actor == who or holds(team, who, Role.APPROVER, environment.service):
        return (Action("form", "End the lock", f"unlock {value}"),)
    return ()


def _unread(team: Team, overviews: Sequence[Overview]) -> Iterator[Part]:
    left = sum(len(names) for names in team.services().values()) - len(overviews)
    if left > 0:
        places = "one more place" if left == 1 else f"{left} more places"
        yield Part((f"And {places}: `/deploy where` shows all.",))


def _latest(overviews: Sequence[Overview]) -> Iterator[str]:
    made = [deployment for each in overviews for deployment in each.deployments]
    made.sort(key=lambda each: -each.requested_at)
    if not made:
        yield "None yet."
    for each in made[:_LATEST]:
        name = f"{plain(words_of(each).name(each))} to {each.environment}"
        asked = f"asked for by {{person:{each.requester}}} {{when:{each.requested_at:.0f}}}"
        yield f"• *{name}*: {state_name(each)}, {asked}"
