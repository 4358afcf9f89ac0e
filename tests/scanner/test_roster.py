"""The offline list: hashes and notes that only a ticket's own code opens, changes since a cursor, nothing missed, no names."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import update

from app.checkin.models import CheckInList, Device, Scan
from app.core import clock
from app.core.db import write_tx
from app.registration import codes, encryption
from app.registration.models import Registration, RegistrationAnswer, Ticket
from app.registration.questions import put_question
from app.registration.tickets import make_rehearsal_tickets
from app.scanner import roster
from tests.checkin.scans import answers, code_of, iso, make_device, make_list, results, scan
from tests.factories import make_event, replace_code
from tests.transactions import do


def unpadded(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hashed(page, code):
    return urlsafe_b64encode(hashlib.sha256(unpadded(page["salt"]) + code.encode()).digest()[:16]).decode().rstrip("=")


def opened(page, code, note):
    """What a phone does with the code in front of its camera."""
    key = HKDF(hashes.SHA256(), 32, salt=unpadded(page["salt"]), info=b"door note").derive(code.encode())
    sealed = unpadded(note)
    return json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))


def ask(client, token, since=None, slug="main-door", **headers):
    query = {"since": since} if since is not None else {}
    answer = client.get(
        f"/api/v1/lists/{slug}/tickets", query_string=query, headers={"Authorization": f"Bearer {token}"} | headers
    )
    assert answer.status_code == 200, answer.json
    return answer


def page_of(client, token, since=None, slug="main-door"):
    return ask(client, token, since, slug).json


def entries(page):
    return {entry[0]: entry[1:] for entry in page["tickets"]}


def change(app, ticket, **values):
    with app.app_context(), write_tx() as session:
        session.execute(update(Ticket).where(Ticket.id == ticket.id).values(values))


# What is in it


def test_a_ticket_is_a_hash_a_state_and_a_note_that_its_code_opens(client, door, ticket):
    made = ticket(holder="Anna Maria Berg", party_size=3, language="lv")
    page = page_of(client, door.token)
    state, note, inside, gone = entries(page)[hashed(page, code_of(made))]

    assert (page["list"], page["full"], page["more"], page["now"], page["removed"]) == (
        "main-door", True, False, "2026-06-16T12:00:00Z", [],
    )  # fmt: skip
    assert (state, inside, gone) == ("ok", 0, 0)
    assert opened(page, code_of(made), note) == {"i": "A. B.", "p": 3, "l": "lv"}


def test_another_code_opens_no_note(client, door, ticket):
    made, other = ticket(), ticket()
    page = page_of(client, door.token)
    note = entries(page)[hashed(page, code_of(made))][1]

    with pytest.raises(InvalidTag):
        opened(page, code_of(other), note)


def test_states_are_what_the_rules_say_of_a_ticket_at_this_list(app, client, door, ticket):
    made = {
        "ok": ticket(lists="main-door,coach"), "cancelled": ticket(status="cancelled", lists="coach"),
        "waitlisted": ticket(status="waitlisted"), "pending": ticket(status="pending", lists="coach"),
        "wrong_list": ticket(lists="coach"),
    }  # fmt: skip
    page = page_of(client, door.token)
    found = {name: entries(page)[hashed(page, code_of(one))][0] for name, one in made.items()}

    assert found == {name: "waitlisted" if name == "pending" else name for name in made}


def test_a_ticket_to_practise_with_says_so(client, door, ticket):
    made = ticket(rehearsal=True)
    page = page_of(client, door.token)

    assert opened(page, code_of(made), entries(page)[hashed(page, code_of(made))][1])["r"] == 1


def test_only_this_events_tickets_are_listed_and_events_have_their_own_salt(app, client, door, ticket):
    with app.app_context():
        other = make_event("alytus-2026")
        make_list(other)
        _, token = make_device(other)
    mine, theirs = ticket(), ticket(event=other)
    here, there = page_of(client, door.token), page_of(client, token)

    assert (list(entries(here)), list(entries(there))) == ([hashed(here, code_of(mine))], [hashed(there, code_of(theirs))])
    assert (len(unpadded(here["salt"])), here["salt"] != there["salt"]) == (16, True)


def test_who_is_in_and_who_has_gone_stands_beside_each_ticket(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "final", "Final", re_entry=False)
        _, token = make_device(door.event, "main-door", "final")
    code = code_of(ticket(party_size=4))
    for slug in ("main-door", "final"):
        results(client, token, scan(code, list=slug, count=3), scan(code, list=slug, direction="exit"))
    free, final = page_of(client, token), page_of(client, token, slug="final")

    assert (entries(free)[hashed(free, code)][2:], entries(final)[hashed(final, code)][2:]) == ([2, 0], [2, 1])


def test_needs_and_answers_are_in_the_note_when_the_guest_wished_so(app, client, door, ticket):
    with app.app_context():
        _, token = make_device(door.event, language="sv", name="Ole")
        told = registered(door, tell_door=True)
        silent = registered(door, tell_door=False)
    guests = [ticket(registration_id=told), ticket(registration_id=silent)]
    page = page_of(client, token)
    notes = [opened(page, code_of(one), entries(page)[hashed(page, code_of(one))][1]) for one in guests]
    online = [answer["guest"] for answer in answers(client, token, *(scan(code_of(one)) for one in guests), language="en")]

    assert [(note.get("n", []), note["a"]) for note in notes] == [
        (["wheelchair", "vegan"], [["Hur kommer du?", "Med buss"]]), ([], [["Hur kommer du?", "Med buss"]]),
    ]  # fmt: skip
    assert [(guest["notes"], guest["answers"]) for guest in online] == [
        (["wheelchair", "vegan"], [{"question": "How do you come?", "answer": "By coach"}]),
        ([], [{"question": "How do you come?", "answer": "By coach"}]),
    ]


def registered(door, *, tell_door):
    """A registration with needs and an answer for the door, and one that is not for it; its id."""
    ident = codes.uuid.uuid4()
    with write_tx() as session:
        options = {"coach": {"en": "By coach", "sv": "Med buss"}, "foot": {"en": "On foot"}}
        how = put_question(
            session, door.event.id, "how", kind="choice", at_door=True, options=options,
            labels={"en": "How do you come?", "sv": "Hur kommer du?"},
        )  # fmt: skip
        why = put_question(session, door.event.id, "why", kind="text", labels={"en": "Why?"})
        session.add(
            Registration(
                id=ident, event_id=door.event.id, form_key=codes.uuid.uuid4(), link_hash=ident.bytes * 2, name="Anna Berg",
                language="sv", created_at=clock.now(), tell_door=tell_door, needs=encryption.seal(ident, ["vegan", "wheelchair"]),
                answers=[
                    RegistrationAnswer(question_id=how.id, value="coach"), RegistrationAnswer(question_id=why.id, value="secret"),
                ],
            )
        )  # fmt: skip
    return ident


def test_no_name_and_no_code_is_in_a_list(client, door, ticket):
    made = [ticket(holder="Žaneta Ķirsē"), ticket(holder="Börje Nygård")]
    answer = ask(client, door.token)
    body = answer.get_data(as_text=True)

    assert not [word for word in ("Žaneta", "Nygård", "Ž. Ķ.", "B. N.", *(code_of(one) for one in made)) if word in body]
    assert not [one for one in made if one.reference in body or one.code_hash.hex() in body]
    assert answer.headers["Cache-Control"] == "no-store"


def test_notes_of_two_texts_never_share_a_nonce_and_the_same_text_gives_the_same_note(app, client, door, ticket):
    made = ticket(holder="Anna Berg")
    first = page_of(client, door.token)["tickets"][0][2]
    again = page_of(client, door.token)["tickets"][0][2]
    change(app, made, party_size=2)
    changed = page_of(client, door.token)["tickets"][0][2]

    assert first == again
    assert unpadded(first)[:12] != unpadded(changed)[:12]


# What changed


def test_nothing_is_sent_again_once_it_is_old(client, door, ticket, later):
    ticket()
    first = page_of(client, door.token)
    with later(minutes=1):
        second = page_of(client, door.token, first["cursor"])
    with later(minutes=2):
        third = page_of(client, door.token, second["cursor"])

    assert [(page["full"], len(page["tickets"])) for page in (first, second, third)] == [(True, 1), (False, 1), (False, 0)]


def test_changes_come_with_the_next_question(app, client, door, ticket, later):
    quiet, cancelled, replaced, scanned = ticket(), ticket(), ticket(), ticket()
    with later(minutes=5):
        cursor = page_of(client, door.token)["cursor"]
    with later(minutes=10):
        change(app, cancelled, status="cancelled")
        old = code_of(replaced)
        with app.app_context():
            new = code_of(replace_code(replaced.id))
        results(client, door.token, scan(code_of(scanned)))
        fresh = ticket()
    with later(minutes=11):
        page = page_of(client, door.token, cursor)
    found = {name: entries(page).get(hashed(page, code)) for name, code in {
        "quiet": code_of(quiet), "cancelled": code_of(cancelled), "old": old, "new": new, "scanned": code_of(scanned),
        "fresh": code_of(fresh),
    }.items()}  # fmt: skip

    assert {name: entry and [entry[0], *entry[2:]] for name, entry in found.items()} == {
        "quiet": None, "cancelled": ["cancelled", 0, 0], "old": None, "new": ["ok", 0, 0], "scanned": ["ok", 1, 0],
        "fresh": ["ok", 0, 0],
    }  # fmt: skip
    assert page["removed"] == [hashed(page, old)]


def test_a_full_list_names_the_codes_that_were_replaced_before(app, client, door, ticket):
    made, never = ticket(), ticket()
    with app.app_context():
        first, second = code_of(made), code_of(replace_code(made.id))
        third = code_of(replace_code(made.id))
    page = page_of(client, door.token)

    assert page["full"]
    assert page["removed"] == [hashed(page, first), hashed(page, second)]
    assert entries(page).keys() == {hashed(page, third), hashed(page, code_of(never))}


def test_a_scan_at_another_list_changes_nothing_here(app, client, door, ticket, later):
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        _, token = make_device(door.event, "main-door", "dinner")
    code = code_of(ticket())
    with later(minutes=5):
        cursor = page_of(client, token)["cursor"]
        results(client, token, scan(code, list="dinner"))
        assert page_of(client, token, cursor)["tickets"] == []


def test_a_scan_that_was_taken_back_changes_the_ticket_again(client, door, ticket, later):
    code, entry = code_of(ticket()), None
    with later(minutes=5):
        results(client, door.token, entry := scan(code))
    with later(minutes=10):
        first = page_of(client, door.token)
        results(client, door.token, scan(None, direction="undo", undoes=entry["id"], reason="wrong person"))
        second = page_of(client, door.token, first["cursor"])

    assert [entries(page)[hashed(page, code)][2] for page in (first, second)] == [1, 0]


@pytest.mark.parametrize("late", [timedelta(seconds=1), timedelta(seconds=25)])
def test_what_was_committed_late_is_not_missed(app, client, door, ticket, later, late):
    """A transaction that took its time before the list was read and was committed after it."""
    made = ticket()
    with later(minutes=5):
        cursor = page_of(client, door.token)["cursor"]
        began = clock.now() - late
    change(app, made, status="cancelled", changed_at=began)
    with later(minutes=6):
        page = page_of(client, door.token, cursor)
        again = page_of(client, door.token, cursor)

    assert (entries(page)[hashed(page, code_of(made))][0], again["tickets"]) == ("cancelled", page["tickets"])


@pytest.mark.parametrize("since", ["", "x", "WyJhIl0", "A" * 5000, "ä", "bnVsbA", "W10", "WzEsMiwzLDRd", "e30"])
def test_a_cursor_that_is_none_of_ours_gets_the_full_list(client, door, ticket, since):
    ticket()
    page = page_of(client, door.token, since)

    assert (page["full"], len(page["tickets"])) == (True, 1)


@given(since=st.text(max_size=60) | st.binary(max_size=60).map(lambda data: urlsafe_b64encode(data).decode()))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_cursor_whatsoever_breaks_the_list(client, door, since):
    assert page_of(client, door.token, since)["full"] is True


def test_a_cursor_of_another_list_another_language_or_other_rules_gets_the_full_list(app, client, door, ticket):
    ticket()
    with app.app_context():
        make_list(door.event, "dinner", "Dinner")
        device, token = make_device(door.event, "main-door", "dinner")
    cursor = page_of(client, token)["cursor"]
    found = [page_of(client, token, cursor)["full"], page_of(client, token, cursor, "dinner")["full"]]
    for model, ident, values in (
        (Device, device.id, {"language": "fi"}), (Device, device.id, {"language": "en"}), (CheckInList, door.list.id, {"re_entry": False})
    ):  # fmt: skip
        with app.app_context(), write_tx() as session:
            session.execute(update(model).where(model.id == ident).values(values))
        found.append(page_of(client, token, cursor)["full"])

    assert found == [False, True, True, False, True]


def test_a_long_list_comes_in_pages_and_is_whole(app, client, door, later, monkeypatch):
    monkeypatch.setattr(roster, "PAGE", 40)
    with app.app_context():
        made = [code for code, *_ in do(make_rehearsal_tickets, door.event.id, 130)]
    pages, cursor = [], None
    with later(minutes=5):
        while not pages or pages[-1]["more"]:
            pages.append(page_of(client, door.token, cursor))
            cursor = pages[-1]["cursor"]
        after = page_of(client, door.token, cursor)
    found = [entry[0] for page in pages for entry in page["tickets"]]

    assert [(page["full"], page["more"], len(page["tickets"])) for page in pages] == [
        (True, True, 40), (False, True, 40), (False, True, 40), (False, False, 10),
    ]  # fmt: skip
    assert sorted(found) == sorted(hashed(pages[0], code) for code in made)
    assert (after["full"], after["tickets"]) == (False, [])


def test_what_changes_while_pages_are_fetched_comes_with_the_next_question(app, client, door, ticket, later, monkeypatch):
    monkeypatch.setattr(roster, "PAGE", 3)
    made = sorted((ticket() for _ in range(5)), key=lambda one: one.id.bytes)
    with later(minutes=5):
        first = page_of(client, door.token)
        change(app, made[0], status="cancelled")
        added = ticket()
    with later(minutes=20):
        second = page_of(client, door.token, first["cursor"])
        third = page_of(client, door.token, second["cursor"])

    assert (first["more"], second["more"]) == (True, False)
    assert entries(third)[hashed(third, code_of(made[0]))][0] == "cancelled"
    assert hashed(third, code_of(added)) in entries(second) | entries(third)


def test_many_changes_come_in_pages_too(app, client, door, ticket, later, monkeypatch):
    monkeypatch.setattr(roster, "PAGE", 3)
    made = [ticket() for _ in range(8)]
    with later(minutes=5):
        cursor, more = None, True
        while more:
            page = page_of(client, door.token, cursor)
            cursor, more = page["cursor"], page["more"]
    with later(minutes=10):
        results(client, door.token, *(scan(code_of(one)) for one in made[:7]))
    pages, more = [], True
    with later(minutes=11):
        while more:
            pages.append(page_of(client, door.token, cursor))
            cursor, more = pages[-1]["cursor"], pages[-1]["more"]

    assert [(page["full"], len(page["tickets"])) for page in pages] == [(False, 3), (False, 3), (False, 1)]
    assert {entry[3] for page in pages for entry in page["tickets"]} == {1}


# What it costs


def test_a_list_is_compressed_for_whoever_reads_that(client, door, ticket):
    for _ in range(20):
        ticket()
    plain, packed = ask(client, door.token), ask(client, door.token, **{"Accept-Encoding": "gzip"})

    assert (plain.headers.get("Content-Encoding"), packed.headers["Content-Encoding"]) == (None, "gzip")
    assert json.loads(gzip.decompress(packed.data))["tickets"] == plain.json["tickets"]
    assert len(packed.data) < len(plain.data)


def test_a_list_costs_as_many_statements_however_long_it_is(app, client, door, ticket, queries):
    def asked():
        queries.clear()
        page_of(client, door.token)
        return len([sent for sent in queries if not sent.startswith("BEGIN")])

    ticket()
    one = asked()
    for _ in range(5):
        ticket()

    assert asked() == one <= 6


def test_two_thousand_tickets_are_built_quickly(app, client, door, capsys):
    with app.app_context():
        do(make_rehearsal_tickets, door.event.id, 2000)
    took = []
    for _ in range(3):
        begun = time.process_time()
        answer = ask(client, door.token)
        took.append(time.process_time() - begun)
    packed = gzip.compress(answer.data, 5)
    with capsys.disabled():
        print(f"\n2,000 tickets: {min(took) * 1000:.0f} ms, {len(answer.data) / 1000:.0f} kB, {len(packed) / 1000:.0f} kB packed")

    assert (len(answer.json["tickets"]), len(packed) < 250_000, min(took) < 1.5) == (2000, True, True)


def test_what_a_phone_scanned_itself_is_in_the_next_change(client, door, ticket, later, rows):
    code = code_of(ticket())
    with later(minutes=5):
        cursor = page_of(client, door.token)["cursor"]
        answers(client, door.token, scan(code, mode="offline", local="accepted", at=iso(clock.now() - timedelta(minutes=4))))
        page = page_of(client, door.token, cursor)

    assert (entries(page)[hashed(page, code)][2], len(rows(Scan))) == (1, 1)
