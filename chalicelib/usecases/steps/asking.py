"""Waiting for people: each wait is a question in the table, asked with a task token and settled by the next."""

import hashlib
from dataclasses import replace
from typing import Any

from chalicelib.domain.approval import GRACE_SECONDS, SECOND_PERSON, Answer, Kind, Question, code_from
from chalicelib.domain.coupling import stays
from chalicelib.domain.deployment import (
    BEFORE_SWITCH,
    HAS_FLEET,
    Machine,
    Slot,
    State,
    Trigger,
)
from chalicelib.domain.errors import LostLock, StepFailed
from chalicelib.domain.people import SERVICE, Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Change, Save, Workflow
from chalicelib.usecases.steps.coupled import (
    close_both,
    did_not_stay,
    extend_both,
    follower,
    lasts_until,
    pages_first,
    start_follower,
    window_until,
)
from chalicelib.usecases.steps.telling import also_of, brief_of, needed_of
from chalicelib.usecases.steps.work import Result, Work
from chalicelib.usecases.texts import plain
from chalicelib.usecases.turning import freed


def ask(
    work: Work, workflow: Workflow, kind: Kind, *, seconds: float, requester: Actor | None = None
) -> Question:
    """Ask once for each time the state is entered; a retry of the state brings its new token to the same question, and
    is woken at once where the question was answered in between: that answer woke a token that nobody waits for."""
    code, found = _find(work, kind)
    if found is not None:
        renewed = replace(found, token=work.event.token)
        if found.answer is not None:
            workflow.wake(work.event.token)
        elif renewed != found:
            work.store.commit(Save(renewed))
        return renewed
    deployment = work.deployment
    told = brief_of(work, kind) if kind in SECOND_PERSON else None
    question = Question(
        code=code,
        kind=kind,
        service=deployment.service,
        environment=deployment.environment,
        deployment=deployment.id,
        requester=requester or deployment.requester,
        asked_at=work.now,
        deadline=work.now + seconds,
        digest=deployment.plan.digest if deployment.plan else "",
        token=work.event.token,
        needed=needed_of(work, kind, told) if told else 1,
        brief=told,
        also=also_of(work),
    )
    changes: tuple[Change, ...] = (Save(question), *_supersede(work, kind), work.history(f"asked_{kind}"))
    if deployment.state in BEFORE_SWITCH:
        # Who canceled since this step began finds no question to close: then it is not asked.
        work.save(deployment, *changes)
    else:
        work.store.commit(*changes)
    return question


def _supersede(work: Work, kind: Kind) -> list[Save]:
    """Older questions of this kind that are still open: a redrive enters a wait anew with another time of entering, and
    nobody waits with the older one any more."""
    asked = work.store.questions(work.deployment.ref)
    older = (each for each in asked if each.kind is kind and each.answer is None)
    return [Save(each.superseded(SERVICE, work.now)) for each in older]


def settle(work: Work, kind: Kind) -> Question:
    """The newest question of a kind, decided: where nobody answered it is expired by this very write."""
    asked = [each for each in work.store.questions(work.deployment.ref) if each.kind is kind]
    if not asked:
        raise StepFailed(Reason.INTERNAL, step=kind.value, what="the question is not in the table")
    question = max(asked, key=lambda each: each.asked_at)
    if question.answer is Answer.SUPERSEDED and kind is not Kind.KEEP:
        raise LostLock(
            f"{question.code} was closed by the next run"
        )  # a kept fleet's is closed by the next deployment
    settled = question.settled(work.now)
    if settled != question:
        work.store.commit(Save(settled), work.history(f"expired_{kind}"))
    return settled


def close_open_questions(work: Work) -> None:
    """At the end nothing is open any more, whatever happened before."""
    for question in work.store.questions(work.deployment.ref):
        if question.answer is None:
            work.store.commit(Save(question.settled(work.now)))


def _find(work: Work, kind: Kind) -> tuple[str, Question | None]:
    """The same code for every try of one entry of the state, with the question where it was asked before; another code
    where that one is taken by another deployment."""
    for salt in range(10):
        facts = f"{work.deployment.id}|{kind}|{work.event.entered}|{salt}"
        code = code_from(hashlib.sha256(facts.encode()).digest())
        found = work.store.question(code)
        if found is None or (found.ref == work.deployment.ref and found.kind is kind):
            return code, found
    raise StepFailed(Reason.INTERNAL, step="asking", what="no free code was found")


def say(answer: str, seconds: float = 0) -> dict[str, Any]:
    """What the Choice after a wait reads; `seconds` is how long the window still lasts, for the token's timeout."""
    return {"is": answer, "seconds": max(1, int(seconds)) + GRACE_SECONDS}


_NOT_MENDED = {
    Reason.CANCELED,
    Reason.LOST_LOCK,
    Reason.FLEET_CHANGED,
    Reason.BUILD_FAILED,
    Reason.PARTNER_ENDED,
    Reason.GIVES_WAY,
}
"""What another try of the same plan can not change."""

