"""Seeding: complete, and twice the same as once."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.agenda import service as agenda
from app.agenda.models import AgendaItem
from app.agenda.queries import agenda_of
from app.checkin import devices
from app.checkin.service import lists_of
from app.core import clock
from app.core.db import db, write_tx
from app.demo import data, loader, redating, serve
from app.events.models import Event, EventWords
from app.events.queries import get_event
from app.i18n import texts
from app.i18n.languages import LANGUAGES
from app.i18n.models import LocalText, Translation
from app.places.models import Place, PlaceName
from app.places.service import get_place, search_places
from app.registration import codes, encryption
from app.registration.models import Registration, RevokedCode, Ticket
from app.registration.questions import question_texts, questions_of
from app.registration.seats import find_active_settings
from app.registration.service import find_registration
from tests.demo.seeded import put_demo
from tests.transactions import do


def seed() -> None:
    """Towns and events, as `flask seed demo` does."""
    loader.seed_base()
    loader.seed_demo()


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr) for table in db.metadata.sorted_tables
        }


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_seeding_twice_changes_no_row(database: None) -> None:
    put_demo()
    before = everything()

    seed()

    assert everything() == before


def test_seeding_fills_in_every_town_event_and_row(database: None) -> None:
    put_demo()

    assert (count(Place), count(Event), count(AgendaItem)) == (42, 26, 77 + 12 + 25)


def test_seeding_finds_towns_by_old_and_plain_names(database: None) -> None:
    loader.seed_base()

    found = {word: [place.slug for place in search_places(word, "en")] for word in
             ("rujiena", "plock", "harnosand", "Pietarsaari", "Stolp", "Koblynica", "stamariena")}  # fmt: skip

    assert found == {
        "rujiena": ["rujiena"], "plock": ["plock"], "harnosand": ["harnosand"], "Pietarsaari": ["jakobstad"],
        "Stolp": ["slupsk"], "Koblynica": ["kobylnica"], "stamariena": ["stameriena"],
    }  # fmt: skip


def test_seeding_anew_finds_events_by_the_present_names_of_their_towns(database: None, client: FlaskClient) -> None:
    put_demo()
    with write_tx() as session:
        for name in session.scalars(select(PlaceName).join(Place).where(Place.slug == "kaskinen")):
            name.folded = "elsewhere"
        session.execute(update(EventWords).values(words=""))
    loader.seed_base()

    assert "event-kaskinen-" in client.get("/en/events/?q=kaskinen").text


def test_seeding_shows_no_historical_name(database: None) -> None:
    loader.seed_base()

    assert {lang: get_place("slupsk").name_in(lang) for lang in ("de", "sv", "lv")} == {
        "de": "Słupsk", "sv": "Słupsk", "lv": "Slupska",
    }  # fmt: skip


def test_seeding_writes_all_nine_languages_of_the_five_events(database: None) -> None:
    put_demo()

    for record in data.events():
        wanted = set(record.languages)
        theirs = select(LocalText).where(LocalText.scope == get_event(record.slug).id)
        given = [{one.lang for one in text.translations} for text in db.session.scalars(theirs)]
        assert all(languages >= wanted for languages in given), record.slug
    assert [one for one in texts.load([get_event("varde-2025-forum").id], "lt").every() if one.borrowed] == []


def test_seeding_says_that_translations_are_machine_made(database: None) -> None:
    put_demo()

    origins = db.session.execute(select(Translation.lang, Translation.origin).distinct()).all()

    assert sorted({origin for lang, origin in origins if lang == "en"}) == ["human", "import"]
    assert {origin for lang, origin in origins if lang != "en"} == {"machine", "import"}


def test_seeding_restores_wordings_but_leaves_reviewed_translations(database: None) -> None:
    put_demo()
    event = get_event("kaskinen-today")
    with write_tx() as session:
        put = {"fi": "Oma otsikko"}
        texts.put(session, event.id, event.id, "event.title", put, "en", status="reviewed")
        texts.put(session, event.id, event.id, "event.title", {"sv": "Något annat"}, "en")

    seed()

    shown = {lang: texts.load([event.id], lang)(event.id, "event.title").text for lang in ("fi", "sv")}
    assert shown == {"fi": "Oma otsikko", "sv": "Kaskö firar utmärkelsen Kulturpärla"}


def test_seeding_restores_a_row_that_was_cancelled(database: None) -> None:
    put_demo()
    before = row_one()
    do(agenda.cancel_item, before["id"], {"en": "Tried out."})
    tried = row_one()

    seed()

    db.session.expire_all()
    assert (tried["status"], tried["reason"]) == ("cancelled", "Tried out.")
    assert row_one() == before


def row_one() -> dict[str, Any]:
    """What the first row of the live evening says of itself."""
    evening = agenda_of(get_event("kaskinen-today"), "en")
    item = evening.numbered([1])[0]
    return {"id": item.id, "status": item.status, "reason": evening.texts(item.id, "item.reason").text}


def test_seeding_cancels_one_day_of_the_fair(database: None) -> None:
    put_demo()

    event = get_event("kaskinen-2025-woodenhouse")
    reasons = texts.load([event.id], "en")

    assert [(day.on, day.status, reasons(day.id, "day.reason").text) for day in event.days] == [
        (date(2025, 8, 16), "cancelled", "A gale: the first day is cancelled."),
        (date(2025, 8, 17), "scheduled", ""),
    ]
    assert event.status == "scheduled"


def test_seeding_knows_a_year_only_and_events_without_a_town(database: None) -> None:
    put_demo()

    assert get_event("helsingborg-2025-network").date_precision == "year"
    assert {slug: (get_event(slug).place_id, get_event(slug).country) for slug in ("online-2026-titleyear", "gdansk-2024-info")} == {
        "online-2026-titleyear": (None, ""), "gdansk-2024-info": (None, "PL"),
    }  # fmt: skip


def test_seeding_registers_forty_guests_who_hold_tickets(database: None) -> None:
    put_demo()
    event_id = get_event("kaskinen-today").id
    guests = guests_of("kaskinen-today")
    desk = find_active_settings(event_id)

    assert desk is not None
    assert (desk.mode, desk.capacity, desk.waiting_list, desk.ask_needs) == ("optional", 120, True, True)
    assert Counter(guest.status for guest in guests) == {"confirmed": 40, "cancelled": 1}
    assert sum(guest.party_size for guest in guests) < 100
    assert {guest.language for guest in guests} == set(LANGUAGES)
    assert [guest for guest in guests if guest.email] == []
    assert find_registration(codes.link_secret(guests[0].id)) == guests[0]
    assert db.session.scalar(select(func.count()).where(Ticket.event_id == event_id, Ticket.status == "confirmed")) == 40


def test_seeding_fills_the_visit_so_that_three_parties_wait_in_order(database: None) -> None:
    put_demo()
    guests = guests_of("visit-today")
    desk = find_active_settings(get_event("visit-today").id)

    seated = sum(guest.party_size for guest in guests if guest.status == "confirmed")
    waiting = sorted((guest.position, guest.party_size) for guest in guests if guest.status == "waitlisted")

    assert desk is not None
    assert desk.capacity is not None
    assert seated <= desk.capacity < seated + waiting[0][1]
    assert [party for _, party in waiting] == [3, 1, 2]


def test_seeding_gives_guests_needs_companions_and_answers(database: None) -> None:
    put_demo()
    guests = {guest.name: guest for guest in guests_of("kaskinen-today")}
    needs = {name: encryption.unseal(guest.id, guest.needs) for name, guest in guests.items() if guest.needs}

    assert needs["Kerstin Åkerblom"] == ("wheelchair",)
    assert {name for name, guest in guests.items() if guest.tell_door} == {"Eino Rantala", "Kerstin Åkerblom", "Mārtiņš Kļaviņš"}
    assert all(len(guest.companions.splitlines()) == guest.party_size - 1 for guest in guests.values() if guest.companions)
    assert Counter(answer.value for guest in guests.values() for answer in guest.answers) == {
        "bus": 4, "foot": 2, "car": 3, "yes": 4,
    }  # fmt: skip


def test_seeding_asks_two_questions_in_nine_languages(database: None) -> None:
    put_demo()
    event = get_event("kaskinen-today")
    how, front = questions_of(event.id)

    assert [(one.key, one.kind, one.options, one.at_door) for one in (how, front)] == [
        ("how", "choice", ["bus", "car", "foot"], False), ("front", "tick", [], True),
    ]  # fmt: skip
    for lang in LANGUAGES:
        shown = question_texts(event.id, lang, "en", [how, front])
        assert [one for one in shown.every() if one.borrowed] == [], lang
        assert all(shown(how.id, f"question.{name}").text for name in ("label", "help", "option.bus", "option.foot")), lang
    assert question_texts(event.id, "pl", "en", [how])(how.id, "question.label").text == "Jak dotrzesz na miejsce?"


def test_one_guest_has_a_new_code_and_the_old_one_is_known_as_replaced(database: None) -> None:
    put_demo()
    (revoked,) = db.session.scalars(select(RevokedCode)).all()
    ticket = db.session.get_one(Ticket, revoked.ticket_id)

    assert (ticket.generation, ticket.code_hash) == (2, codes.hash_code(codes.ticket_code(ticket.id, 2)))
    assert revoked.code_hash == codes.hash_code(codes.ticket_code(ticket.id, 1))


def guests_of(slug: str) -> list[Registration]:
    """The registrations of a live event."""
    db.session.expire_all()
    return list(db.session.scalars(select(Registration).where(Registration.event_id == get_event(slug).id)))


def test_seeding_hashes_codes_anew_when_the_keys_have_changed(app: Flask, database: None) -> None:
    put_demo()
    before = app.config["SECRET_KEY"]
    app.config["SECRET_KEY"] = "another-" + before
    try:
        seed()
        tickets = db.session.scalars(select(Ticket)).all()
        guest = next(guest for guest in guests_of("kaskinen-today") if guest.name == "Kerstin Åkerblom")
        (revoked,) = db.session.scalars(select(RevokedCode)).all()

        assert [one for one in tickets if one.code_hash != codes.hash_code(codes.ticket_code(one.id, one.generation))] == []
        assert revoked.code_hash == codes.hash_code(codes.ticket_code(revoked.ticket_id, 1))
        assert encryption.unseal(guest.id, guest.needs) == ("wheelchair",)
    finally:
        app.config["SECRET_KEY"] = before


def test_seeding_sets_up_lists_of_every_kind(database: None) -> None:
    put_demo()

    lists = {
        slug: [(door.slug, door.kind, door.is_venue_door, door.capacity) for door in lists_of(get_event(slug).id)]
        for slug in ("kaskinen-today", "visit-today")
    }

    assert lists == {
        "kaskinen-today": [("main-door", "event", True, 150), ("coffee", "item", False, 60)],
        "visit-today": [
            ("day-one", "day", True, 60), ("day-two", "day", True, 60), ("day-three", "day", True, 60),
            ("dinner", "item", False, 40), ("coach", "coach", False, 48),
        ],
    }  # fmt: skip


def test_seeding_names_lists_in_nine_languages(database: None) -> None:
    put_demo()
    event = get_event("visit-today")

    shown = {lang: texts.load([event.id], lang, kinds=("list.name",)) for lang in LANGUAGES}
    dinner = next(door for door in lists_of(event.id) if door.slug == "dinner")

    assert [(lang, one) for lang, known in shown.items() for one in known.every() if one.borrowed] == []
    assert (shown["et"](dinner.id, "list.name").text, shown["lt"](dinner.id, "list.name").text) == ("Õhtusöök", "Vakarienė")


def test_lists_for_a_row_name_a_row_of_their_own_event(database: None) -> None:
    put_demo()
    rows = {item.id: (item.event_id, item.number) for item in db.session.scalars(select(AgendaItem))}
    named = [door for slug in ("kaskinen-today", "visit-today") for door in lists_of(get_event(slug).id) if door.item_id]

    assert [(door.slug, rows[door.item_id]) for door in named if door.item_id] == [
        ("coffee", (get_event("kaskinen-today").id, 10)), ("dinner", (get_event("visit-today").id, 18)),
    ]  # fmt: skip


def test_seeding_keeps_meeting_points_rooms_and_repeats(database: None) -> None:
    put_demo()
    forum = agenda_of(get_event("varde-2025-forum"), "fi")
    rows = {item.number: item for item in forum.items}

    assert forum.texts(rows[13].id, "item.meeting_point").text == "Hotellin sisäänkäynti, Arnbjerg Pavillonen"
    assert forum.texts(rows[3].room_id or rows[3].id, "room.name").text == "Suuri sali"
    assert (rows[16].repeats, rows[9].status, rows[9].parallel_group) == (9, "provisional", "B")
    assert rows[13].starts_at == datetime(2025, 11, 27, 8, 0, tzinfo=UTC)


def test_commands_seed_and_say_so(app: Flask, database: None) -> None:
    runner = app.test_cli_runner()

    answers = [runner.invoke(args=["seed", "base"]).output, runner.invoke(args=["seed", "demo"]).output]

    assert answers == ["Towns are up to date.\n", "Events are up to date.\n"]
    assert count(Event) == 26


def test_seeding_leaves_alone_what_was_changed_by_the_terminal(app: Flask, database: None) -> None:
    """A restart of the demo seeds again: seats, status, wordings, lists and questions that were set by hand stay."""
    put_demo()
    runner = app.test_cli_runner()
    wished = (
        "registration.seats=77", "status=cancelled", "list.coffee.name.en=Tea", "list.extra.name.en=Extra",
        "question.how.label.en=How?",
    )  # fmt: skip
    done = runner.invoke(args=["event", "set", "kaskinen-today", *wished])
    assert done.exit_code == 0, done.output
    db.session.remove()
    before = runner.invoke(args=["event", "show", "kaskinen-today"]).output

    loader.seed_base()
    loader.seed_demo()
    db.session.remove()

    assert runner.invoke(args=["event", "show", "kaskinen-today"]).output == before
    assert [line for line in before.splitlines() if line.replace(" ", "") in {"registration.seats=77", "status=cancelled"}] != []


def test_the_five_pages_to_begin_with_are_there(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        put_demo()

    assert [client.get(f"/{path}").status_code for _, path in serve.FIRST_PAGES] == [200] * 5


def test_phones_of_an_earlier_start_that_nobody_set_up_are_gone(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        put_demo()
        redating.redate(clock.now())
        first, event = serve.door_lines(), get_event("kaskinen-today")
        do(devices.trade, re.findall(r"Volunteer +\S+enrol#(\S+)", first)[0])
        second = serve.door_lines()
        phones = sorted((device.name, device.enrolled_at is not None) for device, _ in devices.devices_of(event.id))

    assert phones == [("Supervisor", False), ("Volunteer", False), ("Volunteer", True)]
    assert first != second
