"""What chat shows of a lock and of a place in the queue: while it holds, with buttons, and how it ended, without."""

from collections.abc import Iterator

from chalicelib.domain.locks import Ask, Lock, Over, Place, Ticket
from chalicelib.domain.people import Actor
from chalicelib.usecases.chat_ports import Action, Message
from chalicelib.usecases.texts import plain, sentence


def ticket_message(ticket: Ticket) -> Message:
    """The one message of a lock or a place, updated in place."""
    return _lock(ticket) if isinstance(ticket, Lock) else _place(ticket)


def ticket_replies(ticket: Ticket) -> Iterator[tuple[str, Message]]:
    """What goes to somebody by name, under keys of their own: nobody is notified of an update."""
    if isinstance(ticket, Lock):
        if _broken(ticket):
            yield "broken", _broken_message(ticket)
    else:
        for number in range(1, ticket.offers + 1):
            yield f"turn-{number}", _turn(ticket, last=number == ticket.offers)
        if ticket.over is Over.NOT_ALLOWED:
            yield "dropped", _dropped(ticket)


def is_old_news(ticket: Ticket) -> bool:
    """Whether it was over before anybody had to know of it."""
    if ticket.over is None:
        return False
    return not _broken(ticket) if isinstance(ticket, Lock) else True


# --- locks ------------------------------------------------------------------------------------------------------


def _lock(lock: Lock) -> Message:
    what = f"`{lock.service}` in *{lock.environment}*"
    who, why = _person(lock.actor), f"Reason: {plain(lock.reason)}"
    if lock.over is not None:
        ended = f"🔓 {what} is not locked any more: {_lock_ended(lock)}"
        return Message(summary=_unmarked(ended), lines=(ended, sentence(f"{who} had locked it. {why}")))
    until = f"{{when:{lock.until:.0f}}}"
    said = f"🔒 {what} is locked by {who} until {until}."
    value = f"{lock.service} {lock.environment}"
    return Message(
        summary=_unmarked(said),
        lines=(
            said,
            why,
            "Others can not start a deployment there until then. What is under way goes on, and plans are free.",
        ),
        actions=(
            Action("unlock", "Unlock", value, "", "Others may deploy there then."),
            Action("queue", "Join the queue", f"{lock.service} to {lock.environment}"),
        ),
        notes=(f"Or type /deploy unlock {value}",),
    )


def _lock_ended(lock: Lock) -> str:
    when = f"{{when:{lock.over_at:.0f}}}"
    if lock.over is Over.EXPIRED or lock.over_by is None:
        return f"it ran out {when}."
    reason = sentence(f" Reason: {plain(lock.over_reason)}") if lock.over_reason else ""
    return f"{_person(lock.over_by)} unlocked it {when}.{reason}"


def _broken(lock: Lock) -> bool:
    """Whether somebody else ended it."""
    return lock.over is Over.UNLOCKED and lock.over_by is not None and lock.over_by != lock.actor


def _broken_message(lock: Lock) -> Message:
    reason = plain(lock.over_reason)
    said = (
        f"{_person(lock.actor)}, your lock of `{lock.service}` in *{lock.environment}* was ended by "
        f"{_person(lock.over_by)}. Reason: {reason}"
    )
    return Message(summary=_unmarked(said), lines=(said,))


# --- turns ------------------------------------------------------------------------------------------------------


_PLACE_ENDED: dict[Over, str] = {
    Over.DEPLOYED: "✅ {who} had the turn and deploys to *{environment}*",
    Over.LEFT: "👋 {who} left the queue for *{environment}*",
    Over.PASSED: "⏭️ {who} passed; the next one's turn comes",
    Over.MISSED: "⌛ The turn of {who} passed unused; the next one's comes",
    Over.LIVE: "✅ `{wanted}` is live in *{environment}* already, so {who} need not wait any more",
    Over.NOT_ALLOWED: "🚫 {who} may not deploy `{service}` any more and left the queue for *{environment}*",
}


def _place(place: Place) -> Message:
    who, what = _person(place.actor), f"`{place.wanted}`"
    if place.over is not None:
        return _said(_place_ended(place))
    said = f"🧍 {who} waits to deploy {what} to *{place.environment}*."
    then = "I say here when it is their turn; nothing is started by itself."
    leave = Action("leave", "Leave the queue", f"{place.service} {place.environment}")
    return Message(
        summary=_unmarked(said),
        lines=(said, then),
        actions=(leave,),
        notes=(f"in the queue since {{when:{place.since:.0f}}}",),
    )


def _place_ended(place: Place) -> str:
    facts = {
        "who": _person(place.actor),
        "wanted": place.wanted,
        "service": place.service,
        "environment": place.environment,
    }
    return f"{_PLACE_ENDED[place.over or Over.LEFT].format_map(facts)} ({{when:{place.over_at:.0f}}})."


def _turn(place: Place, *, last: bool) -> Message:
    """That the turn has come, while it lasts; after that how it ended."""
    if place.over is not None and last:
        return _said(_place_ended(place))
    who = _person(place.actor)
    if not (last and place.offered_at):
        return _said(
            f"↩️ {who} can not use this turn: *{place.environment}* was taken meanwhile. You stay first."
        )
    said = (
        f"🔔 {who}, *{place.environment}* is free and it is your turn with `{place.wanted}` "
        f"until {{time:{place.offered_until:.0f}}}."
    )
    value = f"{place.service} {place.environment}"
    return Message(
        summary=_unmarked(said),
        lines=(said, "Until then nobody else may deploy there; after that it is the next one's turn."),
        actions=(
            Action(
                "deploy", f"Deploy {place.wanted} now", f"{place.wanted} to {place.environment}", "primary"
            ),
            Action("leave", "Pass", value),
        ),
        notes=(f"Or type /deploy {place.wanted} to {place.environment}",),
    )


def _dropped(place: Place) -> Message:
    return _said(
        f"{_person(place.actor)}, you can not deploy `{place.service}` any more, so your place in the queue for "
        f"*{place.environment}* is gone. An admin can give you the role again."
    )


def ask_message(ask: Ask) -> Message:
    """The holder is asked. No buttons: what there is to do stands with what is held."""
    held = f", which *{ask.holds}* holds" if ask.holds else ", which you hold"
    return _said(
        f"🙋 {_person(ask.holder)}, {_person(ask.actor)} asks for `{ask.service}` in *{ask.environment}*{held}. "
        "Answer in this thread; nothing happens by itself."
    )


def _said(text: str) -> Message:
    return Message(summary=_unmarked(text), lines=(text,))


def _person(actor: Actor | None) -> str:
    return f"{{person:{actor}}}" if actor is not None else "nobody"


def _unmarked(text: str) -> str:
    return text.replace("*", "").replace("`", "")