_OUTCOMES = {
    Answer.REJECT: (State.REJECTED, "Rejected by {who}."),
    Answer.CANCEL: (State.CANCELED, "Canceled by {who}."),
    Answer.EXPIRED: (State.EXPIRED, "Nobody answered in time."),
}


def _give_up(work: Work, question: Question) -> Result:
    """No, or nobody said yes: the outcome is kept, and the new fleet, if any, is discarded."""
    answer = question.answer or Answer.EXPIRED
    outcome, words = _OUTCOMES[answer]
    detail = words.format(who=f"{{person:{question.answered_by}}}")
    if question.reason:
        detail = f"{detail[:-1]}: {plain(question.reason)}"
    work.note(outcome=outcome, detail=detail)
    return say(answer.value)


def _same_plan(work: Work, question: Question) -> None:
    plan = work.deployment.plan
    if plan is None or plan.digest != question.digest:
        frontend = work.deployment.machine is Machine.RELEASE
        changed = Reason.RELEASE_CHANGED if frontend else Reason.FLEET_CHANGED
        raise StepFailed(changed, what="the plan is not the one that was confirmed")


def _who(question: Question) -> Actor:
    return question.answered_by or question.requester


def _roll_back_asked(work: Work, workflow: Workflow, question: Question) -> Result:
    """The environment is taken again, under a new fencing number, unless the next deployment was faster."""
    if not _take_again(work):
        work.note(
            wanted="", progress="The rollback was not begun: the next deployment was faster. Cancel it first"
        )
        return say("keep", _left(work))
    by_itself = question.answered_by == SERVICE
    work.note(wanted="rollback", wanted_by=question.answered_by)
    if work.deployment.protected and not by_itself:
        return say("ask_rollback")
    pages_first(work, workflow)
    why = {"detail": plain(question.reason)} if by_itself else {}
    work.note(outcome=State.ROLLED_BACK, rollback_by=question.answered_by, **why)
    return say("rollback")


def _extend(work: Work, workflow: Workflow, question: Question) -> Result:
    until = question.deadline + question.seconds
    extend_both(work, workflow, until)
    return say("keep", until - work.now)


def _end_asked(work: Work, workflow: Workflow, question: Question) -> Result:
    work.note(wanted_by=question.answered_by)
    return say("ask_end") if work.deployment.protected else _window_over(work, workflow)


def _window_over(work: Work, workflow: Workflow) -> dict[str, Any]:
    """The way back ends, for both of two that go together; it stays open where one of them is not there yet."""
    until = lasts_until(work)
    if until:
        work.note(keep_until=until)
        return say("keep", until - work.now)
    close_both(work, workflow)
    return say("retire")


def _answer_late_wish(work: Work, workflow: Workflow, code: str) -> None:
    """A rollback that was asked for after the last look of the watching is the window's first answer."""
    question = work.store.question(code)
    by = work.deployment.wanted_by
    if question is not None and by is not None and question.answer is None:
        work.store.commit(Save(question.answered(Answer.ROLLBACK, by, work.now)))
        workflow.wake(work.event.token)


def _left(work: Work) -> float:
    """Seconds until the window closes; a window that never opened has its whole length."""
    if not work.deployment.keep_until:
        return work.settings.timeouts.keep_old
    return work.deployment.keep_until - work.now


def _take_again(work: Work) -> bool:
    """Hold the environment as its active deployment again, under a new fencing number; False where another does."""
    environment = work.environment()
    deployment = work.deployment
    if environment.active is not None:
        return environment.active.deployment == deployment.id
    taken = environment.released(deployment.id).acquire(deployment.id, work.now)
    work.store.commit(Save(taken), Save(replace(deployment, fence=taken.fence)), work.history("took_lock"))
    work.deployment = replace(deployment, fence=taken.fence, revision=deployment.revision + 1)
    return True


def worth_retrying(work: Work) -> bool:
    """A step failed that may go well when it is tried again, on a fleet that is there."""
    deployment = work.deployment
    mendable = deployment.outcome is State.FAILED and deployment.reason not in _NOT_MENDED
    return (
        mendable and deployment.state in {*HAS_FLEET, State.ASKING_RETRY} and work.settings.timeouts.retry > 0
    )


