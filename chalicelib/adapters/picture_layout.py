"""Where everything of a timeline stands, in pixels of the finished picture: pure, so that a test can look at it.

Time is to scale as far as that can be read: a phase that is over in seconds keeps a visible bar, and a wait of hours is
cut short, with a break drawn across it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from chalicelib.usecases.chat_ports import Bar, BarKind, Timeline
from chalicelib.usecases.texts import duration

WIDTH = 1_440
"""Twice the width at which chat shows it on a desk, so that it is sharp, and large enough to be read on a phone."""
MARGIN = 48
LEFT, RIGHT = 410, 1_176
"""Where time begins and ends."""
TITLE, TEXT, SMALL = 40, 32, 27
ROW, BAR = 62, 38
RADIUS = 21
_LEAST, _MOST, _MANY = 16.0, 0.3, 6
"""The narrowest stretch in pixels, and the widest as a share of all where there are many."""
_GAP = 20

Measure = Callable[[str, int], float]


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text: where it begins, which size, how wide it is, and whether it is less important."""

    x: float
    y: float
    text: str
    size: int
    width: float
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A bar, or a sample of one in the key. `breaks`: where it is cut short."""

    x: float
    y: float
    width: float
    height: float
    kind: BarKind
    breaks: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """A numbered circle; `stem` is where in time it belongs, with the height from which its line comes down."""

    x: float
    y: float
    number: int
    stem: tuple[float, float, float] | None = None


@dataclass(slots=True)
class Layout:
    """All of a picture."""

    height: int = 0
    words: list[Words] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Faint lines: from x and y to x and y."""


class Axis:
    """Time to pixels, in stretches between the moments at which something begins or ends."""

    def __init__(self, bars: Sequence[Bar]) -> None:
        self.moments = sorted({moment for bar in bars for moment in (bar.start, bar.end)})
        spans = [later - earlier for earlier, later in zip(self.moments, self.moments[1:], strict=False)]
        widths = _fitted(spans, RIGHT - LEFT)
        self.places = [float(LEFT)]
        for width in widths:
            self.places.append(self.places[-1] + width)
        scale = max(
            (width / span for span, width in zip(spans, widths, strict=True) if width > _LEAST), default=1.0
        )
        self.cut = [width < 0.5 * span * scale for span, width in zip(spans, widths, strict=True)]

    def at(self, moment: float) -> float:
        """Where a moment stands; what is outside stands at the edge."""
        for index, (start, end) in enumerate(zip(self.moments, self.moments[1:], strict=False)):
            if moment <= end:
                share = max(0.0, moment - start) / (end - start)
                return self.places[index] + share * (self.places[index + 1] - self.places[index])
        return self.places[-1]

    def breaks(self, bar: Bar) -> tuple[float, ...]:
        """In the middle of each stretch of a bar that is cut short."""
        return tuple(
            (self.places[index] + self.places[index + 1]) / 2
            for index, cut in enumerate(self.cut)
            if cut and bar.start <= self.moments[index] and self.moments[index + 1] <= bar.end
        )


def arrange(picture: Timeline, measure: Measure) -> Layout:
    """The whole picture; it needs one bar at least."""
    made = Layout()
    axis = Axis(picture.bars)
    lasted = f"{duration(picture.bars[-1].end - picture.bars[0].start)} in all"
    top = heading(made, picture.title, lasted, measure)
    _ticks(made, axis, top, measure)
    first = top + 46
    bottom = _rows(made, picture, axis, first, measure)
    bottom = _people(made, picture, axis, (first, bottom), measure)
    bottom = _key(made, picture, axis, bottom, measure)
    made.height = round(bottom + MARGIN * 0.6)
    return made


def _fitted(spans: Sequence[float], room: float) -> list[float]:
    """Widths in proportion to time, none narrower than can be seen, none wider than leaves room for the others."""
    least = min(_LEAST, room / (2 * len(spans)))
    most = room * _MOST if len(spans) >= _MANY else room
    low, high = 0.0, room / min(spans)
    for _ in range(60):
        scale = (low + high) / 2
        total = sum(min(max(span * scale, least), most) for span in spans)
        low, high = (scale, high) if total < room else (low, scale)
    widths = [min(max(span * high, least), most) for span in spans]
    return [width * room / sum(widths) for width in widths]


def heading(made: Layout, title: str, aside: str, measure: Measure) -> float:
    """The title, and at the right what is said beside it; where the rest begins."""
    width = measure(aside, TEXT)
    made.words.append(Words(WIDTH - MARGIN - width, 44, aside, TEXT, width, faint=True))
    title = short(title, TITLE, WIDTH - 3 * MARGIN - width, measure)
    made.words.append(Words(MARGIN, 38, title, TITLE, measure(title, TITLE)))
    return 112


