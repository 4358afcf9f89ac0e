"""An event in the words of the EU's Core Public Event Vocabulary, beside schema.org's: what public catalogues harvest.

Source of the terms: https://semiceu.github.io/Core-Public-Event-Vocabulary/releases/1.1.1/ (SEMIC), which takes most of them from
Dublin Core, FOAF, the Core Location Vocabulary and OWL-Time.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from app.agenda.queries import Agenda
from app.i18n.formats import Precision, country_name
from app.i18n.texts import Shown

PUBLIC_EVENT = "cv:PublicEvent"
PREFIXES = {
    "cv": "http://data.europa.eu/m8g/", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
    "locn": "http://www.w3.org/ns/locn#", "time": "http://www.w3.org/2006/time#", "xsd": "http://www.w3.org/2001/XMLSchema#",
}  # fmt: skip
LANGUAGE = "http://publications.europa.eu/resource/authority/language/"
LANGUAGES = {
    "da": "DAN", "de": "DEU", "en": "ENG", "et": "EST", "fi": "FIN", "lt": "LIT", "lv": "LAV", "no": "NOR", "pl": "POL",
    "ru": "RUS", "sv": "SWE", "uk": "UKR",
}  # fmt: skip
Linked = dict[str, Any]


def described(agenda: Agenda, lang: str, address: str, status: str, registers: bool) -> Linked:
    """What the vocabulary knows of the event whose page is `address`; `status` is the address of its state at schema.org."""
    event, texts = agenda.event, agenda.texts
    return {
        "dct:identifier": str(event.id),
        "dct:title": _said(texts(event.id, "event.title")),
        "dct:description": _said(texts(event.id, "event.summary")),
        "dct:language": [{"@id": f"{LANGUAGE}{LANGUAGES[code]}"} for code in event.languages if code in LANGUAGES],
        "foaf:homepage": {"@id": address},
        "cv:eventStatus": {"@id": status},
        "cv:registrationPage": {"@id": f"{address}register"} if registers else None,
        "time:hasTime": _time(event.starts_on, event.ends_on, event.date_precision),
        "locn:address": _address(agenda, lang),
    }


def _said(shown: Shown) -> Linked | None:
    return {"@value": shown.text, "@language": shown.lang} if shown else None


def _time(first: date | None, last: date | None, precision: Precision) -> Linked | None:
    """The days; none where only the month or the year is known."""
    if first is None or precision != Precision.DAY:
        return None
    return {"@type": "time:TemporalEntity", "time:hasBeginning": _instant(first), "time:hasEnd": _instant(last or first)}


def _instant(day: date) -> Linked:
    return {"@type": "time:Instant", "time:inXSDDate": {"@value": day.isoformat(), "@type": "xsd:date"}}


def _address(agenda: Agenda, lang: str) -> Linked | None:
    event = agenda.event
    if event.place is None:
        return None
    town, country = event.place.name_in(lang), country_name(event.place.country, lang)
    street = event.venue.address if event.venue else ""
    return {
        "@type": "locn:Address",
        "locn:fullAddress": ", ".join(part for part in (street, town, country) if part),
        "locn:postName": town,
        "locn:adminUnitL1": country,
    } | ({"locn:thoroughfare": street} if street else {})
