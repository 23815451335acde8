"""The drawing of a chart: nothing overlaps or leaves the paper, and it reads without color."""

import struct
from io import BytesIO
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chalicelib.adapters import picture_png
from chalicelib.adapters.picture_chart import LEAST, TALLEST, arrange_chart
from chalicelib.adapters.picture_layout import MARGIN, WIDTH
from chalicelib.adapters.picture_png import png
from chalicelib.usecases.chat_ports import BarKind, Chart, Column, Number
from tests.unit.adapters.test_picture import boxes, overlaps, wide

PARTS = (("stayed live", BarKind.WORK), ("taken back", BarKind.BACK))
NUMBERS = tuple(
    Number(label, value, (detail, f"before: {value}"))
    for label, value, detail in (
        ("Deployment frequency", "57.1 a week", "400 in all"),
        ("Lead time for changes", "47 h 59 min", "the median of 400"),
        ("Change failure rate", "too little data", "1 of 2"),
        ("Time to restore", "too little data", "2 values"),
    )
)
COUNTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=14)
TEXTS = st.text("abc WM", max_size=130)


def chart(counts: list[tuple[int, int]], title: str = "Key metrics", words: str = "week from (UTC)") -> Chart:
    """A column for each week."""
    columns = tuple(Column(f"{number + 10} Aug", each) for number, each in enumerate(counts))
    return Chart(title, "words", "the last 90 days", NUMBERS, PARTS, words, columns)


@given(COUNTS, TEXTS, TEXTS)
def test_nothing_that_is_read_overlaps_or_leaves_the_paper(
    counts: list[tuple[int, int]], title: str, words: str
) -> None:
    """Titles, numbers, labels and columns: few weeks or many, none or hundreds of changes."""
    layout = arrange_chart(chart(counts, title, words), wide)
    found = boxes(layout)
    blocks = [(each.x, each.y, each.x + each.width, each.y + each.height) for each in layout.blocks]
    for one, other in combinations(found, 2):
        assert not overlaps(one, other)
    for block in blocks:
        assert not any(overlaps(block, box) for box in found)
    for one, other in combinations(blocks, 2):
        assert not overlaps((one[0], one[1] + 0.1, *one[2:]), other)
    for box in found + blocks:
        assert box[0] >= MARGIN / 2
        assert box[2] <= WIDTH - MARGIN / 2
        assert 0 <= box[1] <= box[3] <= layout.height


@given(COUNTS)
def test_every_number_is_written_and_every_count_can_be_seen(counts: list[tuple[int, int]]) -> None:
    """Heights are in proportion, but what is there is never too small to see."""
    layout = arrange_chart(chart(counts), wide)
    written = [each.text for each in layout.words]
    expected = [str(number) for stayed, back in counts for number in (stayed, back, stayed + back)]
    assert sorted(each for each in written if each.isdigit()) == sorted(expected)
    drawn = layout.blocks[: -len(PARTS)]
    assert len(drawn) == sum(count > 0 for each in counts for count in each)
    assert all(LEAST <= block.height <= TALLEST + 0.01 for block in drawn)


def test_no_text_is_cut_that_fits() -> None:
    """By the font that is drawn with: the longest numbers there are."""
    layout = arrange_chart(chart([(400, 0)] * 13), picture_png._measure)
    assert not any("…" in each.text for each in layout.words)


def test_the_labels_of_many_weeks_leave_each_other_room() -> None:
    """Every other one, from the first."""
    layout = arrange_chart(chart([(1, 0)] * 13), picture_png._measure)
    labels = [each.text for each in layout.words if each.text.endswith(" Aug")]
    assert labels == [f"{number} Aug" for number in range(10, 23, 2)]


def test_the_png_is_the_same_each_time_and_small() -> None:
    """As that of a timeline."""
    drawn = chart([(8, 1), (0, 0), (5, 2)])
    content = png(drawn)
    assert content == png(drawn)
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (WIDTH, arrange_chart(drawn, wide).height)
    assert len(content) < 120_000


def test_what_stayed_and_what_was_taken_back_differ_without_color() -> None:
    """One is solid, the other is crossed."""
    looks = []
    for counts in ((3, 0), (0, 3)):
        layout = arrange_chart(chart([counts]), wide)
        (block, *_) = layout.blocks
        image = Image.open(BytesIO(png(chart([counts])))).convert("L")
        inside = image.crop(
            (
                int(block.x) + 8,
                int(block.y) + 8,
                int(block.x + block.width) - 8,
                int(block.y + block.height) - 8,
            )
        )
        dark = sum(inside.histogram()[:128])
        looks.append(dark / (inside.width * inside.height))
    assert looks[0] > 0.9
    assert 0.05 < looks[1] < 0.5


@settings(max_examples=20)
@given(TEXTS)
def test_the_words_of_a_chart_are_drawn_whatever_they_are(words: str) -> None:
    """None at all, or far too many."""
    assert png(chart([(1, 1)], words, words)).startswith(b"\x89PNG")
