"""The picture of an event that Facebook, WhatsApp and others show beside its address: 1200 × 630, in the page's language.

Colours are the light tokens of static/css/tokens.css; the ground and the pearl are drawn once per process.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from app.i18n.image_text import clip, drawable, font, wrap

WIDTH, HEIGHT, MARGIN = 1200, 630, 76
ROOM = WIDTH - 2 * MARGIN
INK, SEA, AMBER, BAD, WHITE, EDGE = "#10212f", "#0f5677", "#ebb353", "#9b1f1d", "#ffffff", "#f1eff3"
GROUND = ((0.0, "#ffffff"), (0.34, "#f5eff3"), (0.68, "#e2eff3"), (1.0, "#f5eedf"))
PEARL = ((0.0, "#ffffff"), (0.45, "#efe6ee"), (0.75, "#cfe4ec"), (1.0, "#0f5677"))
PEARL_CENTRE, PEARL_RADIUS = (930, 345), 300
TITLE_SIZES = (88, 80, 72, 64, 56, 50, 46)
TITLE_TOP, TITLE_FOOT = 146, 446
STATE_HEIGHT = 76
FOOT_ROOM = 820  # left of the pearl's dark edge
COLOURS, SHADES = 160, 14  # of the ground; between each ink and the ground, at the edges of letters
FINE = 4  # round edges are drawn so many times larger


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says, each in words of its language; an empty text is left out. `state` is said in red: it is called off."""

    brand: str
    title: str
    kind: str = ""
    dates: str = ""
    place: str = ""
    state: str = ""


def draw(card: Card) -> bytes:
    """The card as a PNG, below 60 kB. Nothing is ever cut but a title or place that no size could hold: it ends in "…"."""
    image = _ground().copy()
    pen = ImageDraw.Draw(image)
    _mark(image, pen, " · ".join(word for word in (card.brand, card.kind) if word))
    top = _state(image, pen, card.state) if card.state else TITLE_TOP
    size, lines = fit(card.title, TITLE_FOOT - top)
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + number * _pitch(size)), line, INK, font(size), stroke_width=size / 90, stroke_fill=INK)
    _foot(pen, card.dates, card.place)
    data = io.BytesIO()
    image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(data, "PNG", compress_level=7)
    return data.getvalue()


def fit(title: str, height: int, room: int = ROOM) -> tuple[int, list[str]]:
    """The largest size at which the title stands in `height` pixels without breaking a word, and its lines.

    The smallest size takes what fits, and its last line ends with an ellipsis.
    """
    for size in TITLE_SIZES:
        lines = list(wrap(title, size, room))
        if len(lines) * _pitch(size) <= height and _keeps_words(title, lines):
            return size, lines
    most = height // _pitch(size)
    return size, lines if len(lines) <= most else [*lines[: most - 1], clip(" ".join(lines[most - 1 :]), size, room)]


def _keeps_words(title: str, lines: Sequence[str]) -> bool:
    return [word for line in lines for word in line.split()] == drawable(title).split()


def _pitch(size: int) -> int:
    """From one line of the title to the next."""
    return round(size * 1.16)


