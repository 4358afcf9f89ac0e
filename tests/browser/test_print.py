"""The sheet as Chromium prints it: pages, letters, nothing cut off, a code that another reader reads, black on white."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from playwright.sync_api import BrowserContext, Page

from app.agenda.queries import agenda_of
from app.demo import data
from app.events.queries import get_event
from tests.browser.printing import letters, pictures, printed
from tests.browser.served import Live, new_context

A4 = (595, 842)
SHEETS = [
    ("fi", "kaskinen-today", "?with=sv", 1),
    ("lv", "kaskinen-today", "", 1),
    ("pl", "kaskinen-today", "?with=lt", 1),
    ("lt", "kaskinen-today", "?size=large", 2),
    ("en", "visit-today", "", 2),
    ("da", "visit-today", "?with=de", 2),
    ("pl", "visit-today", "?with=lv&size=large", 2),
    ("de", "varde-2025-forum", "", 1),
    ("en", "called-off", "", 1),
    ("sv", "some-day", "?with=et", 1),
]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def titles(live: Live, slug: str, lang: str) -> list[str]:
    """The rows' titles in this language."""
    with live.rows():
        agenda = agenda_of(get_event(slug), lang)
        return [agenda.texts(item.id, "item.title").text for item in agenda.items]


@pytest.mark.parametrize(("lang", "slug", "query", "most"), SHEETS)
def test_sheet_keeps_to_its_pages_and_loses_no_letter(live: Live, page: Page, lang: str, slug: str, query: str, most: int):
    document = printed(page, live, f"/{lang}/events/{slug}/print{query}")
    sizes = {tuple(round(side) for side in each.get_size()) for each in document}
    said = letters(document)
    count = len(document)
    document.close()

    assert sizes == {A4}
    assert count <= most
    languages = [lang, *re.findall(r"with=(\w\w)", query)]
    missing = [title for code in languages for title in titles(live, slug, code) if re.sub(r"\s+", "", title) not in said]
    assert missing == []
    assert f"/e/{slug}" in said


def test_every_event_of_the_demo_prints_on_two_sheets_at_most(live: Live, page: Page):
    spilled = {}
    for slug in (*(event.slug for event in data.events()), "called-off", "some-day", "long-ago"):
        for query in ("", "?with=fi", "?with=sv&size=large"):
            document = printed(page, live, f"/de/events/{slug}/print{query}")
            promised = int(page.locator(".paper").get_attribute("data-pages") or 0)
            if len(document) > promised:
                spilled[slug + query] = (len(document), promised)
            document.close()

    assert spilled == {}


@pytest.mark.parametrize(("lang", "diacritics"), [("fi", "äö"), ("lv", "āēīšņ"), ("pl", "ąęłśó"), ("lt", "ąėšųž")])
def test_diacritics_stand_in_the_text_layer(live: Live, page: Page, lang: str, diacritics: str):
    document = printed(page, live, f"/{lang}/events/kaskinen-today/print")
    said = letters(document)
    document.close()

    assert [letter for letter in diacritics if letter not in said] == []


@pytest.mark.parametrize("query", ["", "?with=fi", "?size=large"])
def test_code_on_the_rendered_page_is_read_by_another_reader(live: Live, page: Page, query: str):
    document = printed(page, live, f"/lv/events/kaskinen-today/print{query}")
    read = [code.text for picture in pictures(document) for code in zxingcpp.read_barcodes(picture)]
    document.close()

    assert read == [f"{live.app.config['PUBLIC_BASE_URL']}/e/kaskinen-today"]


def test_sheet_is_black_on_white_whatever_the_screen(browser, live: Live):
    with new_context(browser, "pl", "dark") as context:
        document = printed(context.new_page(), live, "/pl/events/called-off/print")
        picture = next(pictures(document))
        shades = picture.histogram()
        document.close()
    total = sum(shades)

    assert sum(shades[250:]) / total > 0.9
    assert sum(shades[:40]) / total > 0.01
    assert sum(shades[100:200]) < sum(shades[:40]), "text is black, not grey; the rest is edges of letters"


def test_second_sheet_repeats_which_event_it_is_and_of_when(live: Live, page: Page):
    document = printed(page, live, "/en/events/visit-today/print")
    second = "".join(document[1].get_textpage().get_text_bounded().split())
    document.close()

    assert second.startswith("ExchangevisitinVarde:cultureinsmalltowns·")
    assert "Asof:" in second
    assert "/e/visit-today" in second


def test_print_button_prints_and_without_scripts_a_sentence_says_how(browser, live: Live, page: Page):
    page.add_init_script("window.print = () => { document.title = 'printed'; };")
    page.goto(live.at("/en/events/kaskinen-today/print"))
    page.get_by_role("button", name="Print").click()

    assert page.title() == "printed"
    with new_context(browser, java_script_enabled=False) as context:
        bare = context.new_page()
        bare.goto(live.at("/en/events/kaskinen-today/print"))
        assert bare.get_by_role("button", name="Print").count() == 0
        assert bare.get_by_text("To print it, use the menu of your browser.").is_visible()
        bare.get_by_label("A second language, next to the first").select_option("sv")
        bare.get_by_label("Text size").select_option("large")
        bare.get_by_role("button", name="Update the sheet").click()
        assert bare.locator("h2[lang], [lang=sv] h2").first.inner_text() == "Kaskö firar utmärkelsen Kulturpärla"


@pytest.mark.parametrize("query", ["", "?with=lt", "?size=large"])
def test_a_label_on_paper_stands_beside_its_value(live: Live, page: Page, query: str):
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})
    page.goto(live.at(f"/de/events/kaskinen-today/print{query}"))
    parted = page.locator(".paper__facts dl > div").evaluate_all(
        """(facts) => facts.filter((fact) => {
          const [label, value] = [fact.querySelector("dt"), fact.querySelector("dd")].map((one) => [...one.getClientRects()]);
          return Math.abs(label.at(-1).bottom - value[0].bottom) > 4 && value[0].top - label.at(-1).bottom > 4;
        }).map((fact) => fact.textContent)"""
    )
    boxes = page.locator(".paper__facts dl > div").evaluate_all("(facts) => facts.map((fact) => fact.getClientRects().length)")

    assert parted == []
    assert set(boxes) == {1}, "a fact goes on in another line or column as a part of others"
