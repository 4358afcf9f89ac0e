"""The phone alone: what it keeps, what it says without a server, and what both know when the network is back."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request
from sqlalchemy import update

from app.audit.models import GUEST
from app.checkin.models import Admission, Device, Scan
from app.core import clock
from app.core.db import write_tx
from app.registration import codes, replacing, service as registration
from tests.browser.engine import attach, conflicts, enrolled, flush, holder, open_engine, scan, scan_elsewhere, status
from tests.browser.scanner import Door
from tests.factories import replace_code
from tests.transactions import do

TAKEN, ANSWERED = "**/api/v1/scans", "() => heard.map((it) => [it.scan.seq, it.result])"


def judged(answer: dict[str, Any]) -> tuple[str, str]:
    """Who answered what."""
    return answer["source"], answer["result"]


def sync(page: Page) -> None:
    """Bring the list up to date now."""
    page.evaluate("() => engine.refresh()")


# Online and offline


def test_scan_is_answered_by_the_server_and_leaves_the_queue(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    answer = scan(page, door.codes[0])

    assert (judged(answer), answer["admitted"], answer["guest"]["party"]) == (("server", "accepted"), 1, 1)
    assert (status(page)["unsent"], door.count(Scan)) == (0, 1)


def test_phone_judges_alone_without_network_and_agrees_with_the_server_afterwards(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    answers = [scan(page, code) for code in (door.codes[0], door.codes[0], door.codes[1])]

    assert [judged(it) for it in answers] == [("phone", "accepted"), ("phone", "already_in"), ("phone", "accepted")]
    assert [it["why"] for it in answers] == ["network", "offline", "offline"]
    assert answers[1]["first"]["by"] == "MK"
    assert (status(page)["unsent"], status(page)["online"]) == (3, False)
    phone.set_offline(False)
    assert flush(page)
    assert [(it.seq, it.mode, it.local, it.result) for it in door.scans()] == [
        (1, "offline", "accepted", "accepted"), (2, "offline", "rejected", "already_in"), (3, "offline", "accepted", "accepted"),
    ]  # fmt: skip
    assert (door.count(Admission), conflicts(door), status(page)["online"]) == (2, [], True)
    assert page.evaluate(ANSWERED) == [[1, "accepted"], [2, "already_in"], [3, "accepted"]]


def test_phone_knows_what_other_phones_scanned_before_its_last_sync(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    scan_elsewhere(door, door.codes[0])
    sync(page)
    scan_elsewhere(door, door.codes[1])
    phone.set_offline(True)

    assert judged(scan(page, door.codes[0])) == ("phone", "already_in")
    assert judged(scan(page, door.codes[1])) == ("phone", "accepted")
    phone.set_offline(False)
    flush(page)
    assert conflicts(door) == [(2, "already_in")]


def test_ticket_scanned_online_is_known_to_be_in_offline(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    scan(page, door.codes[0])
    phone.set_offline(True)

    assert judged(scan(page, door.codes[0])) == ("phone", "already_in")


def test_undo_without_network_frees_the_ticket_on_the_phone_and_on_the_server(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    first = scan(page, door.codes[0])
    undone = scan(page, direction="undo", undoes=first["scan"]["id"], reason="Wrong person")
    twice = scan(page, direction="undo", undoes=first["scan"]["id"], reason="Wrong person")

    assert [judged(it) for it in (undone, twice)] == [("phone", "undone"), ("phone", "undo_refused")]
    assert page.evaluate("async () => (await engine.recent(3)).map((it) => it.undone)") == [False, False, True]
    assert judged(scan(page, door.codes[0])) == ("phone", "accepted")
    phone.set_offline(False)
    assert flush(page)
    assert [it.result for it in door.scans()] == ["accepted", "undone", "undo_refused", "accepted"]


def test_override_of_an_unknown_ticket_keeps_its_reason_and_becomes_a_conflict(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    stranger = "0123456789ABCDEFGHJKMNPQRS"
    refused = scan(page, stranger)
    let_in = scan(page, stranger, override=True, reason="On the printed list")

    assert [judged(it) for it in (refused, let_in)] == [("phone", "unknown"), ("phone", "accepted")]
    assert let_in["scan"]["id"] == refused["scan"]["id"]
    phone.set_offline(False)
    flush(page)
    assert [(it.local, it.reason, it.result) for it in door.scans()] == [("accepted", "On the printed list", "unknown")]
    assert conflicts(door) == [(1, "unknown")]


def test_reference_cannot_be_looked_up_without_network(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    answer = scan(page, door.references[0])

    assert judged(answer) == ("phone", "unheard")
    assert answer["message"] == "Without a network this phone cannot look this ticket up. Please ask a supervisor."


def test_clicks_are_kept_and_counted_once(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    kept = page.evaluate("() => engine.click({ list: 'main-door', delta: 1 })")
    waiting = status(page)["clicksUnsent"]
    phone.set_offline(False)
    flush(page)
    sent = page.evaluate("() => engine.click({ list: 'main-door', delta: -1 })")

    assert (kept, waiting, sent) == ({"counted": True, "source": "phone"}, 1, {"counted": True, "source": "server"})
    assert status(page)["clicksUnsent"] == 0


# The list


def test_cancelled_and_replaced_tickets_reach_the_phone_with_the_next_sync(door: Door, phone: BrowserContext) -> None:
    kept, given_back, replaced = (holder(door, name) for name in ("Aino Mäkelä", "Bengt Åström", "Ilze Kalniņa"))
    page = enrolled(phone, door)
    with door.live.rows():
        do(registration.cancel, given_back.registration_id, GUEST)
        newer = replace_code(replaced.ticket_id)
        new_code = codes.ticket_code(newer.id, newer.generation)
    phone.set_offline(True)
    before = [scan(page, it.code, rehearsal=True)["result"] for it in (kept, given_back, replaced)]
    phone.set_offline(False)
    sync(page)
    phone.set_offline(True)
    after = [scan(page, code)["result"] for code in (kept.code, given_back.code, replaced.code, new_code)]

    assert before == ["accepted", "accepted", "accepted"]
    assert after == ["accepted", "cancelled", "revoked", "accepted"]


def test_phone_set_up_after_a_ticket_was_replaced_tells_the_old_code_apart_without_network(
    door: Door, phone: BrowserContext
) -> None:
    lost = holder(door, "Ilze Kalniņa")
    with door.live.rows():
        newer = do(replacing.replace_by_holder, codes.link_secret(lost.registration_id), uuid.uuid4(), GUEST, None).ticket
        assert newer is not None
        new_code = codes.ticket_code(newer.id, newer.generation)
    page = enrolled(phone, door)
    size = status(page)["rosterSize"]
    phone.set_offline(True)
    old, new = scan(page, lost.code), scan(page, new_code)

    assert (old["result"], old["source"], old["guest"], new["result"]) == ("revoked", "phone", None, "accepted")
    assert old["message"] == "A newer ticket has replaced this one. Ask the guest to show the newest ticket."
    assert old["guest_message"] == "You have a newer ticket. Please show that one."
    assert size == len(door.codes) + 1


def test_note_of_a_ticket_opens_with_its_code_and_says_what_the_guest_wants_told(door: Door, phone: BrowserContext) -> None:
    family = holder(door, "Aino Mäkelä", party=4, needs=("wheelchair",), tell_door=True, language="fi")
    page = enrolled(phone, door)
    phone.set_offline(True)
    some = scan(page, family.code, count=3)
    rest = scan(page, family.code, count=3)

    assert some["guest"] == {
        "initials": "A. M.", "party": 4, "arrived": 3, "language": "fi", "notes": ["wheelchair"], "answers": [], "rehearsal": False,
    }  # fmt: skip
    assert (some["admitted"], rest["admitted"], rest["guest"]["arrived"]) == (3, 1, 4)
    assert (some["guest_language"], some["guest_message"] != "") == ("fi", True)
    assert judged(scan(page, family.code)) == ("phone", "already_in")
    phone.set_offline(False)
    assert flush(page)
    assert [(it.result, it.admitted) for it in door.scans()] == [("accepted", 3), ("accepted", 1), ("already_in", 0)]


# A server in trouble


def test_answer_that_got_lost_is_judged_by_the_phone_and_counts_once(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.route(TAKEN, lambda route: (route.fetch(), route.abort()))  # the server has it; the answer is lost
    answer = scan(page, door.codes[0])
    phone.unroute(TAKEN)

    assert (judged(answer), answer["why"]) == (("phone", "accepted"), "network")
    assert flush(page)
    assert [(it.seq, it.result) for it in door.scans()] == [(1, "accepted")]
    assert (door.count(Admission), conflicts(door)) == (1, [])


def test_guest_let_in_while_the_servers_refusal_got_lost_becomes_a_conflict(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    scan_elsewhere(door, door.codes[0])  # this phone's list is older
    phone.route(TAKEN, lambda route: (route.fetch(), route.abort()))
    answer = scan(page, door.codes[0])
    phone.unroute(TAKEN)
    flush(page)

    assert judged(answer) == ("phone", "accepted")
    assert conflicts(door) == [(1, "already_in")]


def test_server_error_is_answered_by_the_phone_and_its_wish_to_wait_is_heeded(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    asked: list[str] = []

    def busy(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": "30"}, json={"code": "unavailable"})

    phone.route(TAKEN, busy)
    first = scan(page, door.codes[0])
    scan(page, door.codes[1])
    page.evaluate("() => engine.flush()")

    assert (judged(first), first["why"], len(asked)) == (("phone", "accepted"), "server", 1)
    phone.unroute(TAKEN)
    assert flush(page)
    assert door.count(Admission) == 2


def test_slow_server_is_waited_for_two_and_a_half_seconds_and_its_late_answer_counts(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    page.evaluate("""() => {
      const real = window.fetch;
      window.fetch = async (...given) => { await new Promise((done) => setTimeout(done, 4000)); return real(...given); };
      window.real = real;
    }""")
    took = page.evaluate("""async (code) => {
      const began = performance.now();
      const answer = await engine.scan({ list: "main-door", code });
      return [performance.now() - began, answer.source, answer.why];
    }""", door.codes[0])  # fmt: skip
    page.wait_for_function("() => heard.length === 1")
    page.evaluate("() => { window.fetch = window.real; }")

    assert (2400 <= took[0] < 3500, took[1:]) == (True, ["phone", "timeout"])
    assert page.evaluate(ANSWERED) == [[1, "accepted"]]
    assert flush(page)
    assert [(it.seq, it.result) for it in door.scans()] == [(1, "accepted")]


def test_bad_item_is_kept_for_the_file_and_does_not_hold_up_the_others(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    scan(page, door.codes[0])
    scan(page, door.codes[1], count=9999)  # more than the server takes
    scan(page, door.codes[2])
    phone.set_offline(False)
    flush(page)

    assert [it.seq for it in door.scans()] == [1, 3]
    assert (status(page)["unsent"], status(page)["refused"]) == (0, 1)
    assert page.evaluate("() => engine.leave()") is False
    saved = json.loads(page.evaluate("async () => (await engine.exportFile()).text()"))
    assert [(it["seq"], it["refused"], it["code"]) for it in saved["scans"]] == [(2, "invalid", door.codes[1])]
    assert page.evaluate("() => engine.leave()") is True


@pytest.mark.parametrize("refusal", [413, 400])
def test_batch_that_is_refused_is_cut_until_the_bad_one_is_alone(door: Door, phone: BrowserContext, refusal: int) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    for code in door.codes:
        scan(page, code)

    def choosy(route: Any) -> None:
        seqs = [it["seq"] for it in route.request.post_data_json["scans"]]
        route.fulfill(status=refusal, body="{}", content_type="application/problem+json") if 3 in seqs else route.continue_()

    phone.route(TAKEN, choosy)  # before the network is back: the phone delivers by itself
    phone.set_offline(False)
    flush(page)

    assert [it.seq for it in door.scans()] == [1, 2, 4]
    assert (status(page)["unsent"], status(page)["refused"]) == (0, 1)


# Two tabs


def test_two_tabs_number_their_scans_without_gaps_and_send_each_once(door: Door, phone: BrowserContext) -> None:
    one = enrolled(phone, door)
    other = open_engine(phone, door)
    phone.set_offline(True)
    for code in door.codes[:2]:
        scan(one, code)
        assert judged(scan(other, code)) == ("phone", "already_in")
    sent: list[int] = []

    def note(request: Request) -> None:
        if request.url.endswith("/scans"):
            sent.extend(row["seq"] for row in (request.post_data_json or {})["scans"])

    phone.on("request", note)
    phone.set_offline(False)
    for page in (one, other):
        page.evaluate("() => { window.done = engine.flush({ asked: true }); }")
    for page in (one, other):
        page.evaluate("() => window.done")

    assert sent == [1, 2, 3, 4]
    assert [it.seq for it in door.scans()] == [1, 2, 3, 4]
    assert status(other)["unsent"] == 0


# A phone that was ended


def revoke(door: Door) -> None:
    """The organiser ends every phone of this event."""
    with door.live.rows(), write_tx() as session:
        session.execute(update(Device).where(Device.event_id == door.event_id).values(revoked_at=clock.now()))


def test_phone_ended_while_it_was_offline_delivers_to_quarantine_and_stops(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    scan(page, door.codes[0])
    revoke(door)
    phone.set_offline(False)
    page.evaluate("() => engine.refresh()")
    page.wait_for_function("() => engine.status.unsent === 0 && engine.state === 'dead'")

    assert [(it.local, it.result) for it in door.scans()] == [("accepted", "quarantine")]
    assert conflicts(door) == [(1, "quarantine")]
    answer = scan(page, door.codes[1])
    assert (answer["error"], door.count(Scan)) == ("dead", 1)


def test_scan_of_an_ended_phone_lets_nobody_in_and_is_kept(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    revoke(door)
    answer = scan(page, door.codes[0])
    page.evaluate("() => engine.flush({ asked: true })")
    page.wait_for_function("() => engine.status.unsent === 0")

    assert (answer["error"], page.evaluate("() => engine.state")) == ("dead", "dead")
    assert [(it.mode, it.local, it.result) for it in door.scans()] == [("offline", "rejected", "quarantine")]
    assert (door.count(Admission), conflicts(door)) == (0, [])


def test_scans_of_a_forgotten_phone_are_delivered_after_it_was_enrolled_anew(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    scan(page, door.codes[0])
    phone.clear_cookies()
    phone.set_offline(False)
    page.evaluate("() => engine.refresh()")
    assert (page.evaluate("() => engine.state"), status(page)["unsent"]) == ("dead", 1)
    page.close()
    page = enrolled(phone, door)

    assert status(page)["unsent"] == 0
    assert [(it.seq, it.local, it.result) for it in door.scans()] == [(1, "accepted", "accepted")]


# Clocks


@pytest.mark.parametrize("wrong", [-86_400, 7_200], ids=["a day behind", "two hours ahead"])
def test_hours_of_the_list_hold_though_the_phones_clock_is_wrong(door: Door, phone: BrowserContext, wrong: int) -> None:
    phone.add_init_script(f"(() => {{ const real = Date.now; Date.now = () => real() + {wrong * 1000}; const Real = Date;"
                          " window.Date = class extends Real { constructor(...given) { super(...(given.length ? given : [Date.now()])); }"
                          " static now() { return Real.now(); } }; })()")  # fmt: skip
    page = enrolled(phone, door)
    phone.set_offline(True)
    page.evaluate(
        "() => { engine.device.lists[0].opens_at = new Date(Date.now() + engine.status.offset + 60_000).toISOString(); }"
    )
    early = scan(page, door.codes[0])
    page.evaluate(
        "() => { engine.device.lists[0].opens_at = new Date(Date.now() + engine.status.offset - 60_000).toISOString(); }"
    )
    open_now = scan(page, door.codes[1])

    assert abs(status(page)["offset"] + wrong * 1000) < 2000
    assert [it["result"] for it in (early, open_now)] == ["not_yet", "accepted"]


# What the first version left


def test_scans_of_the_first_version_move_in_and_are_delivered(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    page.evaluate("""(code) => {
      const scan = { id: "5b0c3a3e-1111-4222-8333-944444444444", seq: 7, list: "main-door", code, direction: "entry", count: 1,
        at: new Date().toISOString(), mode: "online", local: null };
      localStorage.setItem(`door.scan.${scan.id}`, JSON.stringify({ event: engine.device.event.slug, scan }));
      localStorage.setItem("door.seq", "7");
    }""", door.codes[0])  # fmt: skip
    page.reload()
    attach(page, door)
    assert flush(page)
    scan(page, door.codes[1])

    assert [(it.seq, it.result) for it in door.scans()] == [(7, "accepted"), (8, "accepted")]
    assert page.evaluate("() => Object.keys(localStorage).filter((key) => /^door\\\\.(scan|seq)/.test(key))") == []
