"""The closed list of reasons: every refusal and every failure has one, and its text derives from it.

A text is a format string over the facts that are given with the reason. It says what was wrong and what to do next.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why something was refused or failed; the value is what people and logs see as the code."""

    # the request
    UNKNOWN_COMMAND = "unknown_command"
    MALFORMED_COMMAND = "malformed_command"
    BAD_SIGNATURE = "bad_signature"
    STALE_REQUEST = "stale_request"
    BAD_BODY = "bad_body"
    TOO_LARGE = "too_large"
    UNKNOWN_SOURCE = "unknown_source"
    WRONG_WORKSPACE = "wrong_workspace"
    # who
    NOT_ALLOWED = "not_allowed"
    SAME_PERSON = "same_person"
    CONFIRMED_BEFORE = "confirmed_before"
    OWN_ROLE = "own_role"
    HOLDS_ROLE = "holds_role"
    ROLE_CONFIGURED = "role_configured"
    ROLE_NOT_HELD = "role_not_held"
    LAST_ADMIN = "last_admin"
    REQUESTER_NOT_ALLOWED = "requester_not_allowed"
    # the service itself
    NO_PIPELINE = "no_pipeline"
    PIPELINE_REFUSED = "pipeline_refused"
    UPDATE_UNDER_WAY = "update_under_way"
    # what
    NOT_CONFIGURED = "not_configured"
    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_ENVIRONMENT = "unknown_environment"
    UNKNOWN_VERSION = "unknown_version"
    BUILD_FAILED = "build_failed"
    NO_BUILD = "no_build"
    ALREADY_LIVE = "already_live"
    OTHER_SERVICE = "other_service"
    SAME_KIND = "same_kind"
    LIVE_ALONE = "live_alone"
    PARTNER_ENDED = "partner_ended"
    PARTNER_STUCK = "partner_stuck"
    PARTNER_COMING = "partner_coming"
    GIVES_WAY = "gives_way"
    # the state of things
    ALREADY_ACTIVE = "already_active"
    LOCKED = "locked"
    FROZEN = "frozen"
    OTHERS_TURN = "others_turn"
    NOT_LOCKED = "not_locked"
    OTHERS_LOCK = "others_lock"
    LOCK_TOO_LONG = "lock_too_long"
    QUEUED_ALREADY = "queued_already"
    NOT_QUEUED = "not_queued"
    NOTHING_IN_THE_WAY = "nothing_in_the_way"
    QUEUE_FULL = "queue_full"
    HELD_BY_YOU = "held_by_you"
    HELD_BY_NOBODY = "held_by_nobody"
    ASKED_LATELY = "asked_lately"
    SHOWN_LATELY = "shown_lately"
    NOTHING_ACTIVE = "nothing_active"
    OTHER_DEPLOYMENT = "other_deployment"
    STUCK = "stuck"
    NOT_READY = "not_ready"
    ALREADY_FINISHED = "already_finished"
    ASKED_ALREADY = "asked_already"
    GOING_BACK = "going_back"
    NOT_KEPT_YET = "not_kept_yet"
    TOO_LATE_TO_CANCEL = "too_late_to_cancel"
    WINDOW_CLOSED = "window_closed"
    END_ASKED = "end_asked"
    ENDING = "ending"
    NOT_SWITCHED = "not_switched"
    KEEP_TOO_LONG = "keep_too_long"
    UNKNOWN_QUESTION = "unknown_question"
    ALREADY_DECIDED = "already_decided"
    EXPIRED = "expired"
    BUSY = "busy"
    NOTHING_TO_RETRY = "nothing_to_retry"
    # the release
    NO_RELEASE = "no_release"
    UNKNOWN_RELEASE = "unknown_release"
    RELEASE_MISSING = "release_missing"
    RELEASE_BROKEN = "release_broken"
    RELEASE_CHANGED = "release_changed"
    NO_WAY_BACK = "no_way_back"
    # the fleet
    NO_INSTANCES = "no_instances"
    MIXED_IMAGES = "mixed_images"
    FLEET_CHANGED = "fleet_changed"
    TRAFFIC_UNCLEAR = "traffic_unclear"
    LAUNCH_FAILED = "launch_failed"
    COMMAND_FAILED = "command_failed"
    UNHEALTHY = "unhealthy"
    ALARM = "alarm"
    TIMED_OUT = "timed_out"
    BUILD_TIMED_OUT = "build_timed_out"
    LOST_LOCK = "lost_lock"
    CANCELED = "canceled"
    STOPPED = "stopped"
    RUN_ENDED = "run_ended"
    CHAT_REFUSED = "chat_refused"
    INTERNAL = "internal"


