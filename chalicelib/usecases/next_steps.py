"""What somebody who was refused can do instead, as buttons: one home for which refusal offers what."""

from collections.abc import Callable, Mapping

from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import longest
from chalicelib.domain.reasons import Reason
from chalicelib.domain.updates import UPDATES
from chalicelib.usecases.buttons import ask_holder
from chalicelib.usecases.chat_ports import Action
from chalicelib.usecases.words.frontends import FRONTENDS
from chalicelib.usecases.words.servers import SERVERS
from chalicelib.usecases.words.shape import Buttons

Facts = Mapping[str, str]


def next_steps(refused: Refused, said: str = "") -> tuple[Action, ...]:
    """Buttons for the way on; none where only other words would help. `said`: the command that was refused."""
    steps = _STEPS.get(refused.reason)
    try:
        return steps({"said": said, **refused.facts}) if steps else ()
    except KeyError:  # a refusal that does not know where it was has no button that would
        return ()


def _words(facts: Facts) -> Buttons:
    """The words of what was deployed, where the refusal knows it."""
    return (FRONTENDS if facts.get("kind") == FRONTENDS.kind else SERVERS).buttons


def _deployment(facts: Facts) -> str:
    """What is done to this very deployment, where the refusal knows it."""
    return f"{facts['service']} {facts['environment']} {facts.get('deployment', '')}".strip()


def _status(facts: Facts) -> tuple[Action, ...]:
    return (Action("status", "Show the status", f"{facts['service']} {facts['environment']}"),)


def _queue(facts: Facts) -> tuple[Action, ...]:
    """Wait for one's turn; with what was asked for, where the refusal knows it."""
    wanted = facts.get("wanted") or facts["service"]
    return (Action("queue", "Join the queue", f"{wanted} to {facts['environment']}"),)


def _ask(facts: Facts) -> tuple[Action, ...]:
    return (ask_holder(facts["service"], facts["environment"]),)


def _deploy(facts: Facts) -> tuple[Action, ...]:
    value = f"{facts['wanted']} to {facts['environment']}"
    return (Action("deploy", f"Deploy {facts['wanted']} now", value, "primary"),)


def _override(facts: Facts) -> tuple[Action, ...]:
    """In spite of what is in the way, and why, with all that was asked for."""
    wanted = facts.get("together") or facts["wanted"]
    return (Action("form", "Deploy all the same", f"override {wanted} {facts['environment']}"),)


def _unlock(facts: Facts) -> tuple[Action, ...]:
    return (Action("form", "End it, with a reason", f"unlock {facts['service']} {facts['environment']}"),)


def _leave(facts: Facts) -> tuple[Action, ...]:
    return (Action("leave", "Leave the queue", f"{facts['service']} {facts['environment']}"),)


def _locks(_facts: Facts) -> tuple[Action, ...]:
    return (Action("locks", "Show all locks", ""),)


def _why(facts: Facts) -> tuple[Action, ...]:
    return (Action("why", "What does it wait for?", f"{facts['service']} {facts['environment']}"),)


def _versions(facts: Facts) -> tuple[Action, ...]:
    return (Action("versions", "Show the versions", facts["service"]),)


def _plan(facts: Facts) -> tuple[Action, ...]:
    """The difference, before anything is done."""
    value = f"{facts['wanted']} to {facts['environment']}"
    return (Action("plan", "Show the difference", value),)


def _rollback(facts: Facts) -> tuple[Action, ...]:
    return (Action("rollback", "Roll back", _deployment(facts), "danger", _words(facts).rollback),)


def _cancel(facts: Facts) -> tuple[Action, ...]:
    return (Action("cancel", "Cancel the deployment", _deployment(facts), "danger", _words(facts).cancel),)


def _partner(facts: Facts) -> Facts:
    """The same about the other one of two that go together."""
    return {**facts, "deployment": facts["partner"]}


def _retry(facts: Facts) -> tuple[Action, ...]:
    """Only where a step has failed and waits for it."""
    if not facts.get("retry"):
        return ()
    value = f"{facts['service']} {facts['environment']} {facts['retry']}"
    return (Action("retry", "Retry the failed step", value, "primary"),)


