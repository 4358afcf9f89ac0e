"""The phone alone: what it keeps, what it says without a server, and what both know when the network is back."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from app.checkin.models import Admission, Scan
from tests.browser.door import Door
from tests.browser.engine import enrolled, flush, scan, status


def test_scan_is_answered_by_the_server_and_leaves_the_queue(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    answer = scan(page, door.codes[0])

    assert (answer["source"], answer["result"], answer["admitted"]) == ("server", "accepted", 1)
    assert answer["guest"]["party"] == 1
    assert status(page)["unsent"] == 0
    assert door.count(Scan) == 1


def test_phone_judges_alone_without_network_and_agrees_with_the_server_afterwards(door: Door, phone: BrowserContext) -> None:
    page = enrolled(phone, door)
    phone.set_offline(True)
    answers = [scan(page, code) for code in (door.codes[0], door.codes[0], door.codes[1])]

    assert [(it["source"], it["result"]) for it in answers] == [
        ("phone", "accepted"), ("phone", "already_in"), ("phone", "accepted"),
    ]  # fmt: skip
    assert status(page)["unsent"] == 3
    phone.set_offline(False)
    assert flush(page)
    assert [(it.seq, it.mode, it.local, it.result) for it in door.scans()] == [
        (1, "offline", "accepted", "accepted"), (2, "offline", "rejected", "already_in"), (3, "offline", "accepted", "accepted"),
    ]  # fmt: skip
    assert door.count(Admission) == 2