def _mark(image: Image.Image, pen: ImageDraw.ImageDraw, words: str) -> None:
    """The ring with its glint, as at the top of every page, and the name beside it."""
    left, top, side = MARGIN, 58, 48
    ring = Image.new("L", (side * FINE, side * FINE))
    ImageDraw.Draw(ring).ellipse((FINE, FINE, (side - 1) * FINE, (side - 1) * FINE), outline=255, width=3 * FINE)
    ImageDraw.Draw(ring).arc([edge * FINE for edge in (13, 13, side - 13, side - 13)], 180, 270, 255, 4 * FINE)
    image.paste(SEA, (left, top), ring.resize((side, side), Image.Resampling.BOX))
    text = clip(words, 34, ROOM - side - 20)
    pen.text((left + side + 20, top + side // 2), text, SEA, font(34), anchor="lm", stroke_width=0.4, stroke_fill=SEA)


def _state(image: Image.Image, pen: ImageDraw.ImageDraw, words: str) -> int:
    """A red band with the sentence; returns where the title may begin."""
    text = clip(words, 38, ROOM - 56)
    wide, high = round(font(38).getlength(text)) + 56, 60
    band = Image.new("L", (wide * FINE, high * FINE))
    ImageDraw.Draw(band).rounded_rectangle((0, 0, wide * FINE - 1, high * FINE - 1), high * FINE // 2, 255)
    image.paste(BAD, (MARGIN, TITLE_TOP - 12), band.resize((wide, high), Image.Resampling.BOX))
    pen.text((MARGIN + 28, TITLE_TOP + 18), text, WHITE, font(38), anchor="lm", stroke_width=0.4, stroke_fill=WHITE)
    return TITLE_TOP + STATE_HEIGHT


def _foot(pen: ImageDraw.ImageDraw, dates: str, place: str) -> None:
    """An amber line, then when and where."""
    pen.rounded_rectangle((MARGIN, 470, MARGIN + 84, 478), 4, AMBER)
    if dates:
        pen.text((MARGIN, 500), clip(dates, 42, FOOT_ROOM), INK, font(42), stroke_width=0.5, stroke_fill=INK)
    if place:
        pen.text((MARGIN, 554 if dates else 500), clip(place, 34, FOOT_ROOM), INK, font(34))


@lru_cache(maxsize=1)
def _ground() -> Image.Image:
    """The mother-of-pearl ground with a large pearl leaving it at the right, in few colours so that the picture is small."""
    image = _gradient((180, 0), (1440, 882), GROUND)
    side = 2 * PEARL_RADIUS
    left, top = PEARL_CENTRE[0] - PEARL_RADIUS, PEARL_CENTRE[1] - PEARL_RADIUS
    glint = (left + round(0.35 * side), top + round(0.3 * side))
    reach = round(0.78 * side)
    disc = Image.new("L", (2 * WIDTH, 2 * HEIGHT))
    ImageDraw.Draw(disc).ellipse([2 * edge for edge in (left, top, left + side, top + side)], 255)
    image.paste(_gradient(glint, (reach, reach), PEARL), (0, 0), disc.resize((WIDTH, HEIGHT), Image.Resampling.BOX))
    return image


@lru_cache(maxsize=1)
def _palette() -> Image.Image:
    """The 256 colours of every card: a light file, and each ink keeps its own colour, however little there is of it."""
    ground = _ground().quantize(COLOURS, Image.Quantize.MEDIANCUT).getpalette() or []
    edges = ((INK, EDGE), (SEA, EDGE), (AMBER, EDGE), (BAD, EDGE), (BAD, WHITE))
    inks = [band for ink, other in edges for shade in list(_ramp(((0, ink), (1, other))))[:: 256 // SHADES] for band in shade]
    made = Image.new("P", (1, 1))
    made.putpalette([*ground[: 3 * COLOURS], *inks])
    return made


def _gradient(centre: tuple[int, int], reach: tuple[int, int], stops: Sequence[tuple[float, str]]) -> Image.Image:
    """A radial gradient over the whole card; `reach` is where the last colour stands, across and down."""
    wide = Image.radial_gradient("L").resize((2 * reach[0], 2 * reach[1]), Image.Resampling.BICUBIC)
    corner = reach[0] - centre[0], reach[1] - centre[1]
    part = wide.crop((*corner, corner[0] + WIDTH, corner[1] + HEIGHT))
    bands = zip(*_ramp(stops), strict=True)
    return Image.merge("RGB", [part.point(list(band)) for band in bands])


def _ramp(stops: Sequence[tuple[float, str]]) -> Iterator[tuple[int, ...]]:
    """The 256 colours from the first stop to the last."""
    for level in range(256):
        at = level / 255
        after = next(index for index, (stop, _) in enumerate(stops) if stop >= at)
        (low, first), (high, last) = stops[max(after - 1, 0)], stops[after]
        part = (at - low) / (high - low) if high > low else 0
        yield tuple(round(a + (b - a) * part) for a, b in zip(_rgb(first), _rgb(last), strict=True))


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
