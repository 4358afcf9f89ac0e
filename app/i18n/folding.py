"""Searching without diacritics and sorting by each language's alphabet, without ICU: alike on both databases."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Letters that Unicode does not take apart into base and mark.
_WHOLE = str.maketrans(
    {
        "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŧ": "t", "ħ": "h",
        "’": "'", "‘": "'", "–": "-", "—": "-", "‑": "-", "\u00ad": "",
    }
)  # fmt: skip
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS = {
    "en": _LATIN,
    "de": _LATIN,
    "sv": _LATIN + "åäö",
    "fi": _LATIN + "åäö",
    "da": _LATIN + "æøå",
    "et": "abcdefghijklmnopqrsšzžtuvwõäöüxy",
    "lv": "abcčdefgģhijkķlļmnņopqrŗsštuvwxyzž",
    "lt": "abcčdefghijklmnopqrsštuvwxyzž",
    "pl": "aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż",
}
_SAME_LETTER = {
    "sv": {"æ": "ä", "ø": "ö", "ü": "y"},
    "fi": {"æ": "ä", "ø": "ö", "ü": "y"},
    "da": {"ä": "æ", "ö": "ø", "ü": "y"},
    "lv": {"y": "i"},
    "lt": {"y": "i"},
}


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _unmarked(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


class _Plain(dict[int, str]):
    """What each letter is folded to, worked out when it is first met: whole names are then one look-up a letter."""

    def __missing__(self, point: int) -> str:
        plain = self[point] = _unmarked(chr(point).translate(_WHOLE)).translate(_WHOLE)
        return plain


_PLAIN = _Plain()


def fold(text: str) -> str:
    """The form that is compared in a search: no case, no diacritics, single spaces. `fold("Płock") == "plock"`."""
    return " ".join(_normal(text).translate(_PLAIN).split())


def search_text(text: str) -> str:
    """What is stored beside a text: its folded form, and the ae/oe/aa spelling where that differs."""
    plain, spelled = fold(text), fold(_normal(text).translate(_DIGRAPHS))
    return plain if plain == spelled else f"{plain} {spelled}"


def words_of(stored: Iterable[str]) -> str:
    """Every word of these stored forms once, but those that another one holds: what a search within words needs to read.

    `words_of(["gathering in kaskinen", "kaskinen"]) == "gathering kaskinen"`: "in" is found within "kaskinen".
    """
    kept: list[str] = []
    for word in sorted({word for text in stored for word in text.split()}, key=lambda word: (-len(word), word)):
        if not any(word in longer for longer in kept):
            kept.append(word)
    return " ".join(sorted(kept))


def sort_key(text: str, lang: str) -> tuple[list[int], str, str]:
    """Key that sorts names by the alphabet of `lang` (Swedish å ä ö after z, Danish aa as å, Estonian z after s)."""
    alphabet, same = _ALPHABETS.get(lang, _LATIN), _SAME_LETTER.get(lang, {})
    normal = _normal(text).replace("\u00ad", "")
    letters = normal.replace("aa", "å") if lang == "da" else normal
    weights: list[int] = []
    for letter in letters:
        weights += _weights(same.get(letter, letter), alphabet)
    return weights, normal, text


def _weights(letter: str, alphabet: str) -> list[int]:
    if letter in alphabet:
        return [1000 + alphabet.index(letter)]
    if letter.isalpha():
        bases = _unmarked(letter.translate(_WHOLE))
        return [1000 + alphabet.index(base) if base in alphabet else 5000 + ord(base) for base in bases]
    if letter.isdecimal():
        return [500 + int(letter)]
    return [1] if letter.isspace() or letter == "-" else []
