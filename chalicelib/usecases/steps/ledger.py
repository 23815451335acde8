"""The function `ledger`: everything that only the table and people decide. It reaches no server."""

from dataclasses import replace

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.builds import BuildStatus, newest_passed, waits_for
from chalicelib.domain.deployment import CLOSING, Machine, Package, Ref, State, Trigger
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.people import SERVICE
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Save, Workflow
from chalicelib.usecases.steps.asking import (
    AskingSteps,
    ask,
    close_open_questions,
    say,
    settle,
    worth_retrying,
)
from chalicelib.usecases.steps.cleaning import leave, let_cleaning_end
from chalicelib.usecases.steps.coupled import decides, let_go_of_lead, start_follower
from chalicelib.usecases.steps.live import take_turn
from chalicelib.usecases.steps.work import Result, Work, cause_text
from chalicelib.usecases.texts import plain
from chalicelib.usecases.turning import freed
from chalicelib.usecases.words import words_of


class LedgerSteps(AskingSteps):
    """The tasks of this function, each named like its state."""

    def find_package(self, work: Work) -> Result:
        """Whether CI has reported the package already."""
        return {"built": _take_package(work)}

    def await_build(self, work: Work) -> Result:
        """Wait for CI's report; one that came just now is not waited for."""
        question = ask(work, self._workflow, Kind.BUILD, seconds=work.settings.timeouts.build)
        build = work.store.build(work.deployment.service, work.deployment.version)
        if build is None or build.status is not BuildStatus.RUNNING:
            self._workflow.wake(work.event.token)
        elif question.code not in build.waiting:
            work.store.commit(Save(waits_for(build, question)))
        return None

    def read_build(self, work: Work) -> Result:
        """The package as reported; StepFailed where the build failed, came too late, or a person canceled."""
        question = settle(work, Kind.BUILD)
        if question.answer is Answer.CANCEL:
            raise StepFailed(Reason.CANCELED, who=f"{{person:{question.answered_by}}}")
        if not _take_package(work):
            raise StepFailed(Reason.BUILD_TIMED_OUT, version=work.deployment.version)
        return None

    def clear_standby(self, work: Work) -> Result:
        """An earlier deployment gives up its old fleet before the new one needs its place."""
        work.guard()
        _close_window(work, self._workflow)
        if work.deployment.machine is Machine.RELEASE:
            let_cleaning_end(work)
            take_turn(work)
        return None

    def record_trouble(self, work: Work) -> Result:
        """Why the switch goes back."""
        return _record_trouble(work)

    def fail(self, work: Work) -> Result:
        """Why it failed, and whether people are given time to have it tried again."""
        _record_trouble(work)
        if worth_retrying(work):
            return say("hold", work.settings.timeouts.retry)
        return say("discard")

    def record_uncleaned(self, work: Work) -> Result:
        """Cleaning up did not end. The release is live and well, so that is no trouble of its own: it ends, and what is
        left goes with the next one."""
        leave(work, f"Files that nobody needs are left, since cleaning up did not end: {_why(work)}.")
        return None

    def close(self, work: Work) -> Result:
        """The last write: the outcome, and the environment free for the next, whose turn comes with it."""
        if not work.deployment.ended:
            close_open_questions(work)
            released = work.environment().released(work.deployment.id)
            outcome = work.deployment.outcome or State.FAILED
            free = freed(work.store, released, work.now)
            work.move(CLOSING[outcome], *free, detail=work.deployment.detail)
        start_follower(work, self._workflow)
        if work.deployment.state is not State.SUCCEEDED:
            let_go_of_lead(work, self._workflow)
        return None

    def stuck(self, work: Work) -> Result:
        """The deployment can not go on by itself; both fleets stay as they are, and so does the lock. Where it went
        back for a reason, the one for which it could not comes after it."""
        before, cause = work.deployment.detail, cause_text(work.event.error)
        last = f"Then I got stuck: {plain(cause)}"
        if work.deployment.reason and before not in cause and last not in before:
            work.note(detail=f"{before} {last}")
        _record_trouble(work)
        if not work.deployment.ended:
            close_open_questions(work)
            work.move(Trigger.GET_STUCK, detail=work.deployment.detail)
        return None


def _take_package(work: Work) -> bool:
    """Whether the package is there; StepFailed where its build failed."""
    deployment = work.deployment
    build = work.store.build(deployment.service, deployment.version)
    if build is None or build.status is BuildStatus.RUNNING:
        return False
    if build.status is BuildStatus.FAILED:
        known = newest_passed(work.store.builds(deployment.service))
        raise StepFailed(
            Reason.BUILD_FAILED, service=deployment.service, version=deployment.version, known=known
        )
    if work.plan.sha256 not in {"", build.sha256}:
        raise StepFailed(Reason.FLEET_CHANGED, what=f"CI reported another package as {deployment.version}")
    package = Package(build.artifact, build.sha256, build.commit, build.author)
    # A build that was still running when the start was confirmed: whoever confirms the switch confirms this package.
    work.note(package=package, plan=replace(work.plan, sha256=build.sha256))
    return True


def _close_window(work: Work, workflow: Workflow) -> None:
    """Ask an earlier deployment that keeps its old fleet to let it go, and wait until it has."""
    keeping = work.environment().keeping
    if keeping is None or keeping.deployment == work.deployment.id:
        return
    kept = work.store.deployment(replace(work.deployment.ref, deployment=keeping.deployment))
    if kept is not None:
        _let_go(work, workflow, decides(work, kept).ref)
    raise NotReady(f"{keeping.deployment} {words_of(work.deployment).still_keeps}")


def _let_go(work: Work, workflow: Workflow, ref: Ref) -> None:
    for question in work.store.questions(ref):
        if question.kind is not Kind.KEEP:
            continue
        if question.open_at(work.now):
            closed = question.answered(Answer.SUPERSEDED, SERVICE, work.now, reason=work.deployment.id)
            work.store.commit(Save(closed))
        if question.answer in {None, Answer.SUPERSEDED}:
            # Also where it was closed before: the try that closed it may have died before the wake-up.
            workflow.wake(question.token)


def _why(work: Work) -> str:
    """What the step that failed said, or at least what became of it."""
    error = work.event.error or {}
    return plain(cause_text(error) or error.get("Error", "")).rstrip(".")


def _record_trouble(work: Work) -> Result:
    """Keep why the deployment failed, where the step that failed could not say it itself."""
    name = (work.event.error or {}).get("Error", "")
    if not work.deployment.reason:
        state = work.deployment.state
        words = words_of(work.deployment)
        step = words.doing.get(state, "A step")
        if name in {"NotReady", "States.Timeout"}:
            late = words.late.get(state, f"{step} took longer than it may")
            work.record(StepFailed(Reason.TIMED_OUT, what=f"{late} ({cause_text(work.event.error)})"))
        elif name == "LostLock":
            work.record(StepFailed(Reason.LOST_LOCK))
        else:
            work.record(
                StepFailed(Reason.INTERNAL, step=step, what=f"{name} {cause_text(work.event.error)}".strip())
            )
    canceled = work.deployment.reason in {Reason.CANCELED, Reason.PARTNER_ENDED}
    if work.deployment.outcome is None:
        work.note(outcome=State.CANCELED if canceled else State.FAILED)
    return None
