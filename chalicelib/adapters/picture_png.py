"""A picture as PNG, drawn with Pillow and the font that comes with it. Imported only where one is drawn.

Each kind of bar has a pattern and an edge of its own, so that nothing is told by color alone; the picture has its own
background, so that it reads on a dark page as on a light one.
"""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

from chalicelib.adapters.picture_chart import arrange_chart
from chalicelib.adapters.picture_layout import RADIUS, WIDTH, Block, Dot, Layout, Words, arrange
from chalicelib.usecases.chat_ports import BarKind, Chart, Picture

_SCALE = 2
"""Drawn larger and made smaller, because Pillow draws shapes with hard edges."""
_COLORS = 96
"""Few colors and their edges: a third of the bytes, and nobody sees the difference."""
_PAPER, _EDGE, _INK, _FAINT, _LINE = "#FFFFFF", "#C9C9CE", "#1D1C1D", "#55565C", "#E6E6EA"
_FILLS: dict[BarKind, tuple[str, str]] = {
    BarKind.WORK: ("#1264A3", "#0B4A7A"),
    BarKind.WAIT: ("#FFEFC7", "#8A5A00"),
    BarKind.LIVE: ("#D3F0E1", "#1B6B47"),
    BarKind.BACK: ("#FADAD6", "#9B1C1C"),
}
_fonts: dict[int, ImageFont.FreeTypeFont] = {}


def png(picture: Picture) -> bytes:
    """The same bytes for the same picture."""
    layout = arrange_chart(picture, _measure) if isinstance(picture, Chart) else arrange(picture, _measure)
    large = Image.new("RGB", (WIDTH * _SCALE, layout.height * _SCALE), _PAPER)
    _draw(large, layout)
    small = large.resize((WIDTH, layout.height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.quantize(_COLORS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _font(size: int) -> ImageFont.FreeTypeFont:
    if size not in _fonts:
        found = ImageFont.load_default(size)
        if not isinstance(found, ImageFont.FreeTypeFont):
            raise OSError("Pillow was built without FreeType")
        _fonts[size] = found
    return _fonts[size]


def _measure(text: str, size: int) -> float:
    return _font(size * _SCALE).getlength(text) / _SCALE


def _draw(image: Image.Image, layout: Layout) -> None:
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=_EDGE, width=2 * _SCALE)
    for line in layout.lines:
        pen.line(_scaled(*line), fill=_LINE, width=2 * _SCALE)
    for dot in layout.dots:
        _stem(pen, dot)
    for block in layout.blocks:
        _block(image, block)
    for dot in layout.dots:
        _dot(pen, dot)
    for words in layout.words:
        _words(pen, words)


def _scaled(*places: float) -> tuple[int, ...]:
    return tuple(round(place * _SCALE) for place in places)


def _words(pen: ImageDraw.ImageDraw, words: Words) -> None:
    color = _FAINT if words.faint else _INK
    pen.text(_scaled(words.x, words.y)[:2], words.text, font=_font(words.size * _SCALE), fill=color)  # type: ignore[arg-type] # two


def _block(image: Image.Image, block: Block) -> None:
    """The pattern is drawn on a piece of its own and pasted through the bar's shape."""
    fill, edge = _FILLS[block.kind]
    width, height = max(2 * _SCALE, round(block.width * _SCALE)), round(block.height * _SCALE)
    piece = Image.new("RGB", (width, height), fill)
    pen = ImageDraw.Draw(piece)
    _PATTERNS[block.kind](pen, width, height, edge)
    radius = min(8 * _SCALE, width // 2)
    pen.rounded_rectangle((0, 0, width - 1, height - 1), radius, outline=edge, width=2 * _SCALE)
    shape = Image.new("L", (width, height), 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, width - 1, height - 1), radius, fill=255)
    for place in block.breaks:
        _break(pen, ImageDraw.Draw(shape), round((place - block.x) * _SCALE), height, edge)
    image.paste(piece, _scaled(block.x, block.y)[:2], shape)  # type: ignore[arg-type] # two


def _break(pen: ImageDraw.ImageDraw, shape: ImageDraw.ImageDraw, x: int, height: int, edge: str) -> None:
    """A slanted gap with an edge on either side."""
    lean, half = 7 * _SCALE, 6 * _SCALE
    gap = (
        (x - half + lean, -2),
        (x + half + lean, -2),
        (x + half - lean, height + 2),
        (x - half - lean, height + 2),
    )
    shape.polygon(gap, fill=0)
    for side in (-half - _SCALE, half + _SCALE):
        pen.line(((x + side + lean, -2), (x + side - lean, height + 2)), fill=edge, width=3 * _SCALE)


def _plain(pen: ImageDraw.ImageDraw, width: int, height: int, edge: str) -> None:
    """Work is solid."""


def _hatched(pen: ImageDraw.ImageDraw, width: int, height: int, edge: str) -> None:
    for x in range(-height, width + height, 14 * _SCALE):
        pen.line(((x, height), (x + height, 0)), fill=edge, width=2 * _SCALE)


def _dotted(pen: ImageDraw.ImageDraw, width: int, height: int, edge: str) -> None:
    step, size = 13 * _SCALE, 2.5 * _SCALE
    for row, y in enumerate(range(step // 2, height, step)):
        for x in range(step // 2 + (row % 2) * step // 2, width, step):
            pen.ellipse((x - size, y - size, x + size, y + size), fill=edge)


def _crossed(pen: ImageDraw.ImageDraw, width: int, height: int, edge: str) -> None:
    for x in range(-height, width + height, 16 * _SCALE):
        pen.line(((x, height), (x + height, 0)), fill=edge, width=2 * _SCALE)
        pen.line(((x, 0), (x + height, height)), fill=edge, width=2 * _SCALE)


_PATTERNS: dict[BarKind, Callable[[ImageDraw.ImageDraw, int, int, str], None]] = {
    BarKind.WORK: _plain,
    BarKind.WAIT: _hatched,
    BarKind.LIVE: _dotted,
    BarKind.BACK: _crossed,
}


def _stem(pen: ImageDraw.ImageDraw, dot: Dot) -> None:
    """A dashed line from the moment in the rows down to the circle."""
    if dot.stem is None:
        return
    x, top, _ = dot.stem
    bottom = dot.y - RADIUS - 10
    y = top
    while y < bottom:
        pen.line(_scaled(x, y, x, min(y + 6, bottom)), fill=_FAINT, width=2 * _SCALE)
        y += 13
    pen.line(_scaled(x, bottom, dot.x, dot.y), fill=_FAINT, width=2 * _SCALE)


def _dot(pen: ImageDraw.ImageDraw, dot: Dot) -> None:
    left, top, right, bottom = _scaled(dot.x - RADIUS, dot.y - RADIUS, dot.x + RADIUS, dot.y + RADIUS)
    pen.ellipse((left, top, right, bottom), fill=_INK, outline=_PAPER, width=2 * _SCALE)
    middle = ((left + right) / 2, (top + bottom) / 2)
    pen.text(middle, str(dot.number), font=_font(24 * _SCALE), fill=_PAPER, anchor="mm")
