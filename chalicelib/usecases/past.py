"""The history of an environment in words: who did what when, newest first."""

import re

from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE
from chalicelib.domain.reading import Past
from chalicelib.domain.roles import TEAM
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import plain, shortened, worded
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
    "lock_expired": "the lock ran out",
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
    "asked_start": "a second person is asked to confirm the start",
    "confirm_start": "confirmed the start",
    "reject_start": "rejected the start",
    "expired_start": "nobody confirmed the start in time",
    "asked_build": "waits for the build",
    "reported_build": "reported the build",
    "expired_build": "the build was not reported in time",
    "be_ready": "ready: waits for somebody to finish it",
    "expired_ready": "nobody finished it in time",
    "asked_finish": "a second person is asked to confirm the switch",
    "confirm_finish": "confirmed the switch",
    "reject_finish": "rejected the switch",
    "expired_finish": "nobody confirmed the switch in time",
    "rollback_keep": "asked to roll back",
    "rollback_asked": "asked to roll back",
    "asked_rollback": "a second person is asked to confirm the rollback",
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
    "cancel_start": "canceled it",
    "cancel_build": "canceled it",
    "cancel_ready": "canceled it",
    "cancel_finish": "canceled it",
    "retry_asked": "asked to try the failed step again",
    "ask_retry": "a step failed; it waits for somebody to try again",
    "retry_retry": "had the failed step tried again",
    "cancel_retry": "gave it up",
    "expired_retry": "nobody had it tried again in time",
    "retry": "goes on from where it stopped",
    "released": "freed the environment for the next deployment",
    "resumed": "had it go on from where it stopped",
    "took_lock": "holds the environment again",
    "holder_gone": "the environment was freed: nothing is known of this deployment any more",
    "holder_ended": "the environment was freed: this deployment has ended",
    "never_started": "its state machine was started: it had not begun",
    "not_woken": "its state machine was woken: it had not heard of an answer",
    "overdue": "its state machine was woken: the time for an answer was over",
    "run_ended": "goes on from where it stopped: its state machine had ended too early",
    "stopped_by_hand": "it was stopped by hand in the console",
    "too_many_runs": "stuck: its state machine ended too early again and again",
    "lock_lost": "stuck: it does not hold the environment any more",
    "left_open": "a question that was left open is closed",
    "plan_never_ended": "the plan did not come",
    "fleet_left": "hosts were left over; they are being cleaned up",
    "found_stuck": "people are told that it is stuck",
    "found_orphans": "people are told of hosts that are left over",
    "partner_left": "what it went with did not stay; it goes back too",
    "found_standby_ill": "people are told that the old fleet lost hosts",
    "resolved_stuck": "it is not stuck any more",
    "resolved_orphans": "the hosts that were left over are gone",
    "found_parted": "people are told that it is live without what it went with",
    "resolved_parted": "it is not live without what it went with any more",
    "resolved_standby_ill": "the old fleet is whole again, or is not kept any more",
    "grant_asked": "asked a second person for a change of roles",
    "revoke_asked": "asked a second person for a change of roles",
    "grant_done": "changed a role",
    "revoke_done": "changed a role",
    "confirm_role": "confirmed a change of roles",
    "reject_role": "rejected a change of roles",
    "update_asked": "asked a second person for an update of me",
    "update_begun": "asked for an update of me; nobody else could confirm it",
    "confirm_update": "confirmed the update of me",
    "reject_update": "rejected the update of me",
    "update_building": "my new version is being built",
    "update_done": "I was updated",
    "update_failed": "my update failed; nothing changed",
}
"""Events as people say them, with those of words/; what is nowhere is shown with spaces for underscores."""
_DIGESTS = frozenset(
    {"plan", "resumed", "not_woken", "overdue", "run_ended", "stopped_by_hand", "too_many_runs", "lock_lost"}
    | {"left_open", "plan_never_ended", "fleet_left", "partner_left"}
)
"""Events whose detail is for machines."""
_SAID_BESIDE = frozenset(
    {"ask_start", "ask_finish", "ask_rollback", "ask_end", "asked_ready", "asked_retry", "asked_keep"}
)
"""Events that always come with another, which says it: both are recorded, one is told."""
_FOLLOWS = frozenset({"begin", "retry"})
"""Events that are recorded with whoever caused them; the line before says what that one did."""
_WORDED = re.compile(
    r"(queue|turn|found|grant|revoke)_.*|asked_holder|(confirm|reject)_role"
    r"|succeed|roll_back|reject|expire|cancel|fail|get_stuck"
)
"""Events whose details the product worded itself, with people in them; those of others may quote what was typed."""


def past(store: Store, team: Team, asked: Past, _now: float) -> Reply:
    """A page of history. Reads: one query. Refused where service or environment is unknown."""
    of_team = asked.service == TEAM
    if not of_team:
        team.environment(asked.service, asked.environment)
    lines = store.history(asked.service, asked.environment, limit=SIZE + 1, before=asked.before)
    where = f"the *{asked.environment}*" if of_team else f"*{asked.service}* in *{asked.environment}*"
    if not lines:
        return Reply(f"Nothing{' earlier' if asked.before else ''} was recorded of {where}.")
    shown = lines[:SIZE]
    words = words_for(team, asked.service)
    told = [said(line, words) for line in shown if line.event not in _SAID_BESIDE]
    pair = asked.environment if of_team else f"{asked.service} {asked.environment}"
    value = f"{pair} before {shown[-1].number}"
    earlier = (Action("history", "Earlier", value),) if len(lines) > SIZE else ()
    return Reply("\n".join([f"What happened to {where}, newest first:", *told]), earlier)


def said(line: History, words: Words) -> str:
    """One line of history as a sentence."""
    event = words.history.get(line.event) or _SAID.get(line.event) or plain(line.event).replace("_", " ")
    acted = line.actor != SERVICE and line.event not in _FOLLOWS
    who = f"{{person:{line.actor}}} " if acted else ""
    about = f"{plain(line.deployment)}: " if line.deployment and line.service != TEAM else ""
    return f"`#{line.number}` {{when:{line.at:.0f}}} · {about}{who}{event}{_why(line)}"


def _why(line: History) -> str:
    if not line.detail or line.event in _DIGESTS or line.event.startswith("resolved_"):
        return ""
    words = worded if _WORDED.fullmatch(line.event) else plain
    return f" ({words(shortened(' '.join(line.detail.split()), _REASON))})"
