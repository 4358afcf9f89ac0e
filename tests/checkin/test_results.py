"""Every result of a scan through the API, and what it says to the volunteer and to the guest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.audit.models import TERMINAL
from app.checkin import devices
from app.checkin.models import Admission, Scan
from app.core.db import write_tx
from app.registration.models import Ticket
from tests.checkin.scans import answers, code_of, make_device, make_door, make_list, make_ticket, results, scan
from tests.factories import make_event, make_place, replace_code
from tests.transactions import do


def test_accepted_lets_the_guest_in_and_names_only_initials(client, door, ticket):
    (answer,) = answers(client, door.token, sent := scan(code_of(ticket())))

    assert answer == {
        "id": sent["id"], "result": "accepted", "replay": False, "admitted": 1, "first": None,
        "guest": {
            "initials": "A. B.", "party": 1, "arrived": 1, "language": "lv", "notes": [], "answers": [], "rehearsal": False,
        },
        "message": answer["message"], "guest_message": answer["guest_message"], "guest_language": "lv",
    }  # fmt: skip


def test_already_in_gives_time_list_and_initials_of_the_first_scan(client, door, ticket, later):
    code = code_of(ticket())
    answers(client, door.token, scan(code))
    with later(minutes=10):
        (answer,) = answers(client, door.token, scan(code), language="en")

    assert answer["result"] == "already_in"
    assert answer["first"] == {"at": "2026-06-16T12:00:00Z", "list": "main-door", "by": "MK"}
    assert answer["message"] == "This ticket has been used already. First scan: 15:00, Main door, MK"
    assert answer["guest"]["arrived"] == 1


def test_already_in_gives_the_date_when_the_first_scan_was_not_today(app, client, door, ticket, later, noon):
    with app.app_context():
        event = make_event("three-days", ends_on=noon.date() + timedelta(days=2))
        make_list(event)
        _, token = make_device(event)
    code = code_of(ticket(event=event))
    answers(client, token, scan(code))
    with later(days=1):
        (answer,) = answers(client, token, scan(code), language="en")

    assert answer["message"].startswith("This ticket has been used already. First scan: 16 June 2026, 15:00, Main door")


@pytest.mark.parametrize(
    "code",
    [
        "0" * 26,
        "K7QM-4T2P",
        "12345678",
        "1",
        "abc+-/==",
        "https://pearls.test/T/" + "0" * 26,
        "HTTPS://EVIL.EXAMPLE/T/" + "0" * 26,
        "ä" * 60,
    ],
)
def test_unknown_never_says_why(client, door, rows, code):
    (answer,) = answers(client, door.token, scan(code), language="en")

    assert (answer["result"], answer["guest"], answer["first"]) == ("unknown", None, None)
    assert answer["message"] == "This code is not valid here. Please ask a supervisor."
    assert [(row.result, row.ticket_id) for row in rows(Scan)] == [("unknown", None)]


def test_a_number_that_is_an_internal_id_is_unknown(client, door, ticket):
    made = ticket()

    assert results(client, door.token, scan(str(made.id)), scan(made.id.hex), scan(str(door.list.id))) == ["unknown"] * 3


def test_a_code_is_read_from_its_printed_address_and_with_look_alikes(client, door, ticket):
    one, two, three = code_of(ticket()), code_of(ticket()), code_of(ticket())
    alike = two.lower().replace("0", "o").replace("1", "l")

    assert results(
        client, door.token, scan(f"HTTPS://PEARLS.TEST/T/{one}"), scan(alike), scan(f"HTTPS://EVIL.EXAMPLE/T/{three}")
    ) == ["accepted", "accepted", "unknown"]


def test_wrong_event_names_event_town_and_day_and_nobody(app, client, door, ticket):
    with app.app_context():
        other = make_event(
            "alytus-2026", {"en": "Closing night", "lv": "Noslēguma vakars"}, make_place("alytus", {"lt": "Alytus"})
        )
    (answer,) = answers(client, door.token, scan(code_of(ticket(event=other))), language="en")

    assert (answer["result"], answer["guest"], answer["first"]) == ("wrong_event", None, None)
    assert answer["message"] == "This ticket is for another event: Closing night. Town: Alytus. Day: 16 June 2026."
    assert "Noslēguma vakars" in answer["guest_message"]


def test_wrong_event_without_a_town_or_a_day_says_what_is_known(app, client, door, ticket):
    with app.app_context():
        other = make_event("someday", "Someday", starts_on=None, ends_on=None)
    (answer,) = answers(client, door.token, scan(code_of(ticket(event=other))), language="en")

    assert answer["message"] == "This ticket is for another event: Someday."


def test_wrong_list_names_the_list_that_the_ticket_is_not_for(client, door, ticket):
    (answer,) = answers(client, door.token, scan(code_of(ticket(lists="coach,dinner"))), language="en")

    assert (answer["result"], answer["message"]) == ("wrong_list", "This ticket is not for this list: Main door.")


def test_not_yet_and_too_late_give_the_time_in_the_events_zone(app, client, door, noon, ticket):
    with app.app_context():
        make_list(door.event, "early", "Early door", opens_at=noon + timedelta(hours=1))
        make_list(door.event, "late", "Late door", closes_at=noon - timedelta(hours=1))
        _, token = make_device(door.event, "early", "late")
    code = code_of(ticket())
    early, late = answers(client, token, scan(code, list="early"), scan(code, list="late"), language="en")

    assert (early["result"], early["message"]) == ("not_yet", "It is too early. Entry begins: 16:00.")
    assert (late["result"], late["message"]) == ("too_late", "It is too late. Entry ended: 14:00.")


@pytest.mark.parametrize("status", ["cancelled", "waitlisted"])
def test_a_ticket_without_a_seat_is_refused_with_its_reason(client, door, ticket, rows, status):
    (answer,) = answers(client, door.token, scan(code_of(ticket(status=status))))

    assert (answer["result"], answer["guest"]["initials"], rows(Admission)) == (status, "A. B.", [])


def test_a_replaced_code_is_revoked_and_the_new_one_is_accepted(app, client, door, ticket):
    made = ticket()
    old = code_of(made)
    with app.app_context():
        new = code_of(replace_code(made.id))
    first, second = answers(client, door.token, scan(old), scan(new))

    assert (first["result"], first["guest"], second["result"]) == ("revoked", None, "accepted")


def test_a_replaced_code_does_not_take_its_holder_out_again(app, client, door, ticket, rows):
    made = ticket()
    old = code_of(made)
    with app.app_context():
        new = code_of(replace_code(made.id))

    assert results(client, door.token, scan(new), scan(old, direction="exit")) == ["accepted", "revoked"]
    assert [row.released_by for row in rows(Admission)] == [None]


def test_the_guest_is_spoken_to_in_the_tickets_language_and_the_volunteer_in_the_pages(app, client, door, ticket):
    codes = [code_of(ticket(language=lang)) for lang in ("fi", "xx")]
    finn, stranger = answers(client, door.token, scan(codes[0]), scan(codes[1]))

    assert (finn["guest_language"], stranger["guest_language"]) == ("fi", "en")
    assert (finn["guest"]["language"], stranger["guest"]["language"]) == ("fi", "xx")


def test_lists_are_independent_of_each_other(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        _, token = make_device(door.event, "main-door", "dinner")
    code = code_of(ticket())

    assert results(
        client, token, scan(code), scan(code, list="dinner"), scan(code, list="dinner"), scan(code)
    ) == ["accepted", "accepted", "already_in", "already_in"]  # fmt: skip


def test_a_device_may_not_scan_for_a_list_that_is_not_its_own(app, client, door, ticket, rows):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        other = make_door("alytus-2026")
        make_list(other.event, "coach", "Coach")
    code = code_of(ticket())

    assert results(client, door.token, *(scan(code, list=slug) for slug in ("dinner", "coach", "nowhere", "main-door"))) == [
        "error:unknown_list", "error:unknown_list", "error:unknown_list", "accepted",
    ]  # fmt: skip
    assert rows(Scan, count=True) == 1


def test_every_attempt_is_kept_with_what_came_of_it(client, door, ticket, rows, noon):
    code = code_of(ticket())
    sent = [scan(code), scan(code), scan("nothing")]
    answers(client, door.token, *sent, sent_at="2026-06-16T11:59:58Z")
    kept = {str(row.id): row for row in rows(Scan)}

    assert [kept[item["id"]].result for item in sent] == ["accepted", "already_in", "unknown"]
    assert [str(kept[item["id"]].winner_id) for item in sent] == [sent[0]["id"], sent[0]["id"], "None"]
    assert {row.offset_ms // 4000 for row in kept.values()} == {0}  # two seconds, and what the test took
    assert {row.device_id for row in kept.values()} == {door.device.id}


def test_one_scan_costs_few_statements_however_many_there_are(app, client, door, ticket, queries):
    for _ in range(3):
        answers(client, door.token, scan(code_of(ticket())))
    made = [code_of(ticket()) for _ in range(40)]
    queries.clear()
    answers(client, door.token, scan(made[0]))
    one = len(queries)
    queries.clear()
    answers(client, door.token, *(scan(code) for code in made[1:]))
    many = len(queries)

    assert (one, many) == (4, 4)


def test_a_full_list_warns_and_never_refuses(app, client, door, ticket):
    with app.app_context(), write_tx() as session:
        session.merge(door.list).capacity = 10
    warnings = [answers(client, door.token, scan(code_of(ticket())))[0].get("warning") for _ in range(11)]

    assert warnings == [None] * 8 + ["nearly_full", "full", "full"]


def test_a_warning_has_its_sentence(app, client, door, ticket):
    with app.app_context(), write_tx() as session:
        session.merge(door.list).capacity = 1
    (answer,) = answers(client, door.token, scan(code_of(ticket())), language="en")

    assert answer["warning_message"] == "This list is full. Please ask a supervisor before you let more guests in."


def test_rehearsals_count_nowhere(app, client, door, ticket, rows):
    with app.app_context(), write_tx() as session:
        session.merge(door.list).capacity = 1
    first, second = answers(client, door.token, scan(code_of(ticket(rehearsal=True))), scan(code_of(ticket())))

    assert (first["result"], first["guest"]["rehearsal"], first.get("warning")) == ("accepted", True, None)
    assert (second["result"], second["warning"]) == ("accepted", "full")
    assert sorted(row.rehearsal for row in rows(Scan)) == [False, True]


def test_a_ticket_that_changes_its_code_stays_in(app, client, door, ticket):
    made = ticket()
    answers(client, door.token, scan(code_of(made)))
    with app.app_context():
        new = code_of(replace_code(made.id))

    assert results(client, door.token, scan(new)) == ["already_in"]


def test_dead_tokens_scan_nothing_online(app, client, door, ticket, later, rows):
    code = code_of(ticket())
    with later(hours=20):
        expired = client.post("/api/v1/scans", json={"scans": [scan(code)]}, headers={"Authorization": f"Bearer {door.token}"})
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)
    revoked = client.post("/api/v1/scans", json={"scans": [scan(code)]}, headers={"Authorization": f"Bearer {door.token}"})

    assert (expired.status_code, revoked.status_code, revoked.json["code"]) == (401, 401, "unauthorised")
    assert rows(Scan) == []


def test_ticket_rows_are_untouched_by_scans(client, door, ticket, rows):
    made = ticket()
    answers(client, door.token, scan(code_of(made)))

    assert [(row.code_hash, row.status, row.generation) for row in rows(Ticket)] == [(made.code_hash, "confirmed", 1)]


def test_codes_are_stored_nowhere(app, client, door):
    with app.app_context():
        made = make_ticket(door.event)
    code = code_of(made)
    answers(client, door.token, scan(code))
    with app.app_context(), write_tx() as session:
        tables = [str(tuple(row)) for table in reversed(Ticket.metadata.sorted_tables) for row in session.execute(table.select())]

    assert not [row for row in tables if code in row or door.token in row]
