"""Why an environment is as it is: its state, who may act, what happens by itself, what it waits for, the way back."""

from collections.abc import Callable, Sequence
from functools import partial

from chalicelib.domain.approval import SECOND_PERSON, Kind, Question
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds
from chalicelib.domain.reading import Why
from chalicelib.domain.settings import Team
from chalicelib.usecases.buttons import ask_holder, buttons
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.deciders import may_confirm, may_say_no, may_say_yes, people
from chalicelib.usecases.holding import holding
from chalicelib.usecases.ports import Overview, Store
from chalicelib.usecases.texts import duration, live, plain, shortened, worded
from chalicelib.usecases.words import state_name, words_for, words_of
from chalicelib.usecases.words.shape import Whys

_PAST = 20
"""Deployments that are looked back at for how long things took."""


def why(store: Store, team: Team, asked: Why, by: Actor, now: float) -> Reply:
    """One environment, with the buttons of what this person may do there. Reads: its overview (six at most), its
    findings and its last twenty deployments, one query each; Refused where service or environment is unknown."""
    team.environment(asked.service, asked.environment)
    overview = store.overview(asked.service, asked.environment, deployments=1)
    findings = [each for each in store.findings(asked.service, asked.environment) if each.open]
    before = store.past(asked.service, asked.environment, limit=_PAST)
    held = _held(overview)
    kept = [f"• {each}" for each in holding(overview.environment, now)]
    lines = [_headline(overview, held), *kept]
    offered: list[tuple[Action, bool]] = []
    for made in held:
        questions = [each for each in overview.questions if each.deployment == made.id and each.open_at(now)]
        lines += ["", *_of(team, made, questions, now)]
        offered += [(each, _may(team, by, made, questions, each)) for each in buttons(made, questions)]
    lines += [
        "",
        *_way_back(overview, held, findings, before, now=now, words=words_for(team, asked.service).why),
    ]
    lines += [f"• ⚠ {_finding(each)}" for each in findings]
    mine = tuple(each for each, may in offered if may)
    return Reply("\n".join(lines), mine or (_else(overview, held, by) if offered else ()))


def _held(overview: Overview) -> list[Deployment]:
    """Who holds the environment: what is under way first, then what keeps its old fleet."""
    slots = (overview.environment.active, overview.environment.keeping)
    held = dict.fromkeys(slot.deployment for slot in slots if slot is not None)
    return [made for each in held for made in overview.deployments if made.id == each]


def _headline(overview: Overview, held: list[Deployment]) -> str:
    environment = overview.environment
    rest = "" if held else " Nothing is under way, and nothing happens by itself."
    return f"*{environment.service}* in *{environment.name}*: {live(environment)}.{rest}"


def _of(team: Team, made: Deployment, questions: Sequence[Question], now: float) -> list[str]:
    since = made.phases[-1].at if made.phases else made.requested_at
    what = f"*{made.id}* (`{plain(made.version)}`) is *{state_name(made)}*"
    lines = [f"{what}, for {duration(now - since)} (since {{when:{since:.0f}}})."]
    waits = _waits_for(made, questions)
    if waits:
        lines.append(f"• *Waits for:* {waits}")
    lines.append(f"• *Who may act:* {_who(team, made, questions)}")
    lines.append(f"• *By itself:* {_by_itself(made, questions)}")
    return lines


# --- what it waits for ------------------------------------------------------------------------------------------------


def _waits_for(made: Deployment, questions: Sequence[Question]) -> str:
    """What people, CI or servers have to do first."""
    words = words_of(made).why
    parts = []
    if any(each.kind is Kind.BUILD for each in questions):
        parts.append(f"CI to report the build of `{plain(made.version)}`")
    parts += [
        f"a second person: {{person:{each.requester}}} asked to {words.wishes[each.kind]}"
        for each in questions
        if each.kind in SECOND_PERSON
    ]
    if made.state in words.waits:
        parts.append(words.waits[made.state])
    if made.progress:
        parts.append(plain(made.progress))
    if made.detail and made.state in {State.ASKING_RETRY, State.STUCK}:
        parts.append(f"what went wrong: {worded(shortened(made.detail, 500))}")
    return "; ".join(parts)


# --- who may act ------------------------------------------------------------------------------------------------------


def _who(team: Team, made: Deployment, questions: Sequence[Question]) -> str:
    asked = [each for each in questions if each.kind in SECOND_PERSON]
    parts = [f"confirm or reject `{each.code}`: {may_confirm(team, each)}" for each in asked]
    may = (
        words_of(made)
        .why.acts(made)
        .get(made.state, "cancel" if made.state in BEFORE_SWITCH and not made.wanted else "")
    )
    if may and buttons(made, questions):
        parts.append(f"{may}: {people(team, Role.DEPLOYER, *_changed(made))}")
    return "; ".join(parts) or "nobody has to, and nobody can change it now"


def _changed(made: Deployment) -> list[str]:
    """The services whose deployers may act."""
    both = made.partner is not None and made.state not in _OWN
    return [made.service, made.partner.service] if made.partner is not None and both else [made.service]