def _unstick(facts: Facts) -> tuple[Action, ...]:
    value = _deployment(facts)
    return (
        Action("retry", "Go on from where it stopped", value, "primary"),
        Action("cancel", "Leave it and free the environment", value, "", _words(facts).release),
    )


def _instead(facts: Facts) -> tuple[Action, ...]:
    """The same for the deployment that is there now, where that can be done to it."""
    words = _words(facts)
    acts = (
        ("finish", "Finish", ""),
        ("cancel", "Cancel", words.cancel),
        ("retry", "Retry", ""),
        ("rollback", "Roll back", words.rollback),
    )
    return tuple(
        Action(verb, f"{label} {facts['deployment']}", _deployment(facts), "", sure)
        for verb, label, sure in acts
        if verb == facts["can"]
    )


def _decide(facts: Facts) -> tuple[Action, ...]:
    return (
        Action("confirm", "Confirm it", facts["code"], "primary"),
        Action("reject", "Reject it", facts["code"], "danger"),
    )


def _take_back(facts: Facts) -> tuple[Action, ...]:
    return (Action("reject", "Take it back", facts["code"]), *_who(facts))


def _who(_facts: Facts) -> tuple[Action, ...]:
    return (Action("roles", "Who may?", ""),)


def _longest(facts: Facts) -> tuple[Action, ...]:
    """As much longer as the limit leaves, in whole minutes; nothing where that is none."""
    most = longest(int(facts["most"]) // 60 * 60)
    if int(facts["most"]) < 60:
        return ()
    value = f"{facts['service']} {facts['environment']} +{most} {facts['deployment']}"
    return (Action("keep", "Keep as long as possible", value),)


def _lock(facts: Facts) -> tuple[Action, ...]:
    value = f"{facts['service']} {facts['environment']} for {longest(int(facts['most']))} {facts['why']}"
    return (Action("lock", f"Lock for {facts['limit']}", value),)


def _one_by_one(facts: Facts) -> tuple[Action, ...]:
    return tuple(each for name in ("first", "second") for each in _deploy({**facts, "wanted": facts[name]}))


def _again(facts: Facts) -> tuple[Action, ...]:
    """The very same; a button of `deploy` carries all that is typed."""
    return (Action("deploy", "Try again", facts["said"], "primary"),) if facts["said"] else ()


def _form(facts: Facts) -> tuple[Action, ...]:
    return (Action("form", "Deploy another version", f"{facts['service']} {facts['environment']}"),)


def _help(_facts: Facts) -> tuple[Action, ...]:
    return (Action("help", "What can I say?", ""), Action("form", "Open the form", ""))


def _where(_facts: Facts) -> tuple[Action, ...]:
    return (Action("where", "What is where", ""),)


def _whoami(_facts: Facts) -> tuple[Action, ...]:
    return (Action("whoami", "What may I do?", ""), *_who(_facts))


def _roles(_facts: Facts) -> tuple[Action, ...]:
    return (Action("roles", "Show the roles", ""),)


def _keep_it(facts: Facts) -> tuple[Action, ...]:
    """Says no to the end, and why: nobody has to be asked for the reason."""
    keep = _words(facts).keep_it
    return (Action("reject", keep, f"{facts['code']} {keep}"),)


_STEPS: dict[Reason, Callable[[Facts], tuple[Action, ...]]] = {
    Reason.ALREADY_ACTIVE: lambda facts: (
        *_retry(facts),
        *_queue(facts),
        *_ask(facts),
        *_plan(facts),
        *_status(facts),
    ),
    Reason.LOCKED: lambda facts: (
        *_queue(facts),
        *_ask(facts),
        *_override(facts),
        *_plan(facts),
        *_status(facts),
    ),
    Reason.FROZEN: lambda facts: (*_queue(facts), *_override(facts), *_plan(facts)),
    Reason.OTHERS_TURN: lambda facts: (*_queue(facts), *_ask(facts), *_plan(facts)),
    Reason.ASKED_LATELY: lambda facts: (*_queue(facts), *_why(facts)),
    Reason.HELD_BY_NOBODY: lambda facts: (*_form(facts), *_status(facts)),
    Reason.HELD_BY_YOU: _status,
    Reason.NOT_LOCKED: _locks,
    Reason.QUEUED_ALREADY: _leave,
    Reason.LIVE_ALONE: _deploy,
    Reason.NOTHING_IN_THE_WAY: _deploy,
    Reason.ALREADY_LIVE: lambda facts: (*_form(facts), *_status(facts)),
    Reason.NOTHING_ACTIVE: lambda facts: (*_status(facts), *_form(facts)),
    Reason.UNKNOWN_COMMAND: _help,
    Reason.MALFORMED_COMMAND: _help,
    Reason.NOT_ALLOWED: _whoami,
    Reason.HOLDS_ROLE: _roles,
    Reason.ROLE_CONFIGURED: _roles,
    Reason.ROLE_NOT_HELD: _roles,
    Reason.LAST_ADMIN: _roles,
    Reason.OWN_ROLE: _roles,
    Reason.UPDATE_UNDER_WAY: lambda _facts: (Action("history", "Show the updates", UPDATES),),
    Reason.UNKNOWN_SERVICE: _where,
    Reason.UNKNOWN_ENVIRONMENT: _where,
    Reason.UNKNOWN_QUESTION: lambda _facts: (Action("status", "Show what is open", ""),),
    Reason.ALREADY_DECIDED: lambda _facts: (Action("status", "Show the status", ""),),
    Reason.EXPIRED: lambda _facts: (Action("status", "Show the status", ""),),
    Reason.UNKNOWN_VERSION: _versions,
    Reason.BUILD_FAILED: _versions,
    Reason.NO_BUILD: _versions,
    Reason.UNKNOWN_RELEASE: _versions,
    Reason.RELEASE_MISSING: _versions,
    Reason.RELEASE_BROKEN: _versions,
    Reason.NO_WAY_BACK: lambda facts: (*_versions(facts), *_why(facts)),
    Reason.OTHER_DEPLOYMENT: lambda facts: (*_instead(facts), *_why(facts)),
    Reason.STUCK: lambda facts: (*_unstick(facts), *_why(facts)),
    Reason.PARTNER_STUCK: lambda facts: (*_unstick(_partner(facts)), *_why(facts)),
    Reason.PARTNER_COMING: lambda facts: (*_rollback(_partner(facts)), *_why(facts)),
    Reason.NOT_READY: lambda facts: (*_retry(facts), *_why(facts)),
    Reason.ALREADY_FINISHED: _why,
    Reason.ASKED_ALREADY: lambda facts: (*_decide(facts), *_why(facts)),
    Reason.GOING_BACK: _why,
    Reason.NOT_KEPT_YET: lambda facts: (*_rollback(facts), *_why(facts)),
    Reason.KEEP_TOO_LONG: lambda facts: (*_longest(facts), *_why(facts)),
    Reason.LOCK_TOO_LONG: _lock,
    Reason.BUSY: _again,
    Reason.SAME_KIND: _one_by_one,
    Reason.SAME_PERSON: _take_back,
    Reason.CONFIRMED_BEFORE: _who,
    Reason.REQUESTER_NOT_ALLOWED: lambda facts: (Action("reject", "Reject", facts["code"], "danger"),),
    Reason.NO_RELEASE: _where,
    Reason.ENDING: _why,
    Reason.TOO_LATE_TO_CANCEL: lambda facts: (*_rollback(facts), *_why(facts)),
    Reason.NOT_SWITCHED: lambda facts: (*_cancel(facts), *_why(facts)),
    Reason.WINDOW_CLOSED: lambda facts: (*_form(facts), *_versions(facts)),
    Reason.END_ASKED: lambda facts: (*_keep_it(facts), *_why(facts)),
    Reason.NOTHING_TO_RETRY: lambda facts: (*_why(facts), *_status(facts)),
    Reason.NOT_QUEUED: lambda facts: (*_queue(facts), *_status(facts)),
    Reason.QUEUE_FULL: _status,
    Reason.OTHERS_LOCK: lambda facts: (*_unlock(facts), *_ask(facts), *_locks(facts)),
}
