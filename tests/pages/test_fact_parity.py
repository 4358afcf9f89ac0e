"""Every public page says the same in nine languages: dates, times, numbers, states, rows and links."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import write_tx
from app.events.queries import get_event
from app.events.service import touch
from app.i18n.languages import LANGUAGES, SOURCE
from app.i18n.models import LocalText, Translation
from tests import html
from tests.pages.facts import differences, facts, numbers
from tests.pages.reading import Site

pytestmark = pytest.mark.once

PAGE = "/events/kaskinen-2025-ceremony/"


def unequal(site: Site, paths: list[str], langs: tuple[str, ...] = LANGUAGES) -> dict[str, object]:
    """Address -> what is different there from the page in English."""
    found: dict[str, object] = {}
    for path in paths:
        said = facts(site.page(SOURCE, path))
        for lang in langs:
            if lang != SOURCE and (differing := differences(said, facts(site.page(lang, path)))):
                found[f"/{lang}{path}"] = differing
    return found


def test_every_page_says_the_same_in_nine_languages(site: Site, paths: list[str]) -> None:
    assert len(paths) > 300
    assert unequal(site, paths) == {}


@contextmanager
def translated(demo: Flask, slug: str, kind: str, lang: str, change: tuple[str, str]) -> Iterator[None]:
    """One translation of an event with other words, for as long as the block runs."""
    with demo.app_context():
        swap(slug, kind, lang, *change)
    yield
    with demo.app_context():
        swap(slug, kind, lang, *reversed(change))


def swap(slug: str, kind: str, lang: str, old: str, new: str) -> None:
    """Write `new` for `old`."""
    with write_tx() as session:
        event = get_event(slug)
        words = session.scalars(
            select(Translation)
            .join(LocalText, LocalText.id == Translation.text_id)
            .where(LocalText.owner == event.id, LocalText.kind == kind, Translation.lang == lang)
        ).one()
        assert old in words.value
        words.value = words.value.replace(old, new)
        touch(session, event)


def test_a_number_that_one_translation_has_changed_is_found(demo: Flask, site: Site) -> None:
    before = unequal(site, [PAGE], ("et",))
    with translated(demo, "kaskinen-2025-ceremony", "event.title", "et", ("240", "250")):
        changed = unequal(Site(demo), [PAGE], ("et",))
    after = unequal(Site(demo), [PAGE], ("et",))

    assert (before, after) == ({}, {})
    assert list(changed) == [f"/et{PAGE}"]
    assert changed[f"/et{PAGE}"]["numbers"] != ({}, {})


@pytest.mark.parametrize(
    ("mark", "kinds"),
    [
        ("//li[contains(@class, 'agenda__row')]", {"moments", "elements", "links"}),
        ("//section[@id='agenda']//time", {"moments", "elements"}),
        ("//main//a[contains(@href, '/towns/')]", {"elements", "links"}),
        ("//h3[starts-with(@id, 'day-')]", {"elements"}),
    ],
)
def test_what_one_page_lacks_is_found(site: Site, mark: str, kinds: set[str]) -> None:
    said, page = facts(site.page(SOURCE, PAGE)), site.page("lt", PAGE)
    for part in page.xpath(mark)[:1]:
        part.drop_tree()

    assert differences(said, facts(page)).keys() >= kinds


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ('class="chip chip--bad"', 'class="chip chip--warn"', "elements"),
        ("/register", "/lost", "links"),
        ("T", "U", "moments"),
    ],
)
def test_another_state_link_or_moment_is_found(site: Site, old: str, new: str, kind: str) -> None:
    made = '<main><p><b class="chip chip--bad">{}</b> <a href="/{}/events/x/register">x</a> <time datetime="2026-06-16T12:00Z">{}</time></p></main>'
    said = facts(html.page(made.format("Cancelled", "en", "14:00")))
    same = facts(html.page(made.format("Peruttu", "fi", "14.00")))
    other = facts(html.page(made.format("Peruttu", "fi", "14.00").replace(old, new)))

    assert differences(said, same) == {}
    assert set(differences(said, other)) == {kind}


@pytest.mark.parametrize(
    ("english", "others"),
    [
        ("19,353 people", ["19.353 Menschen", "19\u00a0353 asukasta", "19\u202f353 osób"]),
        ("7 June 2025, 18:05", ["7. kesäkuuta 2025, klo 18.05", "2025. gada 7. jūnijs, plkst. 18:05"]),
        ("08:05 to 09:00", ["8.05–9.00", "kl. 08.05 till 09.00"]),
        ("3.5 million euros, 1,200 guests", ["3,5 Millionen Euro, 1.200 Gäste"]),
    ],
)
def test_numbers_are_the_same_in_the_forms_of_each_language(english: str, others: list[str]) -> None:
    assert [sorted(numbers(other)) for other in others] == [sorted(numbers(english))] * len(others)