def _may(team: Team, by: Actor, made: Deployment, questions: Sequence[Question], action: Action) -> bool:
    """Whether this person may press a button: the answers of a question name it by its code."""
    asked = next((each for each in questions if each.code == action.value), None)
    if asked is not None:
        decide = may_say_yes if action.verb == "confirm" else may_say_no
        return decide(team, asked, by)
    return all(holds(team, by, Role.DEPLOYER, each) for each in _changed(made))


def _else(overview: Overview, held: Sequence[Deployment], by: Actor) -> tuple[Action, ...]:
    """Who may press none of the buttons can ask the one who holds the place."""
    environment = overview.environment
    active = environment.active.deployment if environment.active is not None else ""
    holder = next((each.requester for each in held if each.id == active), by)
    return (ask_holder(environment.service, environment.name),) if holder != by else ()


_OWN = {State.ASKING_RETRY, State.STUCK}
"""Where one of two that go together is tried again or released alone."""


# --- what happens by itself -------------------------------------------------------------------------------------------


def _by_itself(made: Deployment, questions: Sequence[Question]) -> str:
    """What comes without anybody, and when."""
    words = words_of(made).why
    if made.wanted == "cancel":
        return words.canceling
    parts = [
        f"without an answer by {{when:{each.deadline:.0f}}}, {words.expires[each.kind]}"
        if each.kind is not Kind.KEEP
        else f"{words.expires[each.kind]} {{when:{each.deadline:.0f}}} ({{left:{each.deadline:.0f}}})"
        for each in questions
    ]
    if made.state in words.after:
        parts.append(words.after[made.state])
    return "; ".join(parts) or "it goes on in a moment"


# --- the way back -----------------------------------------------------------------------------------------------------


def _way_back(
    overview: Overview,
    held: Sequence[Deployment],
    findings: Sequence[Finding],
    before: Sequence[Deployment],
    *,
    now: float,
    words: Whys,
) -> list[str]:
    """Whether a rollback is possible right now, which path it takes, and how long that took before."""
    ill = any(each.trouble is Trouble.STANDBY_ILL for each in findings)
    standing = next((each for each in held if each.state in {State.BAKING, State.KEEPING}), None)
    if standing is not None and standing.first_release:
        return ["• *Way back:* there is none: no release is known to have been enabled here before."]
    if any(each.state is State.ASKING_ROLLBACK for each in held):
        return ["• *Way back:* it is being asked for right now."]
    if any(each.state is State.STUCK for each in held):
        return ["• *Way back:* it is stuck: retry or release it first."]
    blocked = any(each is not standing for each in held)
    if standing is not None and not ill and not blocked:
        until = f" until {{when:{standing.keep_until:.0f}}}" if standing.keep_until > now else ""
        possible = words.possible(standing, until, standing.plan.old_version if standing.plan else "")
        return [f"• *Way back:* possible right now: {possible}. {_took(before, _going_back, 'a rollback')}"]
    because = (
        words.ill
        if ill
        else "another deployment is under way"
        if standing is not None
        else words.none_stands_by
    )
    if not overview.environment.live_version:
        return ["• *Way back:* there is nothing to go back to yet."]
    usual = _took(before, partial(_going_live, words.live_with), words.enabling)
    again = f"so it takes a new deployment: {_earlier(overview, before)}"
    return [f"• *Way back:* {because}, {again}. {usual}"]


def _earlier(overview: Overview, before: Sequence[Deployment]) -> str:
    """The command that deploys an earlier version again, as far as the records know which."""
    environment = overview.environment
    found = next(
        (
            each.version
            for each in before
            if each.state is State.SUCCEEDED
            and each.id != environment.live_deployment
            and each.version != environment.live_version
        ),
        "",
    )
    return f"`/deploy {environment.service}@{plain(found) or 'VERSION'} to {environment.name}`"


def _took(before: Sequence[Deployment], measure: Callable[[Deployment], float | None], what: str) -> str:
    """How long it took when it was done last, and as a rule."""
    found = [seconds for each in before if (seconds := measure(each)) is not None]
    if not found:
        return f"How long {what} takes here is not known yet."
    usual = f", {duration(sorted(found)[len(found) // 2])} as a rule" if len(found) > 2 else ""
    return f"The last time {what} took {duration(found[0])} here{usual}."


def _going_back(made: Deployment) -> float | None:
    """From the move to traffic being back."""
    return _between(made, State.SWITCHING_BACK, State.DISCARDING)


def _going_live(live_with: State, made: Deployment) -> float | None:
    """The machine's own time from preparing to ready; what people took is theirs."""
    return _between(made, State.PREPARING, live_with)


def _between(made: Deployment, first: State, then: State) -> float | None:
    began = next((each.at for each in made.phases if each.state is first), None)
    ended = next((each.at for each in made.phases if each.state is then and each.at >= (began or 0)), None)
    return ended - began if began is not None and ended is not None else None


def _finding(finding: Finding) -> str:
    return f"{_TROUBLES[finding.trouble]}: {worded(shortened(finding.detail, 300))}"


_TROUBLES = {
    Trouble.STUCK: "Stuck",
    Trouble.ORPHANS: "Instances are left over",
    Trouble.STANDBY_ILL: "The old fleet is not whole",
    Trouble.PARTED: "It is live without what it goes with",
}