class AskingSteps:
    """The waits for people and what is read after each of them."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow

    def ask_to_start(self, work: Work) -> Result:
        """A second person is asked whether to begin."""
        work.guard()
        work.move(Trigger.ASK_START)
        ask(work, self._workflow, Kind.START, seconds=work.settings.timeouts.ask)
        return None

    def read_start(self, work: Work) -> Result:
        """Begin only under a live confirmation of this very plan."""
        question = settle(work, Kind.START)
        if question.answer is Answer.CONFIRM:
            _same_plan(work, question)
            work.move(Trigger.BEGIN, actor=_who(question), confirmed_by=question.answered_by)
            return say("confirm")
        return _give_up(work, question)

    def await_finish(self, work: Work) -> Result:
        """Ready: people decide when, and whether, to switch."""
        work.guard()
        work.move(Trigger.BE_READY)
        ask(work, self._workflow, Kind.READY, seconds=work.settings.timeouts.ready)
        return None

    def read_finish(self, work: Work) -> Result:
        """Finish, cancel, or nobody came."""
        question = settle(work, Kind.READY)
        if question.answer is not Answer.FINISH:
            return _give_up(work, question)
        work.note(finished_by=question.answered_by, finish_note=question.reason)
        return say("ask" if work.deployment.protected else "finish")

    def ask_to_finish(self, work: Work) -> Result:
        """A second person is asked whether to switch."""
        work.guard()
        work.move(Trigger.ASK_FINISH)
        ask(
            work,
            self._workflow,
            Kind.FINISH,
            seconds=work.settings.timeouts.ask,
            requester=work.deployment.finished_by,
        )
        return None

    def read_finish_answer(self, work: Work) -> Result:
        """Switch only under a live confirmation of this very plan; no answer leaves it ready."""
        question = settle(work, Kind.FINISH)
        if question.answer is Answer.CONFIRM:
            _same_plan(work, question)
            work.note(finish_confirmed_by=question.answered_by)
            return say("confirm")
        if question.answer is Answer.CANCEL:
            return _give_up(work, question)
        return say("back")

    def keep_old(self, work: Work) -> Result:
        """The environment is free for the next deployment, whose turn comes with it; the old fleet stands by."""
        deployment = work.deployment
        until = deployment.keep_until or window_until(work)
        environment = work.environment()
        slot = Slot(deployment.id, deployment.fence, work.now)
        if environment.keeping is None or environment.keeping.deployment != deployment.id:
            kept = replace(environment.released(deployment.id), keeping=slot)
            work.move(Trigger.KEEP, *freed(work.store, kept, work.now), keep_until=until)
        else:
            work.move(Trigger.KEEP, keep_until=until)
        question = ask(work, self._workflow, Kind.KEEP, seconds=max(1.0, until - work.now))
        if deployment.wanted == "rollback":
            _answer_late_wish(work, self._workflow, question.code)
        elif not did_not_stay(work, self._workflow):
            start_follower(work, self._workflow)
        return None

    def read_keep(self, work: Work) -> Result:
        """Roll back, extend, end now, or the window has closed."""
        question = settle(work, Kind.KEEP)
        if question.answer is Answer.ROLLBACK:
            return _roll_back_asked(work, self._workflow, question)
        if question.answer is Answer.EXTEND:
            return _extend(work, self._workflow, question)
        if question.answer is Answer.END:
            return _end_asked(work, self._workflow, question)
        return _window_over(work, self._workflow)

    def await_retry(self, work: Work) -> Result:
        """A step failed: people may mend what was wrong and have it tried again on the fleet that is there."""
        work.guard()
        work.move(Trigger.ASK_RETRY)
        ask(work, self._workflow, Kind.RETRY, seconds=work.settings.timeouts.retry)
        return None

    def read_retry(self, work: Work) -> Result:
        """Go on from where it failed, or give up."""
        question = settle(work, Kind.RETRY)
        if question.answer is not Answer.RETRY:
            return say("discard")
        work.note(reason="", detail="", output="", outcome=None)
        work.move(Trigger.RETRY, actor=_who(question))
        return say("retry")

    def ask_to_roll_back(self, work: Work) -> Result:
        """A second person is asked whether to go back."""
        work.guard()
        work.move(Trigger.ASK_ROLLBACK, stays=stays(follower(work)))
        requester = work.deployment.wanted_by
        ask(work, self._workflow, Kind.ROLLBACK, seconds=work.settings.timeouts.ask, requester=requester)
        return None

    def read_roll_back(self, work: Work) -> Result:
        """Go back only when confirmed; else what the question came into goes on: the watching, or the window."""
        question = settle(work, Kind.ROLLBACK)
        if question.answer is Answer.CONFIRM:
            pages_first(work, self._workflow)
            work.note(
                outcome=State.ROLLED_BACK,
                rollback_by=question.requester,
                rollback_confirmed_by=question.answered_by,
            )
            return say("confirm")
        if not work.deployment.keep_until:
            work.move(Trigger.BAKE, wanted="")
            return say("bake")
        work.note(wanted="")
        return say("keep", _left(work))

    def ask_to_end(self, work: Work) -> Result:
        """A second person is asked whether to end the old fleet early."""
        work.move(Trigger.ASK_END)
        requester = work.deployment.wanted_by
        ask(work, self._workflow, Kind.END, seconds=work.settings.timeouts.ask, requester=requester)
        return None

    def read_end(self, work: Work) -> Result:
        """End it when confirmed; else it stands by for the rest of its window."""
        question = settle(work, Kind.END)
        if question.answer is Answer.CONFIRM:
            over = _window_over(work, self._workflow)
            return over if over["is"] == "keep" else say("confirm")
        return say("keep", _left(work))
