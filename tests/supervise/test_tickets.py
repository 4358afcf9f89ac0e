"""A supervisor finds a guest by name or reference and replaces the lost ticket; the door knows the old code as replaced."""

from __future__ import annotations

import pytest

from app.audit.models import GUEST, AuditEntry
from app.checkin.models import Admission
from app.core import qr
from app.core.db import db, write_tx
from app.events.models import Event
from app.i18n.languages import LANGUAGES
from app.registration import codes, replacing, service, tickets
from app.registration.models import Registration
from app.registration.tickets import link_of, make_rehearsal_tickets
from tests import html
from tests.checkin.scans import make_door, results, scan
from tests.conftest import OWN
from tests.registration.registrations import confirmed, enqueued, open_registration, signed_up
from tests.supervise.supervisor import Supervisor
from tests.transactions import do


@pytest.fixture
def sanna(app, door) -> Supervisor:
    return Supervisor(app, door)


@pytest.fixture
def guest(app, door):
    """Makes guests of the door's event."""

    def make(party: int = 1, event: Event | None = None, capacity: int | None = None, **fields) -> Registration:
        with app.app_context():
            event = open_registration(event or db.session.get_one(Event, door.event.id), capacity=capacity)
            made = signed_up(event, party, **({"name": "Žaneta Ķirse"} | fields))
            return confirmed(event, made) if made.email else made

    return make


def code_of(app, registration) -> str:
    with app.app_context():
        found = service.find_registration_by_id(registration.id)
        return tickets.code_of(found.ticket)


def reference_of(app, registration) -> str:
    with app.app_context():
        return service.find_registration_by_id(registration.id).ticket.reference


def place_of(registration) -> str:
    return f"tickets/{registration.ticket.id}/replace"


# Finding


@pytest.mark.parametrize("text", ["zaneta", "Ķirse", "aino mak"])
def test_a_guest_is_found_by_name_also_by_a_companions(app, sanna, guest, text):
    made = guest(2, companions="Aino Mäkelä")
    page = sanna.post("tickets", {"q": text})

    assert page.status_code == 200
    assert "Žaneta Ķirse" in html.said(page)
    assert f'href="/en/door/{place_of(made)}"' in page.text
    assert codes.show_reference(reference_of(app, made)) in html.said(page)


def test_a_guest_is_found_by_the_reference_as_it_is_read_out(app, sanna, guest):
    made, _other = guest(name="Anna Berg"), guest(name="Åke Nord")
    reference = reference_of(app, made)
    pages = [sanna.post("tickets", {"q": text}) for text in (reference, f" {codes.show_reference(reference).lower()} ")]

    found = [f"/en/door/tickets/{made.ticket.id}/replace"]
    assert [html.links(page, 'a[href$="/replace"]') for page in pages] == [found] * 2


def test_nobody_of_another_event_and_no_rehearsal_ticket_is_found(app, sanna, guest, door):
    with app.app_context():
        other = make_door("varde-2026").event
        (_, reference, *_), *_ = do(make_rehearsal_tickets, door.event.id, 1)
    made = guest(event=other)
    found = [sanna.post("tickets", {"q": text}) for text in ("zaneta", reference_of(app, made), reference)]
    pages = [sanna.get(place_of(made)), sanna.post(place_of(made), {"reference": made.ticket.reference})]

    assert [html.said(page).count("Nobody with this name or reference was found.") for page in found] == [1, 1, 1]
    assert [page.status_code for page in pages] == [404, 404]


@pytest.mark.parametrize("text", ["", "a", "..", "-- !!"])
def test_too_little_is_asked_for_again(sanna, text):
    page = sanna.post("tickets", {"q": text})

    assert page.status_code == 422
    assert "Type at least three letters of the name, or all eight letters and digits of the reference." in html.said(page)


