"""Three phones without a network for an evening: 500 scans each, one in twenty of the same ticket, clocks wrong, delivered in any
order and twice. Nothing is lost, every ticket is admitted once at each list, and the conflicts are exactly the doubles."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.checkin import queries
from app.checkin.models import Admission, Conflict, Scan
from app.checkin.service import inside
from app.core import clock
from app.core.db import db
from app.registration.tickets import make_rehearsal_tickets
from tests.checkin.scans import iso, make_device, make_list
from tests.conftest import HOST
from tests.transactions import do

PHONES, SCANS, DOUBLES = 3, 500, 75  # 75 of 1,500: five in a hundred
CLOCKS = (timedelta(hours=2), timedelta(days=-1), timedelta(minutes=-7))


def queue_of(phone, codes, chance, lists):
    """What one phone holds: its scans in the order of its numbers, within the last three hours of its own clock."""
    moments = sorted(chance.uniform(60, 3 * 3600) for _ in codes)
    return [
        {
            "id": str(uuid.uuid4()), "seq": seq, "list": chance.choice(lists) if lists else "main-door", "code": code,
            "at": iso(clock.now() - timedelta(seconds=moments[-seq]) + CLOCKS[phone]), "mode": "offline", "local": "accepted",
        }
        for seq, code in enumerate(codes, start=1)
    ]  # fmt: skip


def shares(codes, chance):
    """500 codes for each phone, no phone twice the same; 75 scans are of a ticket that another phone has scanned too."""
    doubles, single = codes[:DOUBLES], iter(codes[DOUBLES:])
    held = [[], [], []]
    for number, code in enumerate(doubles):
        for phone in (number % PHONES, (number + 1) % PHONES):
            held[phone].append(code)
    for mine in held:
        mine.extend(next(single) for _ in range(SCANS - len(mine)))
        chance.shuffle(mine)
    return held


def deliver(app, token, phone, batches):
    """Send the batches one after another, each until it is answered; what was answered, by id."""
    client, answered = app.test_client(), {}
    client.environ_base |= {"HTTP_HOST": HOST, "wsgi.url_scheme": "https"}
    for batch in batches:
        body = {"sent_at": iso(clock.now() + CLOCKS[phone]), "scans": batch}
        response = client.post("/api/v1/scans", json=body, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 200, response.json
        answered |= {result["id"]: result["result"] for result in response.json["results"]}
    return answered


@pytest.mark.parametrize("seed", [1, 2])
def test_three_phones_offline_lose_nothing_and_every_double_is_found(app, client, door, capsys, seed):
    chance = random.Random(seed)
    with app.app_context():
        tokens = [make_device(door.event, name=f"Phone {number}")[1] for number in range(PHONES)]
        codes = [code for code, *_ in do(make_rehearsal_tickets, door.event.id, PHONES * SCANS - DOUBLES)]
    queues = [queue_of(phone, mine, chance, ()) for phone, mine in enumerate(shares(codes, chance))]
    batches = [[queue[start : start + 50] for start in range(0, SCANS, 50)] for queue in queues]
    twice = [chance.sample(mine * 2, len(mine) * 2) for mine in batches]

    begun = time.perf_counter()
    with ThreadPoolExecutor(PHONES) as pool:
        answered = list(pool.map(lambda phone: deliver(app, tokens[phone], phone, twice[phone]), range(PHONES)))
    took = time.perf_counter() - begun
    with capsys.disabled():
        print(f"\n3 phones, 500 scans each, all sent twice: {took:.1f} s")

    sent = {scan["id"]: scan for queue in queues for scan in queue}
    with app.app_context():
        scans = {str(row.id): row for row in db.session.scalars(select(Scan))}
        admissions = list(db.session.scalars(select(Admission)))
        conflicts = list(db.session.scalars(select(Conflict)))
        phones = {row.device_id for row in scans.values()}
        missing = [queries.not_delivered(db.session.connection(), phone) for phone in phones]

    assert scans.keys() == sent.keys() == answered[0].keys() | answered[1].keys() | answered[2].keys()
    assert {ident: row.result for ident, row in scans.items()} == answered[0] | answered[1] | answered[2]
    assert Counter(row.result for row in scans.values()) == {"accepted": len(codes), "already_in": DOUBLES}
    assert Counter(Counter((row.ticket_id, row.list_id) for row in admissions).values()) == {1: len(codes)}
    assert {str(row.scan_id) for row in conflicts} == {ident for ident, row in scans.items() if row.result == "already_in"}
    assert Counter(sent[str(row.scan_id)]["code"] for row in conflicts) == dict.fromkeys(codes[:DOUBLES], 1)
    assert ({row.kind for row in conflicts}, missing) == ({"already_in"}, [0] * PHONES)
    assert took < 15


def test_three_phones_at_two_lists_admit_once_at_each(app, client, door):
    chance = random.Random(3)
    with app.app_context():
        dinner = make_list(door.event, "dinner", "Dinner")
        tokens = [make_device(door.event, "main-door", "dinner", name=f"Phone {number}")[1] for number in range(PHONES)]
        codes = [code for code, *_ in do(make_rehearsal_tickets, door.event.id, 40)]
    queues = [queue_of(phone, codes * 2, chance, ["main-door", "dinner"]) for phone in range(PHONES)]
    with ThreadPoolExecutor(PHONES) as pool:
        list(pool.map(lambda phone: deliver(app, tokens[phone], phone, [queues[phone][:50], queues[phone][50:]]), range(PHONES)))
    wanted = {(scan["code"], scan["list"]) for queue in queues for scan in queue}
    with app.app_context():
        live = Counter((row.ticket_id, row.list_id) for row in db.session.scalars(select(Admission)))
        conflicts = len(list(db.session.scalars(select(Conflict))))
        counted = inside(dinner.id)

    assert (len(live), set(live.values()), conflicts) == (len(wanted), {1}, 240 - len(wanted))
    assert counted == 0  # tickets to practise with count nowhere
