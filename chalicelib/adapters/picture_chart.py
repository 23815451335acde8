"""Where everything of a chart stands, in pixels of the finished picture: numbers above, columns in the middle, and
below each column what it counts, so that nobody has to compare lengths. Pure, as picture_layout.py."""

from collections.abc import Iterator

from chalicelib.adapters.picture_layout import (
    MARGIN,
    SMALL,
    TEXT,
    WIDTH,
    Block,
    Layout,
    Measure,
    Words,
    heading,
    short,
)
from chalicelib.usecases.chat_ports import Chart, Column

GUTTER = 262
"""Left of the columns, for what the rows below them are."""
VALUE = 42
TALLEST, ONE, LEAST = 200.0, 56.0, 12.0
"""The tallest column, and the height of one thing: at most, and at least, so that it can be seen."""
_WIDEST, _SHARE = 96.0, 0.6
_GAP = 24
_LINE, _ROW = 40, 44


def arrange_chart(chart: Chart, measure: Measure) -> Layout:
    """The whole picture; it needs one column at least."""
    made = Layout()
    top = heading(made, chart.title, chart.aside, measure)
    top = _numbers(made, chart, top, measure)
    bottom = _columns(made, chart, top, measure)
    bottom = _labels(made, chart, bottom, measure)
    bottom = _counts(made, chart, bottom, measure)
    made.height = round(bottom + MARGIN * 0.6)
    return made


def _numbers(made: Layout, chart: Chart, top: float, measure: Measure) -> float:
    """Side by side, each with its label above and its lines below."""
    if not chart.numbers:
        return top
    apart = (WIDTH - 2 * MARGIN + _GAP) / len(chart.numbers)
    bottom = top
    for place, number in enumerate(chart.numbers):
        x, y = MARGIN + place * apart, top
        for text, size, high, faint in (
            (number.label, SMALL, _LINE, True),
            (number.value, VALUE, VALUE + 16, False),
            *((line, SMALL, _LINE, True) for line in number.lines),
        ):
            _write(made, short(text, size, apart - _GAP, measure), size, (x, y), measure, faint=faint)
            y += high
        bottom = max(bottom, y)
    made.lines.append((MARGIN, bottom + 14, WIDTH - MARGIN, bottom + 14))
    return bottom + 34


def _columns(made: Layout, chart: Chart, top: float, measure: Measure) -> float:
    """Stacked from the bottom, with their sums on them."""
    most = max([1, *(sum(each.counts) for each in chart.columns)])
    one = min(ONE, TALLEST / most)
    heights = [[max(LEAST, count * one) if count else 0.0 for count in each.counts] for each in chart.columns]
    bottom = top + TEXT + 14 + max(sum(each) for each in heights)
    for column, stack, (left, room) in zip(chart.columns, heights, _slots(chart), strict=True):
        wide = min(_WIDEST, room * _SHARE)
        y = bottom
        for height, (_, kind) in zip(stack, chart.parts, strict=True):
            y -= height
            if height:
                made.blocks.append(Block(left + (room - wide) / 2, y, wide, height, kind))
        _middle(made, _sum(column), TEXT, (left + room / 2, y - TEXT - 10), measure, faint=not sum(stack))
    made.lines.append((MARGIN + GUTTER, bottom + 2, WIDTH - MARGIN, bottom + 2))
    return bottom + 16


def _labels(made: Layout, chart: Chart, top: float, measure: Measure) -> float:
    """What the columns are, where there is room to say it: the first always."""
    axis = short(chart.axis, SMALL, GUTTER - _GAP, measure)
    _write(made, axis, SMALL, (MARGIN, top), measure, faint=True)
    taken = 0.0
    for column, (left, room) in zip(chart.columns, _slots(chart), strict=True):
        width = measure(column.label, SMALL)
        x = min(left + (room - width) / 2, WIDTH - MARGIN - width)
        if x >= taken + _GAP / 2 and x >= MARGIN + GUTTER - _GAP / 2:
            _write(made, column.label, SMALL, (x, top), measure, faint=True)
            taken = x + width
    return top + _ROW


def _counts(made: Layout, chart: Chart, top: float, measure: Measure) -> float:
    """A row for each part: its pattern, what it is called, and its number below each column."""
    for place, (name, kind) in enumerate(chart.parts):
        y = top + place * _ROW
        made.blocks.append(Block(MARGIN, y + 3, 48, 28, kind))
        text = short(name, SMALL, GUTTER - _GAP - 62, measure)
        _write(made, text, SMALL, (MARGIN + 62, y), measure)
        for column, (left, room) in zip(chart.columns, _slots(chart), strict=True):
            count = column.counts[place]
            _middle(made, str(count), SMALL, (left + room / 2, y), measure, faint=not count)
    return top + len(chart.parts) * _ROW


def _slots(chart: Chart) -> Iterator[tuple[float, float]]:
    """Where the room of each column begins, and how wide it is."""
    room = (WIDTH - 2 * MARGIN - GUTTER) / len(chart.columns)
    for place in range(len(chart.columns)):
        yield MARGIN + GUTTER + place * room, room


def _sum(column: Column) -> str:
    return str(sum(column.counts))


def _middle(
    made: Layout, text: str, size: int, at: tuple[float, float], measure: Measure, *, faint: bool = False
) -> None:
    """Text around a place."""
    x, y = at
    _write(made, text, size, (x - measure(text, size) / 2, y), measure, faint=faint)


def _write(
    made: Layout, text: str, size: int, at: tuple[float, float], measure: Measure, *, faint: bool = False
) -> None:
    if text:
        made.words.append(Words(*at, text, size, measure(text, size), faint))
