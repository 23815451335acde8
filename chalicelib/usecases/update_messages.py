"""What chat shows of an update of the service itself."""

from chalicelib.domain.approval import Question
from chalicelib.domain.updates import Stage, Update, short
from chalicelib.usecases.buttons import confirm_or_reject
from chalicelib.usecases.chat_ports import Action, Message
from chalicelib.usecases.questions import how, outcome, person, who_may
from chalicelib.usecases.texts import duration, plain, sentence
from chalicelib.usecases.update_texts import origin, target, wish

_GOES_ON = "What is under way goes on with the code that it began with."
_WHY = 500


def update_message(update: Update, question: Question | None, now: float) -> Message:
    """The one message of an update."""
    if update.stage is Stage.ASKED and question is not None and question.open_at(now):
        return _question(update, question)
    if update.stage in {Stage.ASKED, Stage.REJECTED}:
        over = outcome(question) if question is not None else ""
        return Message(
            summary="Update: I stay as I am",
            lines=(f"🔧 {_asked(update)}", f"{over} I stay as I am.".strip()),
        )
    return Message(
        summary=_SUMMARY[update.stage],
        lines=tuple(line for line in (_head(update), _since(update, question), _how_far(update)) if line),
        actions=_actions(update),
        notes=(f"Build log: {update.log}",) if update.log else (),
    )


_SUMMARY = {
    Stage.CONFIRMED: "Update: I am about to begin",
    Stage.BUILDING: "Update: my new version is being built",
    Stage.DONE: "Update: done",
    Stage.FAILED: "Update: failed, nothing changed",
}


def _question(update: Update, question: Question) -> Message:
    by = f"{who_may(question)} answers by {{time:{question.deadline:.0f}}}, else I stay as I am."
    return Message(
        summary="Update: a second person is asked",
        lines=(
            f"🔧 {{team}} {wish(question)} Now I am {origin(update)}.",
            f"Asked by {person(update.requester)}. {by}",
            f"{_GOES_ON} Should the new version not deploy, I stay as I am.",
        ),
        actions=confirm_or_reject(question),
        notes=(how(question),),
    )


def _asked(update: Update) -> str:
    return f"An update to {target(update)} was asked for by {person(update.requester)}."


def _head(update: Update) -> str:
    if update.stage is Stage.DONE and update.after == update.before:
        return f"✅ There was nothing newer: I am {origin(update)}, as before."
    if update.stage is Stage.DONE:
        return f"✅ I am updated: {origin(update)} → `{plain(short(update.after))}`."
    if update.stage is Stage.FAILED:
        return f"🚫 The update to {target(update)} failed. I am still {origin(update)}."
    return f"🔧 I update myself: {origin(update)} → {target(update)}."


def _since(update: Update, question: Question | None) -> str:
    if not update.requester.is_person:
        return f"A push to my repository began it {{when:{update.at:.0f}}}."
    said = f"Asked by {person(update.requester)} {{when:{update.at:.0f}}}."
    return f"{said} {outcome(question)}" if question is not None and question.confirmations else said


def _how_far(update: Update) -> str:
    if update.stage is Stage.CONFIRMED:
        return f"The build begins in a moment. {_GOES_ON}"
    if update.stage is Stage.BUILDING:
        return f"The build runs; then I am replaced, in some minutes. Go on working: nothing has to wait. {_GOES_ON}"
    if update.stage is Stage.DONE:
        return f"It took {duration(update.changed_at - update.at)}. {_GOES_ON}"
    why = f"Why: {sentence(plain(update.why[:_WHY]))} " if update.why else ""
    return f"{why}Once that is mended: *Update again*."


def _actions(update: Update) -> tuple[Action, ...]:
    if update.stage is not Stage.FAILED:
        return ()
    return (Action("update", "Update again", update.wanted, "primary"),)


def ended(update: Update) -> Message | None:
    """Word in the thread that it is over, since nobody is told of a message that changes."""
    to = f"{person(update.requester)} " if update.requester.is_person else ""
    if update.stage is Stage.DONE:
        return Message(summary="Update: done", lines=(f"✅ {to}I am `{plain(short(update.after))}` now.",))
    if update.stage is Stage.FAILED:
        return Message(
            summary="Update: failed, nothing changed",
            lines=(f"🚫 {to}My update failed; I am still {origin(update)}.",),
            actions=_actions(update),
        )
    return None
