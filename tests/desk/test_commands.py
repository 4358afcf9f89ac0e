"""`flask event list`, `show` and `set`: what is shown can be set again, and a change happens whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, select

from app.audit.models import AuditEntry
from app.checkin.service import find_list, lists_of
from app.core.db import db, write_tx
from app.events.models import Event
from app.events.queries import catalogue_stamp, get_event
from app.i18n import texts
from app.i18n.models import Translation
from app.mail.models import OutboxMail
from app.registration import codes
from app.registration.models import Registration, RegistrationQuestion
from app.registration.questions import find_question, questions_of
from app.registration.seats import find_active_settings
from tests.demo.seeded import put_demo
from tests.factories import make_event, make_item
from tests.registration.registrations import make_evening, open_registration, signed_up

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, database: None, noon: datetime) -> Run:
    """`run("show")` is `flask event show kaskinen-2026`; the clock stands at noon."""

    def invoke(command: str, *words: str, event: str = "kaskinen-2026", **options: Any) -> Result:
        return app.test_cli_runner().invoke(args=["event", command, event, *words], **options)

    return invoke


def shown(run: Run) -> dict[str, str]:
    """The settings as `flask event show` prints them."""
    lines = [line for line in run("show").stdout.splitlines() if line and not line.startswith("#")]
    return dict(line.split(" = ", 1) for line in lines)


def event() -> Event:
    db.session.expire_all()
    return get_event("kaskinen-2026")


def test_list_names_every_event_with_its_days(app: Flask, run: Run) -> None:
    make_event()
    make_event("undated", {"fi": "Joskus"}, starts_on=None, ends_on=None, source_lang="fi")
    make_event("winter", "Winter", starts_on=date(2026, 1, 5), ends_on=date(2026, 1, 7))

    assert app.test_cli_runner().invoke(args=["event", "list"]).output.splitlines() == [
        "winter         Winter  (5–7 January 2026)",
        "kaskinen-2026  Ceremony  (16 June 2026)",
        "undated        Joskus  (no day yet)",
    ]


def test_show_says_which_zone_and_which_values(run: Run) -> None:
    open_registration(opens_at=datetime(2026, 6, 1, 5, 0, tzinfo=UTC))
    lines = run("show").stdout.splitlines()

    assert lines[0] == "# kaskinen-2026. Times are in Europe/Helsinki (Helsinki – Eastern European Time)."
    assert lines[lines.index("status = scheduled") - 1] == "# one of scheduled, cancelled, postponed, moved_online"
    assert lines[lines.index("venue = square-of-kaskinen") - 1] == "#   square-of-kaskinen: Square of Kaskinen"
    assert "registration.opens_at = 2026-06-01 08:00" in lines


def test_show_as_json_gives_values_as_programs_read_them(run: Run) -> None:
    open_registration(opens_at=datetime(2026, 6, 1, 5, 0, tzinfo=UTC), capacity=80, reminder_hours=[24])
    answer = json.loads(run("show", "--json").stdout)
    settings = answer["settings"]

    assert (answer["event"], answer["timezone"]) == ("kaskinen-2026", "Europe/Helsinki")
    assert {key: settings[key] for key in settings if key.startswith("registration.")} == {
        "registration.mode": "optional", "registration.opens_at": "2026-06-01T08:00:00+03:00", "registration.closes_at": None,
        "registration.seats": 80, "registration.party_max": 8, "registration.waiting_list": True,
        "registration.confirm_first": False, "registration.ask_needs": True, "registration.hold_hours": 24,
        "registration.reminders": [24],
    }  # fmt: skip
    assert (settings["starts_on"], settings["venue"]) == ("2026-06-16", "square-of-kaskinen")


@pytest.mark.parametrize("slug", ["kaskinen-today", "visit-today", "varde-2025-forum", "helsingborg-2025-network"])
def test_what_is_shown_can_be_set_and_changes_nothing(run: Run, tmp_path: Path, slug: str) -> None:
    put_demo()
    before = everything()
    file = tmp_path / "settings.txt"
    file.write_text(run("show", event=slug).stdout, "utf-8")

    from_file = run("set", "--file", str(file), event=slug)
    from_input = run("set", "--file", "-", event=slug, input=file.read_text("utf-8"))

    assert [outcome.stdout for outcome in (from_file, from_input)] == ["Nothing to change: all of it is so already.\n"] * 2
    assert everything() == before


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr) for table in db.metadata.sorted_tables
        }


def test_set_says_what_changed_and_makes_pages_anew(run: Run) -> None:
    open_registration()
    version, catalogue = event().version, catalogue_stamp().read()

    outcome = run("set", "registration.seats=80", "registration.closes_at=2026-06-16 17:30", "registration.party_max=8")

    assert (outcome.exit_code, outcome.stdout.splitlines()) == (
        0,
        [
            "registration.closes_at: none → 2026-06-16 17:30",
            "registration.seats: none → 80",
            "Times are in Europe/Helsinki.",
        ],
    )
    assert (event().version, event().sequence, catalogue_stamp().read()) == (version + 1, 0, catalogue + 1)
    desk = find_active_settings(event().id)
    assert desk is not None
    assert (desk.capacity, desk.closes_at) == (80, datetime(2026, 6, 16, 14, 30, tzinfo=UTC))
    assert [(entry.actor_kind, entry.verb) for entry in db.session.scalars(select(AuditEntry))] == [("terminal", "event.set")]


def test_set_again_changes_nothing(run: Run) -> None:
    make_evening()
    words = (
        "registration.mode=required",
        "list.dinner.name.en=Dinner",
        "question.how.kind=tick",
        "question.how.label.en=By bus?",
    )
    first = run("set", *words)
    version = event().version

    second = run("set", *words)

    assert first.stdout.splitlines()[0] == "registration.mode: none → required"
    assert second.stdout == "Nothing to change: all of it is so already.\n"
    assert event().version == version


def test_set_changes_all_or_nothing(run: Run) -> None:
    open_registration()
    before = everything()

    outcome = run(
        "set", "registration.seats=80", "list.dinner.name.en=Dinner", "venue=castle", "ends_on=2026-06-15", "list.coach.kind=coach",
    )  # fmt: skip

    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.splitlines() == [
        "venue: there is no venue castle here; there is: square-of-kaskinen.",
        "ends_on: is before the first day: 2026-06-15 is earlier than 2026-06-16.",
        "list.coach: there is no list coach; to make it, give it a name: list.coach.name.en=…",
        "Nothing was changed.",
    ]
    assert everything() == before


def test_set_has_a_sentence_for_each_key(run: Run) -> None:
    open_registration()

    outcome = run(
        "set", "colour=red", "registration.seat=80", "registration.seats=many", "registration.closes_at=2026-03-29 03:30",
        "reason.ru=x", "list.Dinner.name.en=Dinner", "list.main-door.name.en=", "list.dinner.name=Dinner", "status", "venue=none",
        "venue=none",
    )  # fmt: skip

    assert outcome.exit_code == 2
    assert outcome.stderr.splitlines() == [
        "colour: is no setting; `flask event show EVENT` lists them all.",
        "registration.seat: is no setting; did you mean registration.seats?",
        "registration.seats: must be a whole number from 0 to 1000000, not many.",
        "registration.closes_at: 2026-03-29 03:30 does not exist in Europe/Helsinki: the clocks skip that hour for summer time.",
        "reason.ru: must end in one of da, de, et, en, lv, lt, pl, fi, sv.",
        "list.Dinner.name.en: needs a name of small letters, digits and hyphens, 40 at most.",
        "list.main-door.name.en: must not be empty.",
        "list.dinner.name: needs a language at its end, such as list.dinner.name.en.",
        "status: must be followed by = and a value.",
        "venue: is given twice.",
        "Nothing was changed.",
    ]


@pytest.mark.parametrize("words", [(), ("--file", "/nowhere/at-all")])
def test_set_without_anything_to_set_says_so(run: Run, words: tuple[str, ...]) -> None:
    make_evening()
    outcome = run("set", *words)

    assert (outcome.exit_code, "Traceback" in outcome.output) == (2, False)


@pytest.mark.parametrize("command", ["show", "set"])
def test_unknown_events_are_named(run: Run, command: str) -> None:
    outcome = run(command, *(["status=cancelled"] if command == "set" else []), event="nowhere")

    assert (outcome.exit_code, outcome.stderr) == (1, "Error: There is no event 'nowhere'. `flask event list` shows them.\n")


# When, where, whether


def test_calling_an_event_off_is_said_in_words_and_counts_the_calendar_up(run: Run) -> None:
    make_evening()

    run("set", "status=postponed", "reason.en=A storm.", "reason.fi=Myrsky.")

    reason = {lang: texts.load([event().id], lang)(event().id, "event.reason").text for lang in ("en", "fi")}
    assert (event().status, event().sequence, reason) == ("postponed", 1, {"en": "A storm.", "fi": "Myrsky."})
    assert {one.origin for one in db.session.scalars(select(Translation).where(Translation.value == "Myrsky."))} == {"human"}


def test_another_day_and_another_place(run: Run) -> None:
    make_evening()

    run("set", "starts_on=2026-06-20", "ends_on=2026-06-21", "venue=none", "place.en=In the park")

    assert (event().starts_on, event().ends_on, event().venue_id, event().sequence) == (
        date(2026, 6, 20), date(2026, 6, 21), None, 1,
    )  # fmt: skip
    assert shown(run)["place.en"] == "In the park"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["starts_on=2026-06-20", "ends_on=2026-06-20"], 1), (["venue=none"], 1), (["place.en=In the park"], 1),
        (["status=cancelled", "reason.en=A storm."], 1), (["reason.en=A storm."], 0), (["registration.seats=5"], 0),
        (["status=scheduled", "venue=square-of-kaskinen"], 0),
    ],
)  # fmt: skip
def test_who_registered_is_told_of_another_day_place_or_state(run: Run, words: list[str], told: int) -> None:
    open_registration()
    guest = signed_up(event(), email="anna@example.org")
    with write_tx() as session:
        session.get_one(Registration, guest.id).email_confirmed_at = guest.created_at
        session.execute(delete(OutboxMail))

    run("set", *words)

    mails = db.session.scalars(select(OutboxMail)).all()
    assert [(mail.kind, mail.subject_id) for mail in mails] == [("registration.changed", guest.id)] * told
    assert event().sequence == told


def test_a_reason_alone_does_not_move_the_event(run: Run) -> None:
    make_evening()

    run("set", "reason.en=A storm.")

    assert event().sequence == 0


# Registration


def test_more_seats_go_to_those_who_wait(run: Run) -> None:
    open_registration(capacity=2)
    people = [signed_up(event(), 2, email="anna@example.org"), signed_up(event(), 2), signed_up(event(), 2)]

    run("set", "registration.seats=4")

    db.session.expire_all()
    assert [db.session.get_one(Registration, one.id).status for one in people] == ["confirmed", "confirmed", "waitlisted"]


def test_parties_that_fewer_seats_shut_out_are_named(run: Run) -> None:
    open_registration(capacity=6)
    signed_up(event(), 6)
    large, small = signed_up(event(), 4), signed_up(event(), 1)

    said = run("set", "registration.seats=3").stdout.splitlines()

    assert large.ticket is not None
    reference = codes.show_reference(large.ticket.reference)
    assert said[-1] == f"Larger than all seats together, and passed over until they become smaller: {reference} (4 people)"
    assert small.status == "waitlisted"


def test_fewer_seats_than_were_given_are_said_and_nobody_loses_one(run: Run) -> None:
    open_registration(capacity=6)
    people = [signed_up(event(), 2), signed_up(event(), 3)]

    said = run("set", "registration.seats=4").stdout.splitlines()
    enough = run("set", "registration.seats=5").stdout

    assert said[-1] == ("More people have seats than there are now: 1 too many. They keep them; nobody new gets one before.")
    assert "too many" not in enough
    db.session.expire_all()
    assert [db.session.get_one(Registration, one.id).status for one in people] == ["confirmed", "confirmed"]


def test_registration_needs_a_mode_before_it_has_seats(run: Run) -> None:
    make_evening()

    refused = run("set", "registration.seats=80")
    nothing = run("set", "registration.mode=none")
    taken = run("set", "registration.mode=optional", "registration.seats=80")

    assert refused.stderr.splitlines()[0] == ("registration.mode: is none, so nobody can register; say optional or required too.")
    assert nothing.stdout == "Nothing to change: all of it is so already.\n"
    assert taken.exit_code == 0
    assert (shown(run)["registration.seats"], shown(run)["registration.reminders"]) == ("80", "168,24")


def test_registration_closes_after_it_opens(run: Run) -> None:
    open_registration(opens_at=datetime(2026, 6, 10, 5, 0, tzinfo=UTC))

    outcome = run("set", "registration.closes_at=2026-06-10 08:00")

    assert outcome.stderr.splitlines()[0] == "registration.closes_at: must be later than registration.opens_at."


# Lists


def test_a_name_makes_a_list(run: Run) -> None:
    evening = make_evening()
    run("set", "list.main-door.name.en=Main door")

    run(
        "set", "list.bus.name.en=Bus home", "list.bus.name.fi=Bussi kotiin", "list.bus.kind=coach", "list.bus.capacity=50",
        "list.day-one.name.en=Day one", "list.day-one.kind=day", "list.day-one.on=2026-06-16",
        "list.supper.name.en=Supper", "list.supper.kind=item", "list.supper.item=1", "list.supper.opens_at=2026-06-16 18:00",
    )  # fmt: skip

    lists = {door.slug: door for door in lists_of(evening.id)}
    assert [(door.slug, door.kind, door.is_venue_door, door.position) for door in lists.values()] == [
        ("main-door", "event", True, 1), ("bus", "coach", False, 2), ("day-one", "day", True, 3), ("supper", "item", False, 4),
    ]  # fmt: skip
    assert (lists["bus"].capacity, lists["day-one"].on) == (50, date(2026, 6, 16))
    assert lists["supper"].opens_at == datetime(2026, 6, 16, 15, 0, tzinfo=UTC)
    assert (shown(run)["list.supper.item"], shown(run)["list.bus.name.fi"]) == ("1", "Bussi kotiin")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("kind=day",), "list.door.on: is missing: a list of kind day says for which."),
        (("kind=item",), "list.door.item: is missing: a list of kind item says for which."),
        (("on=2026-06-16",), "list.door.on: is only for lists of kind day; this one is of kind event."),
        (("kind=item", "item=9"), "list.door.item: the programme has no row 9."),
        (
            ("opens_at=2026-06-16 18:00", "closes_at=2026-06-16 17:00"),
            "list.door.closes_at: must be later than list.door.opens_at.",
        ),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(run: Run, words: tuple[str, ...], sentence: str) -> None:
    evening = make_evening()
    run("set", "list.door.name.en=Door")

    outcome = run("set", *(f"list.door.{word}" for word in words))

    db.session.expire_all()
    door = find_list(evening.id, "door")
    assert outcome.stderr.splitlines() == [sentence, "Nothing was changed."]
    assert door is not None
    assert (door.kind, door.on, door.opens_at) == ("event", None, None)


def test_another_events_row_is_no_row_of_this_one(run: Run) -> None:
    make_evening()
    make_item(make_event("other"), number=7)

    outcome = run("set", "list.supper.name.en=Supper", "list.supper.kind=item", "list.supper.item=7")

    assert outcome.stderr.splitlines()[0] == "list.supper.item: the programme has no row 7."


def test_a_wording_that_stays_keeps_its_origin(run: Run) -> None:
    make_evening()
    run("set", "list.door.name.en=Door")
    with write_tx() as session:
        door = find_list(event().id, "door")
        assert door is not None
        texts.put(session, event().id, door.id, "list.name", {"fi": "Ovi", "sv": "Dörr"}, "en", origin="machine")

    run("set", "list.door.name.fi=Ovi", "list.door.name.sv=Dörren")

    origins = db.session.execute(select(Translation.lang, Translation.origin).where(Translation.value.in_(["Ovi", "Dörren"])))
    assert sorted((lang, origin) for lang, origin in origins) == [("fi", "machine"), ("sv", "human")]


# Questions

BUS = (
    "question.how.kind=choice", "question.how.label.en=How will you get here?", "question.how.label.lv=Kā jūs ieradīsieties?",
    "question.how.option.bus.en=By bus", "question.how.option.bus.lv=Ar autobusu", "question.how.option.car.en=By car",
)  # fmt: skip


def question() -> RegistrationQuestion:
    db.session.expire_all()
    found = find_question(db.session(), event().id, "how")
    assert found is not None
    return found


def test_a_question_is_asked_in_several_languages(run: Run) -> None:
    open_registration()

    run("set", *BUS, "question.how.at_door=yes", "question.how.help.en=There is a free bus.\\nIt leaves at ten.")

    known = texts.load([event().id], "lv")
    assert (question().kind, question().options, question().at_door, question().required) == (
        "choice",
        ["bus", "car"],
        True,
        False,
    )
    assert known(question().id, "question.label").text == "Kā jūs ieradīsieties?"
    assert known(question().id, "question.option.car").text == "By car"
    assert known(question().id, "question.help").text == "There is a free bus.\nIt leaves at ten."
    assert shown(run)["question.how.help.en"] == "There is a free bus.\\nIt leaves at ten."


def test_options_come_go_and_change_places(run: Run) -> None:
    open_registration()
    run("set", *BUS)

    run("set", "question.how.option.foot.en=On foot", "question.how.options=foot,bus")

    assert question().options == ["foot", "bus"]
    assert [key for key in shown(run) if key.startswith("question.how.option.")] == [
        "question.how.option.foot.en", "question.how.option.bus.en", "question.how.option.bus.lv",
    ]  # fmt: skip


def test_a_question_is_retired_and_asked_again(run: Run) -> None:
    open_registration()
    run("set", *BUS)

    run("set", "question.how.retired=yes")
    retired = [one.key for one in questions_of(event().id)], shown(run)["question.how.retired"]
    run("set", "question.how.label.en=How do you come?")
    still = [one.key for one in questions_of(event().id)]
    run("set", "question.how.retired=no")

    assert (retired, still) == (([], "yes"), [])
    assert [one.key for one in questions_of(event().id)] == ["how"]


@pytest.mark.parametrize(
    ("words", "start"),
    [
        (("question.how.label.en=How?",), "question.how: there is no question how; to ask it"),
        (("question.how.kind=choice", "question.how.label.en=How?"), "question.how: how: a choice has two options at least"),
        ((*BUS, "question.how.option.foot.lv=Ar kājām"), "question.how: how: the wording in en is missing"),
        (("question.how.option.By-bus.en=By bus",), "question.how.option.By-bus.en: needs an option's key"),
    ],
)
def test_a_question_nobody_could_answer_is_refused(run: Run, words: tuple[str, ...], start: str) -> None:
    open_registration()
    outcome = run("set", *words)

    assert (outcome.exit_code, outcome.stderr.startswith(start)) == (2, True), outcome.stderr
    assert db.session.scalars(select(RegistrationQuestion)).all() == []


def test_changing_settings_alone_owes_nobody_a_mail(run: Run) -> None:
    open_registration()
    signed_up(event())

    run("set", "registration.seats=80", "list.door.name.en=Door")

    assert db.session.scalars(select(OutboxMail)).all() == []
