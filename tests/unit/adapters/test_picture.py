"""The drawing: nothing overlaps or leaves the paper, whatever happened; the same picture has the same bytes."""

import struct
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.picture_layout import LEFT, MARGIN, RADIUS, RIGHT, WIDTH, Axis, Layout, arrange
from chalicelib.adapters.picture_png import png
from chalicelib.usecases.chat_ports import Bar, BarKind, Mark, Timeline
from tests.builders import NOW

LABELS = ("Plan", "Prepare", "Old fleet stands by", "Wait: end old fleet", "W" * 60)
BARS = st.lists(
    st.tuples(st.floats(1, 90_000), st.sampled_from(LABELS), st.sampled_from(BarKind)),
    min_size=1,
    max_size=16,
)
MARKS = st.lists(st.tuples(st.floats(-10, 200_000), st.sampled_from(["canceled", "x" * 200])), max_size=12)


def picture(
    steps: list[tuple[float, str, BarKind]],
    marks: list[tuple[float, str]],
    title: str = "cameras@142 to production",
) -> Timeline:
    """Phases one after the other."""
    bars, at = [], NOW
    for seconds, label, kind in steps:
        bars.append(Bar(at, at + seconds, label, kind))
        at += seconds
    return Timeline(
        title, "words", tuple(bars), tuple(Mark(NOW + after, label) for after, label in sorted(marks))
    )


def wide(text: str, size: int) -> float:
    """Wider than the font is."""
    return len(text) * size * 0.6


def overlaps(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Boxes of left, top, right, bottom."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def boxes(layout: Layout) -> list[tuple[float, float, float, float]]:
    """Everything that must be read."""
    words = [(each.x, each.y, each.x + each.width, each.y + each.size) for each in layout.words]
    dots = [(dot.x - RADIUS, dot.y - RADIUS, dot.x + RADIUS, dot.y + RADIUS) for dot in layout.dots]
    return words + dots


@given(BARS, MARKS, st.text("abc", max_size=130))
def test_nothing_that_is_read_overlaps_or_leaves_the_paper(
    steps: list[tuple[float, str, BarKind]], marks: list[tuple[float, str]], title: str
) -> None:
    """Titles, labels, times, numbers: many phases or few, seconds or days."""
    layout = arrange(picture(steps, marks, title), wide)
    found = boxes(layout)
    for one, other in combinations(found, 2):
        assert not overlaps(one, other)
    assert all(box[0] >= MARGIN / 2 and box[2] <= WIDTH - MARGIN / 2 for box in found)
    assert all(box[1] >= 0 and box[3] <= layout.height for box in found)


@given(BARS)
def test_bars_follow_each_other_and_each_can_be_seen(steps: list[tuple[float, str, BarKind]]) -> None:
    """In the order of time, from edge to edge."""
    drawn = picture(steps, [])
    axis = Axis(drawn.bars)
    assert axis.at(drawn.bars[0].start) == LEFT
    assert axis.at(drawn.bars[-1].end) == pytest.approx(RIGHT)
    for bar in drawn.bars:
        assert axis.at(bar.end) - axis.at(bar.start) >= 8


def test_a_long_wait_is_cut_short_and_says_so() -> None:
    """Else everything else would be a hair."""
    steps = [(60.0, name, BarKind.WORK) for name in "abcdef"]
    layout = arrange(picture([*steps, (43_200.0, "Wait", BarKind.WAIT)], []), wide)
    assert [len(block.breaks) for block in layout.blocks[:7]] == [0, 0, 0, 0, 0, 0, 1]
    assert "cut short" in [each.text for each in layout.words]


def test_the_png_is_the_same_each_time_and_small() -> None:
    """So that its size and bytes can be compared; Slack shows it in a moment."""
    drawn = picture(
        [(60.0, "Prepare", BarKind.WORK), (300.0, "Wait: finish", BarKind.WAIT)], [(0, "asked for it")]
    )
    content = png(drawn)
    assert content == png(drawn)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (WIDTH, arrange(drawn, wide).height)
    assert len(content) < 120_000


def test_each_kind_has_a_pattern_of_its_own() -> None:
    """Drawn without color they still differ."""
    from io import BytesIO  # noqa: PLC0415 - the same

    from PIL import Image  # noqa: PLC0415 - only this test looks at pixels

    looks = set()
    for kind in BarKind:
        image = Image.open(BytesIO(png(picture([(60.0, "Same", kind)], [])))).convert("L")
        bar = image.crop((LEFT + 20, 160, RIGHT - 20, 210)).point(lambda value: 255 * (value > 128))
        looks.add(bar.tobytes())
    assert len(looks) == len(BarKind)