TEXTS: dict[Reason, str] = {
    Reason.UNKNOWN_COMMAND: "I do not know `{given}`.{hint} Try `/deploy help`.",
    Reason.MALFORMED_COMMAND: "{problem} Write it as `{usage}`.",
    Reason.BAD_SIGNATURE: "The signature of this request is missing or wrong.",
    Reason.STALE_REQUEST: "This request is more than five minutes old or from the future.",
    Reason.BAD_BODY: "I could not read the request: {problem}.",
    Reason.TOO_LARGE: "The request is larger than {limit} bytes.",
    Reason.UNKNOWN_SOURCE: "No CI source named {source} is configured.",
    Reason.WRONG_WORKSPACE: "This workspace is not the one that I serve.",
    Reason.NOT_ALLOWED: (
        "{action} needs the role *{role}*. Ask an admin for it; `/deploy roles` says who that is."
    ),
    Reason.SAME_PERSON: (
        "You asked for this yourself, so somebody else has to confirm it. Who may: {who}. "
        "`/deploy reject {code}` takes it back."
    ),
    Reason.CONFIRMED_BEFORE: (
        "You have confirmed this already, and each person counts once. It waits for {missing}. Who may: {who}."
    ),
    Reason.OWN_ROLE: "This is about your own role, so somebody else has to decide it.",
    Reason.HOLDS_ROLE: "{who} is {role} already. Nothing was changed.",
    Reason.ROLE_CONFIGURED: (
        "{who} is {role} by `pointsman.yaml`, which chat can not change. Take the name out of `people.{name}` there, "
        "then `pointsman config publish`."
    ),
    Reason.ROLE_NOT_HELD: "{who} was not granted {role} in chat, so there is nothing to take away.",
    Reason.LAST_ADMIN: (
        "{who} is the last admin: without one nobody could grant a role any more. Make somebody else admin first."
    ),
    Reason.REQUESTER_NOT_ALLOWED: (
        "{who} asked for this and may not ask for it any more, so nobody can confirm it. "
        "`/deploy reject {code}` ends it; then somebody who may can ask again."
    ),
    Reason.NO_PIPELINE: (
        "Nothing is set up here that could update me: whoever installed me can add the pipeline, or deploy a new "
        "version by hand (docs/install.md)."
    ),
    Reason.PIPELINE_REFUSED: "My pipeline did not take the build: {said}",
    Reason.UPDATE_UNDER_WAY: "{who} asked for an update {when}, and {so_far}. One comes after the other.",
    Reason.NOT_CONFIGURED: (
        "Nothing is configured yet. Publish a `pointsman.yaml` with `pointsman config publish`."
    ),
    Reason.UNKNOWN_SERVICE: "I know no service `{service}`. Known: {known}.",
    Reason.UNKNOWN_ENVIRONMENT: "`{service}` has no environment `{environment}`. Known: {known}.",
    Reason.UNKNOWN_VERSION: "CI has not reported `{service}@{version}`. Newest: {known}.",
    Reason.BUILD_FAILED: "The build of `{service}@{version}` failed. Newest that passed: {known}.",
    Reason.NO_BUILD: "CI has not reported any build of `{service}` that passed.",
    Reason.OTHER_SERVICE: "`{version}` is no build of `{service}`. Choose one of its own, or none for the newest.",
    Reason.ALREADY_LIVE: "`{service}@{version}` is live in {environment} already. Nothing was started.",
    Reason.SAME_KIND: (
        "`{first}` and `{second}` are both {what}; what goes together is servers and a frontend. Deploy one after the "
        "other: `/deploy {first} to {environment}`, then `/deploy {second} to {environment}`."
    ),
    Reason.LIVE_ALONE: (
        "`{service}@{version}` is live in {environment} already, so nothing has to go together with it. "
        "`/deploy {wanted} to {environment}` deploys the other one."
    ),
    Reason.PARTNER_ENDED: "*{partner}* is {state}, and the two go together or not at all.",
    Reason.PARTNER_STUCK: (
        "*{partner}* is stuck, and the two go back together. Look at it, then `/deploy retry {service} {environment}` "
        "has it go on, or `/deploy cancel {service} {environment}` leaves it as it is; then say this again."
    ),
    Reason.PARTNER_COMING: (
        "*{partner}* is not there yet ({state}), and the two give up their way back together. Say this again when it "
        "is; `/deploy rollback {service} {environment}` takes both back."
    ),
    Reason.GIVES_WAY: "*{partner}* goes back, and this was planned on top of it. Deploy again when it has.",
    Reason.ALREADY_ACTIVE: (
        "*{active}* is being deployed to {environment} ({state}). "
        "Wait for it, `/deploy queue {wanted} to {environment}` to be told when it is your turn, "
        "or `/deploy cancel {service} {environment}`."
    ),
    Reason.LOCKED: (
        "{who} has locked `{service}` in {environment} until {when}: {why} "
        "Ask them, join the queue, or, if it can not wait, say `/deploy override {both} to {environment} REASON`."
    ),
    Reason.FROZEN: (
        "Nothing new starts in {environment} until {when}: {why} Join the queue and I tell you when it is over, "
        "or, if it can not wait, say `/deploy override {both} to {environment} REASON`."
    ),
    Reason.OTHERS_TURN: (
        "It is the turn of {who} to deploy `{service}` to {environment}, until {when}. "
        "`/deploy queue {wanted} to {environment}` gives you the next place."
    ),
    Reason.NOT_LOCKED: "`{service}` in {environment} is not locked. Nothing changed.",
    Reason.OTHERS_LOCK: (
        "This is the lock of {who}, who will be told that you end it. "
        "Say why, as in `/deploy unlock {service} {environment} it blocks a fix, and nobody answers`."
    ),
    Reason.LOCK_TOO_LONG: "A lock lasts {limit} at most; that would be {asked}. It can be prolonged later.",
    Reason.QUEUED_ALREADY: (
        "You wait for {environment} already, with `{waiting}`: number {number} in the queue. "
        "`/deploy leave {service} {environment}` gives the place up."
    ),
    Reason.NOT_QUEUED: "You are not in the queue for `{service}` in {environment}. Nothing changed.",
    Reason.NOTHING_IN_THE_WAY: (
        "{environment} is free: no need to wait. `/deploy {wanted} to {environment}` starts it."
    ),
    Reason.QUEUE_FULL: "{number} wait for `{service}` in {environment} already; that is the most. Try again later.",
    Reason.HELD_BY_YOU: "You hold `{service}` in {environment} yourself: there is nobody else to ask.",
    Reason.HELD_BY_NOBODY: "Nobody holds `{service}` in {environment}: there is nobody to ask and nothing to wait for.",
    Reason.ASKED_LATELY: "{who} was asked in the channel {when}. Give them a few minutes.",
    Reason.SHOWN_LATELY: "{who} showed the same to the channel {when}. Look there, or show it again in a minute.",
    Reason.NOTHING_ACTIVE: "No deployment of `{service}` to {environment} is under way.",
    Reason.NOT_READY: "*{deployment}* is not ready to finish: it is {state}. I will say here when it is.",
    Reason.OTHER_DEPLOYMENT: (
        "This is about *{meant}*, which is {became}. Now *{deployment}* holds `{service}` in {environment} ({state}). "
        "Nothing was done."
    ),
    Reason.STUCK: (
        "*{deployment}* got stuck and does nothing by itself any more. `/deploy retry {service} {environment}` goes on "
        "from where it stopped; `/deploy cancel {service} {environment}` leaves everything as it is and frees "
        "{environment}."
    ),
    Reason.ALREADY_FINISHED: "*{deployment}* was finished already ({state}). There is nothing more to finish.",
    Reason.ASKED_ALREADY: (
        "Whether *{deployment}* may {wish} is being asked right now: `/deploy confirm {code}` or "
        "`/deploy reject {code}`, by {when}. Who may: {who}."
    ),
    Reason.GOING_BACK: "*{deployment}* goes back already ({state}). Nothing has to be done now.",
    Reason.NOT_KEPT_YET: (
        "Not yet: *{deployment}* is {state}. When that is over the old fleet stands by; then say this again. "
        "`/deploy rollback {service} {environment}` goes back now."
    ),
    Reason.TOO_LATE_TO_CANCEL: (
        "*{deployment}* has switched traffic already ({state}). Use `/deploy rollback {service} {environment}`."
    ),
    Reason.WINDOW_CLOSED: (
        "There is no old fleet of `{service}` in {environment} to go back to. "
        "Deploy the earlier version instead: `/deploy {service}@VERSION to {environment}`."
    ),
    Reason.END_ASKED: (
        "Whether the old fleet of *{deployment}* ends is being asked right now. "
        "`/deploy reject {code}` keeps it; then say this again."
    ),
    Reason.ENDING: "*{deployment}* is coming to its end already ({state}).",
    Reason.NOT_SWITCHED: (
        "*{deployment}* has not switched traffic yet ({state}), so there is nothing to go back from or to "
        "keep. `/deploy cancel {service} {environment}` ends it."
    ),
    Reason.KEEP_TOO_LONG: "The old fleet can be kept {limit} in all at most; that would be {asked}.",
    Reason.UNKNOWN_QUESTION: "I know no question `{code}`.",
    Reason.ALREADY_DECIDED: "Too late: {who} {answer} this {when}. Nothing changed.",
    Reason.EXPIRED: "Too late: nobody answered in time and this expired {when}. Nothing changed.",
    Reason.BUSY: "This is changing at this very moment. Nothing was done; try again in a few seconds.",
    Reason.NOTHING_TO_RETRY: (
        "*{deployment}* has no failed step that could be tried again: it is {state}. "
        "`/deploy status {service} {environment}` says more."
    ),
    Reason.NO_RELEASE: (
        "No release of `{service}` was pushed yet. `pointsman push DIRECTORY --service {service}` pushes one, "
        "then `/deploy {service} to ENVIRONMENT` enables it."
    ),
    Reason.UNKNOWN_RELEASE: (
        "No release `{tag}` of `{service}` was pushed, or it was not reported. Newest: {known}. "
        "`/deploy versions {service}` shows all."
    ),
    Reason.RELEASE_MISSING: "There is no release `{tag}` in the bucket any more. Push it again, or choose another.",
    Reason.RELEASE_BROKEN: "Release `{tag}` is not what was pushed: {what}. Push it again, or choose another.",
    Reason.RELEASE_CHANGED: (
        "What is served is not what was approved: {what}. Deploy again to see the new plan."
    ),
    Reason.NO_WAY_BACK: (
        "There is no release of `{service}` in {environment} before this one that could be gone back to. "
        "Push a mended one, then `/deploy {service} to {environment}` enables it."
    ),
    Reason.NO_INSTANCES: (
        "No live instances of `{service}` in {environment} for the role(s) {roles}: there is nothing to mirror."
    ),
    Reason.MIXED_IMAGES: (
        "The live fleet runs mixed images ({images}). Set `mixed_images: accept` to deploy all the same."
    ),
    Reason.FLEET_CHANGED: (
        "The fleet or the traffic is not what was approved: {what}. Deploy again to see the new plan."
    ),
    Reason.TRAFFIC_UNCLEAR: "I can not tell which side takes traffic: {what}.",
    Reason.LAUNCH_FAILED: "EC2 did not launch the new fleet: {what}.",
    Reason.COMMAND_FAILED: "{step} failed on {failed} of {total} hosts.",
    Reason.UNHEALTHY: "The new fleet is not healthy: {what}.",
    Reason.ALARM: "{names} went off after the switch.",
    Reason.TIMED_OUT: "{what}.",
    Reason.BUILD_TIMED_OUT: "The build of `{version}` was not reported in time.",
    Reason.LOST_LOCK: "Another deployment took over.",
    Reason.STOPPED: "Stopped by hand in the console while it was {state}.",
    Reason.RUN_ENDED: "The state machine ended {runs} times without bringing it to an end ({state}).",
    Reason.CANCELED: "Canceled by {who}.",
    Reason.CHAT_REFUSED: "The chat service refused {method}: {problem}.",
    Reason.INTERNAL: "{step} failed: {what}.",
}

