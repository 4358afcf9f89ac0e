"""Draws static/icons/ from our mark (static/img/icon.svg: a pearl on the sea's blue): `python -m tests.checks.icons`.

Phones want PNG files for an installed page. `maskable` fills its square and keeps the pearl inside the middle four fifths,
because launchers cut circles and drops out of it.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[2] / "static" / "icons"
SEA = (0x0F, 0x56, 0x77)
# The stops of the mark's gradient: centre at (.35, .3) of the pearl's box, radius .9.
STOPS = [(0.0, (255, 255, 255)), (0.45, (0xEF, 0xE6, 0xEE)), (0.75, (0xCF, 0xE4, 0xEC)), (1.0, SEA)]
OVERSAMPLED = 4


def draw(side: int, *, maskable: bool = False) -> Image.Image:
    """The mark at `side` × `side` pixels; without `maskable` on a transparent ground."""
    large = side * OVERSAMPLED
    ground = Image.new("RGBA", (large, large), (*SEA, 255 if maskable else 0))
    scale = large / 64 * (0.78 if maskable else 1)
    if not maskable:
        ImageDraw.Draw(ground).ellipse(_circle(large, 30 * scale), fill=SEA)
    ground.paste(_pearl(round(44 * scale)), _corner(large, round(44 * scale)), _disc(round(44 * scale)))
    return ground.resize((side, side), Image.Resampling.LANCZOS)


def shade(position: float) -> tuple[int, ...]:
    """The gradient's colour at 0 (the light) to 1 (the rim)."""
    for (start, one), (end, other) in pairwise(STOPS):
        if position <= end:
            part = (position - start) / (end - start)
            return tuple(round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return SEA


def _pearl(size: int) -> Image.Image:
    middle, small = (0.35, 0.3), 256
    pearl = Image.new("RGB", (small, small))
    for y in range(small):
        for x in range(small):
            away = ((x / small - middle[0]) ** 2 + (y / small - middle[1]) ** 2) ** 0.5 / 0.9
            pearl.putpixel((x, y), shade(min(1.0, away)))
    return pearl.resize((size, size), Image.Resampling.BICUBIC)


def _disc(size: int) -> Image.Image:
    disc = Image.new("L", (size, size), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, size - 1, size - 1), fill=255)
    return disc


def _circle(side: int, radius: float) -> tuple[float, float, float, float]:
    return (side / 2 - radius, side / 2 - radius, side / 2 + radius, side / 2 + radius)


def _corner(side: int, size: int) -> tuple[int, int]:
    return ((side - size) // 2, (side - size) // 2)


def main() -> None:
    """Write the three files."""
    FOLDER.mkdir(exist_ok=True)
    for name, side, maskable in (("192", 192, False), ("512", 512, False), ("maskable-512", 512, True)):
        draw(side, maskable=maskable).save(FOLDER / f"pearl-{name}.png", optimize=True)


if __name__ == "__main__":
    main()
