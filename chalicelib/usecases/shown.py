"""What the channel shows of key metrics that somebody showed to the team: the numbers, and a picture of the weeks."""

from chalicelib.domain.metrics import Figures
from chalicelib.domain.sharing import Shared
from chalicelib.usecases.chat_ports import BarKind, Chart, Column, Message, Number
from chalicelib.usecases.stats import day, in_week, notes, of, rows, said

_PARTS = (("stayed live", BarKind.WORK), ("taken back", BarKind.BACK))


def shown_message(shown: Shared) -> Message:
    """As it was when it was shown, whatever happened since."""
    figures, who = shown.figures, f"{{person:{shown.actor}}}"
    period = f"the last {figures.days} days up to {{when:{figures.at:.0f}}}, beside the {figures.days} before"
    title = f"Key metrics of {of(shown.service, shown.environment)}".replace("*", "")
    ask = f"/deploy stats {shown.service} {shown.environment}".rstrip()
    return Message(
        summary=f"{title}: the last {figures.days} days",
        title=f"📊 {title}",
        fields=tuple((name, f"{said(now)}\n(before: {said(before)})") for name, now, before in rows(figures)),
        lines=(f"{who} shows {period}.", *notes(figures)),
        notes=(f"What is counted, and how it is now: {ask} {figures.days}d",),
        picture=chart(title, figures),
    )


def chart(title: str, figures: Figures) -> Chart | None:
    """The numbers, and a column for each week; None where nothing went live."""
    if not figures.current.changes:
        return None
    numbers = tuple(
        Number(name, value, (detail, f"before: {before}"))
        for name, (value, detail), (before, _) in rows(figures)
    )
    columns = tuple(Column(day(each.since), (each.stayed, each.failed)) for each in figures.weeks)
    return Chart(
        title,
        _alt(title, figures),
        aside=f"the last {figures.days} days",
        numbers=numbers,
        parts=_PARTS,
        axis="week from (UTC)",
        columns=columns,
    )


def _alt(title: str, figures: Figures) -> str:
    """The same in words."""
    numbers = "; ".join(
        f"{name}: {said(now)} (before: {said(before)})" for name, now, before in rows(figures)
    )
    weeks = "; ".join(f"{day(each.since)} {in_week(each)}" for each in figures.weeks)
    return f"{title}, the last {figures.days} days. {numbers}. Went live in the weeks from: {weeks}."