FRONTEND = "frontend"

OF_FRONTENDS: dict[Reason, str] = {
    Reason.NOT_READY: (
        "A frontend has nothing to finish: a release goes live by itself once it is confirmed and its files are "
        "there. `/deploy cleanup {service} {environment}` gives up the rollback and cleans up now."
    ),
    Reason.NOT_KEPT_YET: (
        "Not yet: *{deployment}* is {state}. When that is over its way back can be kept; then say this again. "
        "`/deploy rollback {service} {environment}` goes back now."
    ),
    Reason.TOO_LATE_TO_CANCEL: (
        "*{deployment}* is enabled already ({state}). Use `/deploy rollback {service} {environment}`."
    ),
    Reason.WINDOW_CLOSED: (
        "No release of `{service}` in {environment} can be rolled back now, and nothing waits to be cleaned up. "
        "To go back, enable the earlier release: `/deploy {service}@TAG to {environment}`."
    ),
    Reason.END_ASKED: (
        "Whether *{deployment}* is cleaned up now is being asked. `/deploy reject {code}` keeps the way back; "
        "then say this again."
    ),
    Reason.NOT_SWITCHED: (
        "*{deployment}* is not enabled yet ({state}), so there is nothing to go back from or to "
        "keep. `/deploy cancel {service} {environment}` ends it."
    ),
    Reason.KEEP_TOO_LONG: "A release can be rolled back for {limit} in all at most; that would be {asked}.",
}
"""The same reasons where they are about a frontend, which the fact `kind` says."""

_TOGETHER = "Nothing was started: the two go together or not at all."
_WORDED = {"who", "when"}
"""Facts that the product words itself, with people and times in them; all others may hold text from outside."""
_NO_MARKUP = str.maketrans("{}", "()")


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"({key})"


def text(reason: Reason, facts: dict[str, str]) -> str:
    """The sentence for a reason; a fact that is missing shows its name rather than failing."""
    safe = {name: said if name in _WORDED else said.translate(_NO_MARKUP) for name, said in facts.items()}
    of_kind = OF_FRONTENDS if facts.get("kind") == FRONTEND else {}
    both = safe.get("together", safe.get("wanted"))
    said = of_kind.get(reason, TEXTS[reason]).format_map(_Facts({"both": both, **safe} if both else safe))
    return f"{_TOGETHER} {said}" if "together" in safe else said
