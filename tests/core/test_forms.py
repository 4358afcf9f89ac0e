"""The form layer: one sentence for each field, what was typed, and a key that is always usable."""

from __future__ import annotations

import uuid

import pytest
from werkzeug.datastructures import MultiDict

from app.core.errors import InvalidInput
from app.core.forms import INCOMPLETE, MOST_SHOWN, Form, blank, echo, is_seen, plain, read_page

pytestmark = pytest.mark.once
KEY = "b2a8c1de-0000-4000-8000-000000000000"


def test_a_field_has_the_sentence_of_its_first_fault() -> None:
    form = Form(MultiDict())
    form.refuse("name", (False, "never"), (True, "first"), (True, "second"))
    form.refuse("name", (True, "later"))
    form.refuse("email", (False, "never"))

    assert form.wrong == {"name": "first"}


def test_what_was_read_is_given_only_when_nothing_is_wrong() -> None:
    form = Form(MultiDict({"form_key": "7"}))

    assert form.checked("read") == "read"
    form.key()
    with pytest.raises(InvalidInput) as raised:
        form.checked("read")
    assert raised.value.fields == {"form_key": INCOMPLETE}


def test_what_was_typed_is_shown_again_with_a_usable_key() -> None:
    sent = MultiDict([("lists", "a"), ("lists", "b"), ("note", " \u200b x"), ("form_key", KEY)])
    long = echo(MultiDict({"note": "x" * (MOST_SHOWN + 1), "form_key": "7"}))

    assert (echo(sent), len(long["note"]), str(uuid.UUID(long["form_key"]))) == (sent, MOST_SHOWN, long["form_key"])


def test_an_empty_form_has_a_key_of_its_own() -> None:
    first, second = blank(language="sv"), blank(language="sv")

    assert (first["language"], first["form_key"] == second["form_key"]) == ("sv", False)


@pytest.mark.parametrize(
    ("text", "seen", "shown"),
    [
        ("Žaneta", True, "Žaneta"),
        ("a\u202eb", False, "a b"),
        ("a\x00b", False, "a b"),
        ("a\nb", False, "a b"),
        ("a\u200db", True, "a b"),
    ],
)
def test_signs_that_nobody_sees(text: str, seen: bool, shown: str) -> None:
    assert (is_seen(text), plain(text), is_seen(text, but="\n"), plain(text, but="\n")) == (
        seen, shown, seen or "\n" in text, text if "\n" in text else shown,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "page"), [({}, 1), ({"page": "3"}, 3), ({"page": "0"}, 1), ({"page": "²"}, 1), ({"page": "1" * 7}, 1)]
)
def test_what_is_no_page_is_the_first(query: dict[str, str], page: int) -> None:
    assert read_page(query) == page
