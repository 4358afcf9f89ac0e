"""The map of the programme's towns: their coordinates on a flat picture of the Baltic Sea. No SQL, no clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.places.models import Place, PlaceRole
from app.titles.rules import best_title

PAGES = ("resilience", "how-it-works", "towns", "partners", "join")
WEST, EAST, NORTH, SOUTH = 8.0, 31.0, 66.2, 49.2
MIDDLE = math.cos(math.radians((NORTH + SOUTH) / 2))  # a degree of longitude is shorter than one of latitude
WIDTH = 640.0
SCALE = WIDTH / ((EAST - WEST) * MIDDLE)
HEIGHT = round((NORTH - SOUTH) * SCALE)
MIDLINE, LINE = 400.0, 29.0
Spot = tuple[float, float]  # longitude, latitude

# The sea and its large islands, drawn by hand with one corner every hundred kilometres or so: to recognise, not to sail by.
SEA: tuple[Spot, ...] = (
    (8.0, 57.2), (9.4, 57.2), (10.6, 57.75), (10.5, 57.2), (10.3, 56.6), (10.9, 56.4), (10.2, 56.0), (9.7, 55.5), (9.6, 55.0),
    (9.9, 54.8), (10.0, 54.5), (10.9, 54.35), (10.8, 53.95), (11.5, 54.0), (12.3, 54.3), (13.4, 54.55), (13.8, 54.1),
    (14.3, 53.93), (16.2, 54.25), (16.9, 54.6), (18.3, 54.83), (18.6, 54.4), (19.4, 54.35), (19.9, 54.6), (20.6, 54.95),
    (21.1, 55.6), (21.0, 56.7), (21.4, 57.1), (21.6, 57.55), (22.6, 57.75), (23.2, 57.05), (24.0, 57.05), (24.4, 57.4),
    (24.4, 58.3), (23.6, 58.6), (23.5, 59.2), (24.6, 59.45), (26.0, 59.62), (28.0, 59.5), (29.9, 59.9), (29.0, 60.2),
    (27.8, 60.5), (25.0, 60.2), (23.0, 59.85), (22.3, 60.3), (21.4, 60.7), (21.5, 61.6), (21.3, 62.3), (21.2, 63.0),
    (22.4, 63.5), (23.1, 63.9), (24.6, 64.7), (25.4, 65.0), (25.2, 65.55), (24.1, 65.8), (22.3, 65.8), (21.5, 65.2),
    (21.2, 64.5), (20.5, 63.8), (18.9, 63.2), (17.8, 62.5), (17.4, 61.7), (17.2, 60.7), (18.7, 60.1), (18.9, 59.6),
    (17.7, 58.75), (16.7, 58.2), (16.5, 57.3), (16.3, 56.5), (15.6, 56.15), (14.5, 56.05), (14.3, 55.5), (13.0, 55.4),
    (12.7, 56.2), (12.4, 56.9), (11.9, 57.7), (11.2, 58.6), (10.7, 59.2), (10.0, 58.95), (8.0, 58.0),
)  # fmt: skip
ISLANDS: tuple[tuple[Spot, ...], ...] = (
    ((18.1, 57.2), (18.8, 57.4), (19.1, 57.95), (18.3, 57.7)),
    ((16.45, 56.25), (17.05, 57.2), (16.9, 57.3), (16.4, 56.5)),
    ((21.9, 58.3), (22.2, 57.95), (23.3, 58.4), (22.9, 58.65)),
    ((22.1, 58.9), (22.9, 58.75), (22.9, 59.05), (22.4, 59.05)),
    ((14.75, 55.15), (15.1, 55.0), (15.1, 55.2), (14.8, 55.3)),
    ((11.1, 55.2), (12.0, 54.95), (12.5, 55.6), (12.4, 56.05), (11.3, 55.7)),
    ((9.95, 55.25), (10.6, 55.05), (10.75, 55.45), (10.1, 55.55)),
    ((19.6, 60.1), (20.1, 60.1), (20.1, 60.35), (19.7, 60.35)),
    ((13.2, 54.4), (13.65, 54.35), (13.4, 54.6)),
)


@dataclass(frozen=True, slots=True)
class Pin:
    """A town on the map, and where its name stands: `side` is 1 to the right of the mark, -1 to the left."""

    place: Place
    x: float
    y: float
    holds: bool
    side: int
    label_y: float


def point(longitude: float, latitude: float) -> Spot:
    """Where a spot lies in the picture, from its upper left corner."""
    return round((longitude - WEST) * MIDDLE * SCALE, 1), round((NORTH - latitude) * SCALE, 1)


def outline(spots: Sequence[Spot]) -> str:
    """An SVG path around these spots."""
    return "M" + "L".join("{} {}".format(*point(*spot)) for spot in spots) + "Z"


def pins(places: Iterable[Place]) -> list[Pin]:
    """Every town that ever stood for the title; title holders come last, so that they lie on top, and have their names."""
    found = []
    for place in places:
        best = best_title(place)
        if best is not None and WEST <= place.longitude <= EAST and SOUTH <= place.latitude <= NORTH:
            x, y = point(place.longitude, place.latitude)
            found.append(Pin(place, x, y, best[1] == PlaceRole.TITLE_HOLDER, 1 if x < MIDLINE else -1, y))
    others = [pin for pin in found if not pin.holds]
    return [*others, *(pin for side in (1, -1) for pin in _apart([pin for pin in found if pin.holds and pin.side == side]))]


def _apart(pins: list[Pin]) -> list[Pin]:
    """Names of one side, each below the one before it, pushed down no further than their lines need."""
    placed: list[Pin] = []
    for pin in sorted(pins, key=lambda pin: pin.y):
        lowest = placed[-1].label_y + LINE if placed else 0.0
        placed.append(replace(pin, label_y=max(pin.y, lowest)))
    return placed
