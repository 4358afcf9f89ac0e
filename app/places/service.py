"""Finding places by any of their names, sorting them by the reader's alphabet, and keeping the list up to date."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.db import db
from app.core.errors import NotFound
from app.core.rows import put, set_changed
from app.i18n import texts
from app.i18n.folding import fold, search_text, sort_key
from app.i18n.languages import SOURCE
from app.i18n.models import Origin
from app.places.models import NameKind, Place, PlaceName, PlaceRole, PlaceYear, Room, Venue


def find_place(slug: str) -> Place | None:
    """The place at this address, with its names and years."""
    return db.session.scalars(_places().where(Place.slug == slug)).one_or_none()


def get_place(slug: str) -> Place:
    """The place at this address. Raises `NotFound`."""
    place = find_place(slug)
    if place is None:
        raise NotFound
    return place


def all_places(lang: str) -> list[Place]:
    """Every place with its names and years, sorted by its name in `lang` and that language's alphabet."""
    return by_name(db.session.scalars(_places()), lang)


def in_programme(lang: str, role: str | None = None) -> list[Place]:
    """The places that were something (or `role`) to the programme in some year, sorted as `all_places`."""
    had = select(PlaceYear.place_id)
    had = had.where(PlaceYear.role == role) if role else had
    return by_name(db.session.scalars(_places().where(Place.id.in_(had))), lang)


def count_by_country() -> dict[str, int]:
    """How many places there are, by country."""
    counted = db.session.execute(select(Place.country, func.count()).group_by(Place.country))
    return dict(counted.all())


def of_country(country: str, lang: str) -> list[Place]:
    """The places of a country, sorted as `all_places`."""
    return by_name(db.session.scalars(_places().where(Place.country == country)), lang)


def search_places(query: str, lang: str, most: int | None = None) -> list[Place]:
    """The places (at most `most`) whose names hold every word of `query`, all places when it has none.

    Old and foreign names count too; capitals and diacritics do not matter.
    """
    words = fold(query).split()
    found = _places().where(*(Place.id.in_(ids_named(word)) for word in words))
    return by_name(db.session.scalars(found.order_by(Place.slug).limit(most) if most else found), lang)


def ids_named(folded: str) -> Select[uuid.UUID]:
    """A subquery for the ids of places one of whose names, aliases included, holds the folded word."""
    by_any_name = select(PlaceName.place_id).where(PlaceName.folded.contains(folded, autoescape=True))
    return select(Place.id).where(or_(Place.id.in_(by_any_name), Place.slug.contains(folded, autoescape=True)))


def by_name(places: Iterable[Place], lang: str) -> list[Place]:
    """Sorted by the name that readers of `lang` see."""
    return sorted(places, key=lambda place: (sort_key(place.name_in(lang), lang), place.slug))


def _places() -> Select[Place]:
    return select(Place).options(selectinload(Place.names), selectinload(Place.years))


def put_place(
    session: Session,
    slug: str,
    fields: Mapping[str, Any],
    names: Sequence[tuple[NameKind, str, str]],
    years: Sequence[tuple[int, PlaceRole]],
) -> Place:
    """Make the place or bring it up to date, inside a `write_tx()`; doing it twice changes nothing.

    `names` are (kind, language, value) in the order to be shown, `years` are (title year, role). What is not listed any
    more is removed. The caller calls `events.service.touch` once afterwards, and `index_words` for the events held there.
    """
    place = session.scalar(_places().where(Place.slug == slug))
    if place is None:
        place = Place(id=uuid.uuid4(), slug=slug, **fields)
        session.add(place)
    set_changed(place, fields)
    _put_names(place, list(dict.fromkeys(names)))
    _put_years(place, set(years))
    session.flush()
    return place


def _put_names(place: Place, names: list[tuple[NameKind, str, str]]) -> None:
    present = {(name.kind, name.lang, name.value): name for name in place.names}
    for gone in present.keys() - set(names):
        place.names.remove(present[gone])
    for position, (kind, lang, value) in enumerate(names):
        name = present.get((kind, lang, value))
        if name is None:
            place.names.append(PlaceName(kind=kind, lang=lang, value=value, folded=search_text(value), position=position))
        elif (name.position, name.folded) != (position, search_text(value)):
            name.position, name.folded = position, search_text(value)


def _put_years(place: Place, years: set[tuple[int, PlaceRole]]) -> None:
    present = {(year.year, year.role): year for year in place.years}
    for gone in present.keys() - years:
        place.years.remove(present[gone])
    for year, role in sorted(years - present.keys()):
        place.years.append(PlaceYear(year=year, role=role))


def put_venue(
    session: Session, key: uuid.UUID, place: Place | None, fields: Mapping[str, Any], names: Mapping[str, str],
    directions: Mapping[str, str] | None = None, *, source_lang: str = "", origin: Origin = Origin.IMPORT,
) -> Venue:  # fmt: skip
    """Make the venue with this id or bring it up to date, with its name and way in; inside a `write_tx()`.

    The texts stand in the place's scope (in the venue's own where there is no place). Their source language is
    `source_lang`, else the place's first official language where it is given, else English, else the first one given.
    """
    venue = put(session, Venue, key, {"place_id": place.id if place else None, **fields})
    scope = place.id if place else key
    for kind, values in (("venue.name", names), ("venue.directions", directions or {})):
        if values:
            texts.put(session, scope, key, kind, values, source_lang or _source_of(values, place), origin=origin)
    return venue


def put_room(
    session: Session,
    key: uuid.UUID,
    venue: Venue,
    names: Mapping[str, str],
    source_lang: str = SOURCE,
    origin: Origin = Origin.IMPORT,
) -> Room:
    """Make the room with this id or bring it up to date, with its name; inside a `write_tx()`."""
    room = put(session, Room, key, {"venue_id": venue.id})
    texts.put(session, venue.place_id or venue.id, key, "room.name", names, source_lang, origin=origin)
    return room


def _source_of(values: Mapping[str, str], place: Place | None) -> str:
    own = [name.lang for name in place.official_names] if place else []
    return next((lang for lang in (*own, SOURCE, *values) if lang in values), SOURCE)
