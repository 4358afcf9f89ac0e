"""Which languages there are, what each is called, and which one a reader wants."""

from __future__ import annotations

import re
from collections.abc import Collection

SOURCE = "en"
ENDONYMS = {
    "da": "Dansk",
    "de": "Deutsch",
    "et": "Eesti",
    "en": "English",
    "lv": "Latviešu",
    "lt": "Lietuvių",
    "pl": "Polski",
    "fi": "Suomi",
    "sv": "Svenska",
}
# The quiet line that offers a reader's own language, each in itself; not in the catalogues, because every page holds all.
OFFERS = {
    "da": "Læs denne side på dansk",
    "de": "Diese Seite auf Deutsch lesen",
    "et": "Loe seda lehte eesti keeles",
    "en": "Read this page in English",
    "lv": "Lasīt šo lapu latviski",
    "lt": "Skaityti šį puslapį lietuviškai",
    "pl": "Czytaj tę stronę po polsku",
    "fi": "Lue tämä sivu suomeksi",
    "sv": "Läs den här sidan på svenska",
}
LANGUAGES = tuple(ENDONYMS)
COUNTRY_LANGUAGE = {"SE": "sv", "LV": "lv", "DE": "de", "EE": "et", "FI": "fi", "DK": "da", "LT": "lt", "PL": "pl"}
ALIASES = {"se": "sv", "ee": "et", "dk": "da"}
BABEL_LOCALE = {lang: "en_GB" if lang == "en" else lang for lang in LANGUAGES}
# As Open Graph writes a page's language: never without a country.
SOCIAL_LOCALE = {"en": "en_GB", "da": "da_DK", "et": "et_EE", "sv": "sv_SE"} | {
    lang: f"{lang}_{lang.upper()}" for lang in ("de", "fi", "lt", "lv", "pl")
}
LANGUAGE_COOKIE = "lang"
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:[-_][A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*")


def negotiate(header: str | None, among: Collection[str] = LANGUAGES, default: str = SOURCE) -> str:
    """The reader's best language among ours, by Accept-Language: quality, then order; a region counts as its language.

    Not Werkzeug's `best_match`: it answers `fi-FI,sv;q=0.5` with Swedish. Longer than 500 characters is cut.
    """
    wanted = []
    for order, part in enumerate((header or "")[:500].split(",")):
        match = _RANGE.fullmatch(part)
        if match and (quality := float(match.group(2) or 1)) > 0:
            wanted.append((-quality, order, match.group(1).lower()))
    for _, _, base in sorted(wanted):
        if base in among:
            return base
    return default
