"""The history of an environment in words: who did what when, newest first."""

from chalicelib.domain.history import History
from chalicelib.domain.reading import Past
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import plain
from chalicelib.usecases.words import words_for
from chalicelib.usecases.words.shape import Words

SIZE = 20
"""Lines on a page, well within what one answer may hold however long their reasons are."""
_REASON = 200

_SAID: dict[str, str] = {
    "accepted": "asked for it",
    "overridden": "asked for it against what was in the way",
    "asked_holder": "asked the one who holds it",
    "locked": "locked the environment",
    "unlocked": "ended the lock",
    "lock_expired": "the lock's time was over",
    "queued": "joined the queue",
    "turn_came": "the environment is free, the next one's turn has come",
    "turn_withdrawn": "the environment was taken, the turn has to wait",
    "queue_deployed": "had the turn and deploys",
    "queue_left": "left the queue",
    "queue_passed": "passed the turn on",
    "queue_missed": "the turn passed unused",
    "queue_live": "what was waited with is live already",
    "queue_not_allowed": "who waited may not deploy any more",
    "plan_asked": "asked for a plan",
    "plan": "the plan was made",
    "plan_only": "the plan is shown; nothing was changed",
    "ask_start": "a second person is asked to confirm the start",
    "asked_start": "the question about the start went out",
    "confirm_start": "confirmed the start",
    "reject_start": "rejected the start",
    "expired_start": "nobody confirmed the start in time",
    "asked_build": "waits for the build",
    "reported_build": "reported the build",
    "expired_build": "the build was not reported in time",
    "be_ready": "ready to finish",
    "asked_ready": "waits for somebody to finish it",
    "expired_ready": "nobody finished it in time",
    "ask_finish": "a second person is asked to confirm the switch",
    "asked_finish": "the question about the switch went out",
    "confirm_finish": "confirmed the switch",
    "reject_finish": "rejected the switch",
    "expired_finish": "nobody confirmed the switch in time",
    "bake": "live, being watched",
    "rollback_keep": "asked to roll back",
    "rollback_asked": "asked to roll back",
    "ask_rollback": "a second person is asked to confirm the rollback",
    "asked_rollback": "the question about the rollback went out",
    "confirm_rollback": "confirmed the rollback",
    "reject_rollback": "rejected the rollback",
    "expired_rollback": "nobody confirmed the rollback in time",
    "succeed": "done",
    "roll_back": "rolled back",
    "reject": "ended: rejected",
    "expire": "ended: nobody answered in time",
    "cancel": "ended: canceled",
    "fail": "ended: failed",
    "get_stuck": "stuck: a person has to look",
    "cancel_asked": "canceled it",
    "retry_asked": "asked to try the failed step again",
    "ask_retry": "a step failed; it waits for a retry",
    "asked_retry": "waits for somebody to try again",
    "retry_retry": "had the failed step tried again",
    "cancel_retry": "gave it up",
    "expired_retry": "nobody had it tried again in time",
    "retry": "goes on from where it failed",
    "released": "freed the environment for the next deployment",
    "resumed": "goes on in a new run",
    "took_lock": "holds the environment again",
}
"""Events as people say them, with those of words/; what is nowhere is shown with spaces for underscores."""
_DIGESTS = {"plan"}
"""Events whose detail is for machines."""


def past(store: Store, team: Team, asked: Past, _now: float) -> Reply:
    """A page of history. Reads: one query. Refused where service or environment is unknown."""
    team.environment(asked.service, asked.environment)
    lines = store.history(asked.service, asked.environment, limit=SIZE + 1, before=asked.before)
    where = f"*{asked.service}* in *{asked.environment}*"
    if not lines:
        return Reply(f"Nothing{' earlier' if asked.before else ''} was recorded of {where}.")
    shown = lines[:SIZE]
    told = [said(line, words_for(team, asked.service)) for line in shown]
    value = f"{asked.service} {asked.environment} before {shown[-1].number}"
    earlier = (Action("history", "Earlier", value),) if len(lines) > SIZE else ()
    return Reply("\n".join([f"What happened to {where}, newest first:", *told]), earlier)


def said(line: History, words: Words) -> str:
    """One line of history as a sentence."""
    event = words.history.get(line.event) or _SAID.get(line.event) or plain(line.event).replace("_", " ")
    who = f"{{person:{line.actor}}} " if line.actor.is_person or line.actor.workspace == "ci" else ""
    about = f"{plain(line.deployment)}: " if line.deployment else ""
    return f"`#{line.number}` {{when:{line.at:.0f}}} · {about}{who}{event}{_why(line)}"


def _why(line: History) -> str:
    if not line.detail or line.event in _DIGESTS:
        return ""
    detail = " ".join(plain(line.detail.replace("{person:", "").replace("}", "")).split())
    return f" ({detail[:_REASON]}{'…' if len(detail) > _REASON else ''})"
