"""Tickets and other pages on paper: one sheet for a ticket, nothing of the site around it, a code that any reader reads."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from pypdfium2 import PdfDocument

from app.audit.models import GUEST
from app.core import clock, qr
from app.core.db import write_tx
from app.events.models import Event
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.places.service import put_venue
from app.registration import codes, service
from app.registration.queries import occasion_of
from app.registration.seats import put_settings
from tests.browser.printing import codes_on, lacking, letters, pictures, printed
from tests.browser.served import Live, new_context
from tests.browser.test_supervisor import make_evening
from tests.factories import make_event, make_item, make_place
from tests.registration.registrations import signed_up
from tests.transactions import do

TITLES = {
    "en": "Handing over of the title Cultural Pearl of the Baltic Sea Region, with choirs from eleven towns, and supper on the quay",
    "fi": "Itämeren alueen kulttuurihelmi -tunnustuksen luovutusjuhla, yhdentoista kaupungin kuorotapahtuma ja satamaillallinen",
    "lv": "Baltijas jūras reģiona kultūras pērles titula nodošanas svinības ar vienpadsmit pilsētu koriem un vakariņām krastmalā",
    "pl": "Uroczystość przekazania tytułu Perły Kultury Regionu Morza Bałtyckiego z udziałem chórów z jedenastu miast i kolacją",
}
VENUE = "Merenkurkun maailmanperintöalueen yhteinen vierailukeskus ja satamamakasiini"
ADDRESS = "Pohjoinen satamakortteli 34 B, makasiini 7, 64260 Kaskinen"
WAY_IN = (
    "Enter from the quay, past the old customs house, and take the stairs to the first floor; a lift is behind the kiosk. " * 3
)
NAME = "Maximiliana-Theodora von Österbacka-Väänänen-Großmann"
REASON = "A storm is forecast for the whole coast, and the ferries to the islands stay in their harbours until Sunday morning."
CHROME = [
    "Emergency: call 112",
    "Accessibility statement",
    "Place names and coordinates",
    "Choose language",
    "Both links open a map",
]
PATHS = [
    "/en/tickets/{secret}/", "/en/tickets/{secret}/data", "/en/tickets/{secret}/cancel", "/T/{code}?lang=en", "/en/now",
    "/en/events/kaskinen-today/", "/en/events/kaskinen-today/items/7/", "/en/towns/kaskinen/", "/en/about/privacy/",
]  # fmt: skip
SIZES = {"A4": (595, 842), "A6": (298, 420)}


@dataclass(frozen=True)
class Guests:
    """The guests of an event whose every text is long: their secrets by the state of their registration."""

    secrets: dict[str, str]
    code: str
    reference: str
    days: dict[str, str]


@pytest.fixture(scope="module")
def guests(live: Live) -> Guests:
    """A party with seats, one that waits, one that cancelled; the event takes place online, for a reason."""
    with live.rows():
        event = make_festival()
        party, waiting, gone = (signed_up(event, size, name=NAME) for size in (4, 2, 2))
        do(service.cancel, gone.id, GUEST)
        made = {"confirmed": party, "waitlisted": waiting, "cancelled": gone}
        assert party.ticket is not None
        return Guests(
            {status: codes.link_secret(one.id) for status, one in made.items()},
            codes.ticket_code(party.ticket.id, 1),
            codes.show_reference(party.ticket.reference),
            {lang: occasion_of(event, lang).days for lang in LANGUAGES},
        )


def make_festival() -> Event:
    day = clock.now() + timedelta(days=40)
    place, venue = make_place(f"quay-{uuid.uuid4().hex[:6]}"), uuid.uuid4()
    with write_tx() as session:
        put_venue(session, venue, place, {"address": ADDRESS, "latitude": 62.4, "longitude": 21.2}, {"en": VENUE}, {"en": WAY_IN})
    event = make_event(
        f"quay-{uuid.uuid4().hex[:8]}", TITLES, place=place, venue_id=venue, starts_on=day.date(), ends_on=day.date(),
        status="moved_online",
    )  # fmt: skip
    make_item(event, starts_at=day, ends_at=day + timedelta(hours=2))
    with write_tx() as session:
        texts.put(session, event.id, event.id, "event.reason", {"en": REASON}, "en")
        put_settings(session, event.id, capacity=4)
    return event


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone that is set to dark, larger text and more contrast: paper is white all the same."""
    with new_context(browser, scheme="dark") as context:
        context.add_init_script("""localStorage.setItem('comfort', '{"contrast": "more", "text": "large"}')""")
        yield context.new_page()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", TITLES)