def test_searches_are_counted_with_those_of_the_scanner(sanna, guest):
    guest()
    answers = [sanna.post("tickets", {"q": "zaneta"}) for _ in range(21)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert "This phone has searched very often." in html.said(answers[-1])
    assert "Žaneta" not in html.said(answers[-1])


def test_a_phone_that_may_only_scan_sees_none_of_it(app, door, guest):
    made, maija = guest(), Supervisor(app, door, supervise=False, name="Maija")
    answers = [
        maija.get("tickets"), maija.post("tickets", {"q": "zaneta"}), maija.get(place_of(made)),
        maija.post(place_of(made), {"reference": made.ticket.reference}),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [403] * 4
    assert "Žaneta" not in "".join(answer.text for answer in answers)


# Replacing


def test_the_question_says_whose_ticket_it_is_and_changes_nothing(app, sanna, guest):
    made = guest(3)
    code = code_of(app, made)
    words = sanna.read(place_of(made))

    assert [
        text for text in ("Žaneta Ķirse", "3", "This cannot be undone.", "take a picture of the code") if text not in words
    ] == []
    assert code_of(app, made) == code


def drawn(page: html.Source) -> list[str]:
    """The QR codes on a page, as their paths."""
    return html.attributes(page, 'path[stroke="#000"]', "d")


def test_who_has_no_mail_is_shown_the_new_code_and_the_new_address(app, client, sanna, guest):
    made = guest()
    page = sanna.post(place_of(made), {"reference": made.ticket.reference})
    with app.app_context():
        now = service.find_registration_by_id(made.id)
        code, address = tickets.code_of(now.ticket), f"https://pearls.test/lv/tickets/{link_of(now)}/"
        mails = enqueued(service.REPLACED_MAIL)

    assert (page.status_code, page.headers["Cache-Control"], mails) == (200, "no-store", [])
    assert drawn(page.text) == [qr.make(text).path for text in (f"HTTPS://PEARLS.TEST/T/{code}", address)]
    assert codes.show_reference(now.ticket.reference) in html.said(page)
    assert [text for text in (address, "It is not shown again.") if text not in html.said(page)] == []
    assert client.get(address).status_code == 200


def test_who_has_a_confirmed_address_gets_a_mail_and_the_supervisor_sees_no_link(app, sanna, guest):
    made = guest(email="zaneta@example.org")
    page = sanna.post(place_of(made), {"reference": made.ticket.reference})
    with app.app_context():
        mails, link = enqueued(service.REPLACED_MAIL), link_of(service.find_registration_by_id(made.id))

    assert mails == [(service.REPLACED_MAIL, made.id, "2")]
    assert drawn(page.text) == [qr.make(f"HTTPS://PEARLS.TEST/T/{code_of(app, made)}").path]
    assert (link in page.text, "The new ticket and its link are sent to the guest by e-mail." in html.said(page)) == (False, True)


def test_who_waits_is_shown_a_reference_and_no_code(sanna, guest):
    guest()
    waiting = guest(name="Aino Mäkelä", capacity=1)
    page = sanna.post(place_of(waiting), {"reference": waiting.ticket.reference})

    assert "This guest has no seat yet. Their new reference:" in html.said(page)
    assert len(drawn(page.text)) == 1


def test_the_old_address_is_dead_and_the_log_names_the_phone(app, client, sanna, guest, rows):
    made = guest()
    sanna.post(place_of(made), {"reference": made.ticket.reference})
    with app.app_context():
        old = client.get(f"/en/tickets/{codes.link_secret(made.id)}/")

    assert (old.status_code, "Žaneta" in old.text) == (410, False)
    assert [(deed.actor_kind, deed.actor_id, deed.subject_id) for deed in rows(AuditEntry) if deed.verb == "ticket.replace"] == [
        ("device", sanna.device.id, made.id)
    ]


def test_who_is_inside_stays_and_the_door_tells_the_codes_apart(app, client, door, sanna, guest, rows):
    made = guest(2)
    old = code_of(app, made)
    before = results(client, door.token, scan(old))
    sanna.post(place_of(made), {"reference": made.ticket.reference})
    new = code_of(app, made)
    inside = rows(Admission, count=True)
    after = results(client, door.token, scan(old), scan(new), scan(new))

    assert (before, inside, after) == (["accepted"], 1, ["revoked", "accepted", "already_in"])


def test_a_second_supervisor_does_not_take_the_code_from_the_guests_hand(app, door, sanna, guest):
    made, ole = guest(), Supervisor(app, door, name="Ole Hansen")
    sent = {"reference": made.ticket.reference}
    first, second = sanna.post(place_of(made), sent), ole.post(place_of(made), sent)
    code = code_of(app, made)
    again = ole.post(place_of(made), {"reference": reference_of(app, made)})

    assert (first.status_code, second.status_code, again.status_code) == (200, 409, 200)
    assert drawn(first.text)[0] == qr.make(f"HTTPS://PEARLS.TEST/T/{code}").path
    assert "This ticket was replaced a moment ago." in html.said(second)


@pytest.mark.parametrize("reference", ["", "x", "ŽŽŽŽŽŽŽŽ", "0" * 500])
def test_a_form_without_the_present_reference_changes_nothing(app, sanna, guest, reference):
    made = guest()
    code, answer = code_of(app, made), sanna.post(place_of(made), {"reference": reference})

    assert (answer.status_code, code_of(app, made) == code) == (409, True)


def test_neither_a_cancelled_ticket_nor_that_of_a_cancelled_event_is_replaced(app, door, sanna, guest):
    cancelled, other = guest(), guest(name="Aino Mäkelä")
    with app.app_context():
        do(service.cancel, cancelled.id, GUEST)
    pages = [sanna.get(place_of(cancelled)), sanna.post(place_of(cancelled), {"reference": cancelled.ticket.reference})]
    with app.app_context(), write_tx() as session:
        session.get_one(Event, door.event.id).status = "cancelled"
    pages += [sanna.get(place_of(other)), sanna.post(place_of(other), {"reference": other.ticket.reference})]

    assert [page.status_code for page in pages] == [200, 409, 200, 409]
    assert all("This registration cannot be changed any more." in html.said(page) for page in pages)
    assert not any('name="reference"' in page.text for page in pages)


def test_one_phone_replaces_only_so_many_in_ten_minutes(app, sanna, guest, monkeypatch):
    monkeypatch.setattr(replacing, "MOST_OF_DEVICE", 2)
    made = guest()
    answers = [sanna.post(place_of(made), {"reference": reference_of(app, made)}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_speak_every_language(sanna, guest, lang):
    made = guest()
    pages = [
        sanna.client.get(f"/{lang}/door/tickets"), sanna.client.get(f"/{lang}/door/{place_of(made)}"),
        sanna.client.post(f"/{lang}/door/{place_of(made)}", data={"reference": made.ticket.reference}, headers=OWN),
    ]  # fmt: skip

    assert [(page.status_code, page.headers["Content-Language"]) for page in pages] == [(200, lang)] * 3
    assert ("The ticket has been replaced" in html.said(pages[2])) == (lang == "en")