def short(text: str, size: int, room: float, measure: Measure) -> str:
    """As much as there is room for."""
    if measure(text, size) <= room:
        return text
    while text and measure(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text}…"


def _ticks(made: Layout, axis: Axis, top: float, measure: Measure) -> None:
    """How much time had passed, where there is room to say it: the beginning and the end always."""
    start = axis.moments[0]
    ends = [(axis.moments[0], "start"), (axis.moments[-1], duration(axis.moments[-1] - start))]
    between = [(moment, duration(moment - start)) for moment in axis.moments[1:-1]]
    taken: list[tuple[float, float]] = []
    for moment, text in [*ends, *between]:
        width, middle = measure(text, SMALL), axis.at(moment)
        x = middle - width / 2
        if all(x + width + _GAP <= other or x >= until + _GAP for other, until in taken):
            taken.append((x, x + width))
            made.words.append(Words(x, top, text, SMALL, width, faint=True))


def _rows(made: Layout, picture: Timeline, axis: Axis, top: float, measure: Measure) -> float:
    """A row for each label, in the order of time, with how long it was in all at its end."""
    rows: dict[str, list[Bar]] = {}
    for bar in picture.bars:
        rows.setdefault(bar.label, []).append(bar)
    for number, (label, bars) in enumerate(rows.items()):
        y = top + number * ROW
        text = short(label, TEXT, LEFT - MARGIN - _GAP, measure)
        made.words.append(Words(MARGIN, y + 10, text, TEXT, measure(text, TEXT)))
        lasted = duration(sum(bar.end - bar.start for bar in bars))
        width = measure(lasted, TEXT)
        made.words.append(Words(WIDTH - MARGIN - width, y + 10, lasted, TEXT, width))
        for bar in bars:
            x = axis.at(bar.start)
            size = axis.at(bar.end) - x
            made.blocks.append(Block(x, y + (ROW - BAR) / 2, size, BAR, bar.kind, axis.breaks(bar)))
    bottom = top + len(rows) * ROW
    made.lines += [(place, top, place, bottom) for place in axis.places]
    return bottom


def _people(
    made: Layout, picture: Timeline, axis: Axis, rows: tuple[float, float], measure: Measure
) -> float:
    """Numbered circles under the rows, each as near to its moment as the others leave room."""
    first, top = rows
    if not picture.marks:
        return top
    y = top + 12 + RADIUS
    made.words.append(Words(MARGIN, y - 19, "People", TEXT, measure("People", TEXT)))
    apart = 2.0 * RADIUS + 6
    places = [axis.at(mark.at) for mark in picture.marks]
    xs = _apart(places, apart, LEFT, RIGHT)
    for number, (x, place) in enumerate(zip(xs, places, strict=True), 1):
        made.dots.append(Dot(x, y, number, (place, first, y)))
    return _numbers(made, picture, y + RADIUS + 26, measure)


def _apart(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """The same order, so far apart, inside the edges as long as there is room."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + apart) if found else max(place, low))
    limit = high
    for index in range(len(found) - 1, -1, -1):
        found[index] = min(found[index], limit)
        limit = found[index] - apart
    return found


def _numbers(made: Layout, picture: Timeline, y: float, measure: Measure) -> float:
    """What each number did, in as many lines as it takes."""
    x = float(MARGIN)
    for number, mark in enumerate(picture.marks, 1):
        text = short(mark.label, SMALL, WIDTH - 2 * MARGIN - 60, measure)
        width = 2 * RADIUS + 12 + measure(text, SMALL)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = float(MARGIN), y + 54
        made.dots.append(Dot(x + RADIUS, y + RADIUS, number))
        made.words.append(Words(x + 2 * RADIUS + 12, y + 6, text, SMALL, width - 2 * RADIUS - 12))
        x += width + 36
    return y + 2 * RADIUS + 10


_KINDS = {
    BarKind.WORK: "Pointsman works",
    BarKind.WAIT: "waits for a person",
    BarKind.LIVE: "live, way back open",
    BarKind.BACK: "way back",
}


def _key(made: Layout, picture: Timeline, axis: Axis, top: float, measure: Measure) -> float:
    """What the patterns mean: those that are there."""
    x, y = float(MARGIN), top + 20
    for block, text in _samples(picture, axis):
        width = 64 + 12 + measure(text, SMALL)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = float(MARGIN), y + 48
        breaks = (x + 32,) if block is None else ()
        made.blocks.append(Block(x, y + 3, 64, 30, block or BarKind.WAIT, breaks))
        made.words.append(Words(x + 76, y + 2, text, SMALL, width - 76, faint=True))
        x += width + 40
    return y + 40


def _samples(picture: Timeline, axis: Axis) -> Iterator[tuple[BarKind | None, str]]:
    there = {bar.kind for bar in picture.bars}
    yield from ((kind, text) for kind, text in _KINDS.items() if kind in there)
    if any(axis.cut):
        yield None, "cut short"
