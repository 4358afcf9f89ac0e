"""What is said of a town's years in the programme: no SQL, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.places.models import Place, PlaceRole, PlaceYear

# Of what a town was in one year only the highest is said: every title holder was a candidate before.
HIGHEST_FIRST = (PlaceRole.TITLE_HOLDER, PlaceRole.CANDIDATE, PlaceRole.APPLICANT, PlaceRole.PARTNER)


@dataclass(frozen=True, slots=True)
class TitleYear:
    """A title year: its title holders, and the other towns that stood for it."""

    year: int
    holders: list[Place]
    others: list[Place]


def title_years(places: Sequence[Place]) -> list[TitleYear]:
    """The title years, the latest first; the towns keep the order in which they are given."""
    known = sorted({one.year for place in places for one in place.years}, reverse=True)
    return [_year(year, places) for year in known]


def _year(year: int, places: Sequence[Place]) -> TitleYear:
    roles = {place.slug: dict(titles_by_year(place.years)).get(year) for place in places}
    holders = [place for place in places if roles[place.slug] == PlaceRole.TITLE_HOLDER]
    others = [place for place in places if roles[place.slug] in {PlaceRole.CANDIDATE, PlaceRole.APPLICANT}]
    return TitleYear(year, holders, others)


def titles_by_year(years: Iterable[PlaceYear]) -> list[tuple[int, PlaceRole]]:
    """(year, highest role) of a town, the latest year first."""
    best: dict[int, PlaceRole] = {}
    for one in sorted(years, key=lambda year: HIGHEST_FIRST.index(year.role)):
        best.setdefault(one.year, one.role)
    return sorted(best.items(), reverse=True)


def best_title(place: Place) -> tuple[int, PlaceRole] | None:
    """(year, role): the highest that the town was to the programme, the latest year of it."""
    ranked = sorted(place.years, key=lambda one: (HIGHEST_FIRST.index(one.role), -one.year))
    return (ranked[0].year, ranked[0].role) if ranked else None