def test_a_ticket_is_one_sheet_with_all_that_a_door_asks_for(
    live: Live, page: Page, guests: Guests, lang: str, size: str
) -> None:
    document = printed(page, live, f"/{lang}/tickets/{guests.secrets['confirmed']}/", size)
    said, found = letters(document), codes_on(document)
    sizes = [tuple(round(side) for side in each.get_size()) for each in document]
    document.close()
    wanted = [TITLES[lang], guests.days[lang], VENUE, ADDRESS, NAME, guests.reference]

    assert len(sizes) == 1
    assert sizes[0] == pytest.approx(SIZES[size], abs=2)
    assert lacking(said, wanted) == []
    assert [code.text for code in found] == [qr.payload(live.app.config["PUBLIC_BASE_URL"], guests.code)]
    assert found[0].millimetres >= 30


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("status", "sentence"),
    [("waitlisted", "Olet jonotuslistalla"), ("cancelled", "Ilmoittautumisesi on peruttu.")],
)
def test_a_ticket_without_a_seat_is_one_sheet_without_a_code(
    live: Live, page: Page, guests: Guests, status: str, sentence: str, size: str
) -> None:
    document = printed(page, live, f"/fi/tickets/{guests.secrets[status]}/", size)
    said, found, sheets = letters(document), codes_on(document), len(document)
    document.close()

    assert (sheets, found) == (1, [])
    assert lacking(said, (TITLES["fi"], guests.days["fi"], NAME, sentence)) == []


@pytest.mark.parametrize("status", ["confirmed", "waitlisted", "cancelled"])
def test_a_ticket_is_printed_black_on_white(live: Live, page: Page, guests: Guests, status: str) -> None:
    document = printed(page, live, f"/pl/tickets/{guests.secrets[status]}/", "A6")
    shades = next(pictures(document)).histogram()
    document.close()

    assert sum(shades[250:]) / sum(shades) > 0.75
    assert sum(shades[100:200]) < sum(shades[:40]), "text is black, not grey; the rest is edges of letters"


# What is on a screen only: the top, the foot, the way to other pages, what can be pressed.


@pytest.mark.parametrize("path", PATHS)
def test_pages_on_paper_have_nothing_of_the_site_around_them(live: Live, page: Page, guests: Guests, path: str) -> None:
    address = path.format(secret=guests.secrets["confirmed"], code=guests.code)
    document = printed(page, live, address)
    said = letters(document)
    document.close()

    assert lacking(said, CHROME) == CHROME
    assert said != ""


def test_what_any_camera_opens_behind_a_ticket_is_one_sheet(live: Live, page: Page, guests: Guests) -> None:
    document = printed(page, live, f"/T/{guests.code}?lang=pl", "A6")
    said, sheets = letters(document), len(document)
    document.close()

    assert (sheets, lacking(said, [TITLES["pl"], NAME])) == (1, [NAME])


def test_supervisors_pages_on_paper_are_their_lists(browser: Browser, live: Live) -> None:
    with live.rows():
        evening = make_evening(live)
    around = ["Emergency: call 112", "Stored data Scanner", "Undo 1", "Close this conflict", "Who holds this phone?"]
    found, sheets = {}, {}
    with new_context(browser, scheme="dark") as context:
        page = evening.enter(context).new_page()
        for path in evening.paths:
            document = printed(page, live, f"/en/door/{path}")
            said = letters(document)
            found[path] = lacking(said, around)
            sheets[path] = len(document)
            document.close()

    assert found == dict.fromkeys(evening.paths, around)
    assert max(sheets.values()) <= 3


def test_the_code_that_sets_up_a_phone_is_read_from_one_sheet(browser: Browser, live: Live) -> None:
    with live.rows():
        evening = make_evening(live)
    with new_context(browser, scheme="dark") as context:
        page = evening.enter(context).new_page()
        page.goto(live.at("/en/door/devices"))
        page.get_by_label("Who holds this phone?").fill("Liis Tamm")
        page.get_by_label("Main door").check()
        page.get_by_role("button", name="Show the code for this phone").click()
        address = page.locator(".supervisor__address").text_content()
        document = PdfDocument(page.pdf(format="A6"))
        found, sheets = codes_on(document), len(document)
        document.close()

    assert ([code.text for code in found], sheets) == ([address], 1)
