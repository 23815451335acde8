"""What people read about updates of the service itself. Each sentence says what happens next and who must act."""

from chalicelib.domain.approval import Answer, Question
from chalicelib.domain.updates import Stage, Update, short
from chalicelib.usecases.texts import plain

DOING = {"update": "Updating me", "confirm": "Confirming", "reject": "Rejecting"}


def target(update: Update) -> str:
    """What it leads to."""
    return named(update.wanted)


def named(wanted: str) -> str:
    """A revision that was named, or what is updated to where none was."""
    return f"`{plain(short(wanted))}`" if wanted else "the newest version"


def origin(update: Update) -> str:
    """What runs, or ran, before it."""
    return f"`{plain(short(update.before))}`" if update.before else "the version that runs"


def wish(question: Question) -> str:
    """The question; what is to run after it stands in its digest, since that is what a yes is bound to."""
    return f"May I update myself to {named(question.digest)}?"


def request(question: Question) -> str:
    """The same to go on from `the`."""
    return f"request to update me to {named(question.digest)}"


def pending(question: Question) -> str:
    """An open question, to whoever looks."""
    return (
        f"{wish(question)} Asked by {{person:{question.requester}}}; a second person answers by "
        f"{{time:{question.deadline:.0f}}}, else I stay as I am."
    )


def asked(question: Question) -> str:
    """To the one who asked: a second person is needed."""
    return (
        "An update changes everything that I do, so an approver or admin other than you confirms it. "
        f"I asked in the channel (`{question.code}`); until somebody confirms, I stay as I am."
    )


def begun() -> str:
    """To the one who asked where nobody else could confirm."""
    return "Nobody else could confirm it, so it begins now. The channel shows how far it is."


def decided(question: Question) -> str:
    """To the one who decided it."""
    if question.answer is Answer.REJECT:
        return "Rejected. I stay as I am."
    return f"Confirmed: I update myself to {named(question.digest)}. The channel shows how far it is."


def so_far(update: Update) -> str:
    """How far it is, to go on from `and`."""
    return "it waits for a second person" if update.stage is Stage.ASKED else "it has not ended"


def recorded(update: Update) -> str:
    """What a line of history says about it."""
    if update.stage is Stage.DONE:
        return f"{plain(short(update.before)) or 'unknown'} to {plain(short(update.after)) or 'unknown'}"
    return update.why if update.stage is Stage.FAILED else plain(update.wanted or "newest")
