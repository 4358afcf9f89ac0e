"""What a volunteer does beside letting in one guest: parties, taking back, guests without a ticket, lists, names."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select, update

from app.checkin import service
from app.checkin.models import Admission, Device, Scan
from app.core import clock
from app.core.db import db, write_tx
from app.registration.models import Registration, Ticket
from tests.browser.engine import holder
from tests.browser.scanner import Door, counted, enrol, make_door, press, scan_by_hand, verdict
from tests.browser.served import Live
from tests.factories import minutes


def party(page: Page, text: str) -> None:
    """Wait for this line below the initials."""
    expect(page.locator(".verdict__party")).to_have_text(text)


# Parties


def test_whole_family_is_in_with_one_tap(door: Door, phone: BrowserContext) -> None:
    family = holder(door, "Anna Maria Berg", 4)
    page = enrol(phone, door)
    scan_by_hand(page, family.code)
    party(page, "Arrived: 1 of 4")
    expect(page.locator(".verdict__pearl--in")).to_have_count(1)
    press(page, "Everyone who is missing: 3")
    party(page, "Arrived: 4 of 4")

    assert door.count(Admission) == 4


def test_guest_alone_on_a_ticket_is_asked_nothing(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")

    expect(page.locator(".steps")).to_have_count(0)
    expect(page.locator("[data-verdict]")).to_be_hidden(timeout=6000)


def test_next_guest_waits_until_the_number_of_a_family_is_known(door: Door, phone: BrowserContext) -> None:
    family = holder(door, "Anna Berg", 3)
    page = enrol(phone, door)
    scan_by_hand(page, family.code)
    party(page, "Arrived: 1 of 3")
    scan_by_hand(page, door.codes[0])
    party(page, "Arrived: 1 of 3")
    press(page, "Nobody else now")
    scan_by_hand(page, door.codes[0])
    expect(page.locator(".log__row--ok")).to_have_count(2)

    assert door.count(Admission) == 2


def test_those_of_a_family_who_come_later_are_let_in_with_the_same_code(door: Door, phone: BrowserContext) -> None:
    family = holder(door, "Anna Berg", 5)
    page = enrol(phone, door)
    scan_by_hand(page, family.code)
    press(page, "+2")
    party(page, "Arrived: 3 of 5")
    press(page, "Next guest")
    page.wait_for_timeout(3000)  # the same code within three seconds is one scan
    scan_by_hand(page, family.code)
    party(page, "Arrived: 4 of 5")
    press(page, "One more guest")
    party(page, "Arrived: 5 of 5")

    assert [scan.count for scan in door.scans()] == [1, 2, 1, 1]


def test_late_member_of_a_family_is_let_in_from_the_log(door: Door, phone: BrowserContext) -> None:
    family = holder(door, "Anna Berg", 2)
    page = enrol(phone, door)
    scan_by_hand(page, family.code)
    press(page, "Nobody else now")
    page.locator(".log__open").first.click()
    press(page, "One more guest")
    party(page, "Arrived: 2 of 2")

    assert door.count(Admission) == 2


def test_large_delegation_is_counted_with_plus_and_minus(door: Door, phone: BrowserContext) -> None:
    with door.live.rows(), write_tx() as session:
        session.execute(update(Ticket).where(Ticket.reference == door.references[0]).values(party_size=30))
    page = enrol(phone, door)
    scan_by_hand(page, door.codes[0])
    expect(page.get_by_role("button", name="Everyone who is missing: 29")).to_be_visible()
    press(page, "One guest fewer")
    press(page, "One guest fewer")
    press(page, "One more guest")
    press(page, "Number of guests: 28")
    party(page, "Arrived: 29 of 30")

    assert door.count(Admission) == 29


def test_family_going_out_is_asked_how_many(door: Door, phone: BrowserContext) -> None:
    family = holder(door, "Anna Berg", 3)
    page = enrol(phone, door)
    scan_by_hand(page, family.code)
    press(page, "Everyone who is missing: 2")
    press(page, "Next guest")
    page.get_by_label("Going out").check()
    page.wait_for_timeout(3000)
    scan_by_hand(page, family.code)
    verdict(page, "ok", "Goodbye")
    press(page, "Everyone who is inside: 2")
    expect(page.locator(".verdict__party")).to_have_text("Arrived: 0 of 3")

    with door.live.rows():
        live = (
            select(func.count())
            .select_from(Admission)
            .where(Admission.ticket_id == family.ticket_id, Admission.released_by.is_(None))
        )
        assert db.session.scalar(live) == 0


def test_need_that_the_guest_wished_to_tell_is_an_icon_and_a_word(door: Door, phone: BrowserContext) -> None:
    guest = holder(door, "Anna Berg", needs=("wheelchair", "vegan"), tell_door=True)
    quiet = holder(door, "Olav Dahl", needs=("wheelchair",), tell_door=False)
    page = enrol(phone, door)
    scan_by_hand(page, guest.code)

    expect(page.locator(".verdict__need")).to_have_text(["Space for a wheelchair", "Vegan"])
    expect(page.locator(".verdict__need svg use").first).to_have_attribute("href", "#icon-wheelchair")
    scan_by_hand(page, quiet.code)
    expect(page.locator(".verdict__guest")).to_have_text("O. D.")
    expect(page.locator(".verdict__need")).to_have_count(0)


# The log and taking back


def test_last_eight_scans_open_again_after_the_browser_was_restarted(door: Door, phone: BrowserContext) -> None:
    guests = [holder(door, f"Guest {letter}lsen").code for letter in "ABCDEFGHIJ"]
    page = enrol(phone, door)
    for at, code in enumerate(guests, 1):
        scan_by_hand(page, code)
        expect(page.locator(".log__row")).to_have_count(min(at, 8))
        expect(page.locator(".log__text").first).to_contain_text(f"G. {'ABCDEFGHIJ'[at - 1]}.")
    page.close()
    again = phone.new_page()
    again.goto(door.live.at("/en/door/"))
    expect(again.locator(".log__row")).to_have_count(8)
    again.locator(".log__open").nth(6).click()

    verdict(again, "ok", "Come in")
    expect(again.locator(".verdict__guest")).to_have_text("G. D.")
    expect(again.locator("[data-verdict]")).to_contain_text(re.compile(r"Scanned: \d\d:\d\d"))
    again.get_by_role("dialog").get_by_role("button", name="Undo").click()
    press(again, "Wrong person")
    verdict(again, "ok", "Undone")
    press(again, "Next guest")
    expect(again.locator(".log__row--undone")).to_have_count(1)
    assert [scan.reason for scan in door.scans() if scan.direction == "undo"] == ["Wrong person"]


def test_scan_of_sixteen_minutes_ago_is_taken_back_by_supervisors_only(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    page.clock.install(time=clock.now() - minutes(16))
    page.reload()
    expect(page.locator("[data-start]")).to_be_visible()
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")
    page.clock.set_system_time(clock.now())
    press(page, "Next guest")
    page.locator(".log__open").first.click()
    verdict(page, "ok", "Come in")
    expect(page.get_by_role("dialog").get_by_role("button", name="Undo")).to_have_count(0)
    with door.live.rows(), write_tx() as session:
        session.execute(update(Device).where(Device.event_id == door.event_id).values(may_supervise=True))
    page.reload()
    expect(page.locator("[data-supervise]").first).not_to_have_attribute("hidden", "")  # the phone has heard of its right
    page.locator(".log__open").first.click()

    expect(page.get_by_role("dialog").get_by_role("button", name="Undo")).to_be_visible()


# Guests without a ticket


def test_walk_in_is_one_tap_and_minus_takes_it_back(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    expect(page.get_by_role("button", name="One guest fewer")).to_be_disabled()
    for _ in range(3):
        press(page, "+1 without a ticket")
    press(page, "One guest fewer")
    expect(page.locator("[data-crowd-count]")).to_have_text("2")
    page.reload()

    expect(page.locator("[data-crowd-count]")).to_have_text("2")
    expect(page.locator("[data-unsent]")).to_be_hidden()
    assert sorted(counted(door)) == [(-1, False), (1, False), (1, False), (1, False)]


# Lists


def test_list_is_chosen_with_one_tap_and_shows_how_full_it_is(live: Live, phone: BrowserContext) -> None:
    door = make_door(live, capacity=3, closes_at=clock.now() + minutes(600))
    with live.rows(), write_tx() as session:
        service.put_list(session, door.event_id, "dinner", {"count_exits": False}, {"en": "Dinner"})
    page = enrol(phone, door, lists=["main-door", "dinner"])
    page.get_by_role("radio", name="Main door").check()
    expect(page.locator("[data-inside]")).to_have_text("Inside: 0 of 3")
    for code in door.codes[:3]:
        scan_by_hand(page, code)
        verdict(page, "ok", "Come in")
        press(page, "Next guest")
    page.reload()
    expect(page.locator("[data-inside]")).to_have_text("Inside: 3 of 3")
    expect(page.locator("[data-crowding]")).to_have_text("Full")
    expect(page.locator("[data-hours]")).to_contain_text("Open until: ")
    page.get_by_role("radio", name="Dinner").check()

    expect(page.locator("[data-crowding]")).to_be_hidden()
    expect(page.get_by_label("Going out")).to_be_hidden()  # nobody counts who leaves dinner
    page.reload()
    expect(page.get_by_role("radio", name="Dinner")).to_be_checked()
    scan_by_hand(page, door.codes[3])
    verdict(page, "ok", "Come in")
    assert (door.count(Scan), door.count(Scan, "dinner")) == (3, 1)


def test_more_than_four_lists_are_a_menu(live: Live, door: Door, phone: BrowserContext) -> None:
    names = [f"bus-{number}" for number in range(1, 5)]
    with live.rows(), write_tx() as session:
        for name in names:
            service.put_list(session, door.event_id, name, {"kind": "coach"}, {"en": name.title()})
    page = enrol(phone, door, lists=["main-door", *names])
    page.get_by_label("List").select_option(label="Bus-4")
    scan_by_hand(page, door.codes[0])
    verdict(page, "ok", "Come in")

    assert door.count(Scan, "bus-4") == 1


# Names


def test_guest_without_a_code_is_found_by_name_and_checked_in(door: Door, phone: BrowserContext) -> None:
    holder(door, "Annamari Väänänen", 2)
    page = enrol(phone, door)
    press(page, "Find a name")
    page.get_by_label("Name of the guest").fill("an")
    press(page, "Search")
    expect(page.locator("[data-find-said]")).to_have_text("Type at least three letters of the name.")
    page.get_by_label("Name of the guest").fill("vaana")
    press(page, "Search")
    expect(page.locator(".found-guests__who")).to_have_text("Annamari VäänänenGuests: 2")
    press(page, "Check in: Annamari Väänänen")
    party(page, "Arrived: 1 of 2")

    assert door.count(Admission) == 1


def test_somebody_of_a_delegation_is_found_by_the_own_name(door: Door, phone: BrowserContext) -> None:
    guest = holder(door, "Rasa Kazlauskienė", 8)
    with door.live.rows(), write_tx() as session:
        owner = session.scalars(select(Ticket.registration_id).where(Ticket.id == guest.ticket_id)).one()
        session.execute(update(Registration).where(Registration.id == owner).values(companions="Jonas Žukas\nOna Ąžuolė"))
    page = enrol(phone, door)
    press(page, "Find a name")
    page.get_by_label("Name of the guest").fill("azuole")
    press(page, "Search")
    expect(page.locator(".found-guests__who")).to_have_text("Ona ĄžuolėRasa Kazlauskienė · Guests: 8")
    press(page, "Check in: Ona Ąžuolė")

    party(page, "Arrived: 1 of 8")


def test_search_by_name_without_network_says_why_it_cannot(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    expect(page.locator("[data-roster]")).to_contain_text("Tickets on this phone")
    phone.set_offline(True)
    press(page, "Find a name")
    page.get_by_label("Name of the guest").fill("Korhonen")
    press(page, "Search")

    expect(page.locator("[data-find-said]")).to_contain_text("Names can be searched only with a network")


def test_party_that_is_all_in_is_told_since_when_instead_of_a_button(door: Door, phone: BrowserContext) -> None:
    family, alone = holder(door, "Rasa Kazlauskienė", 3).code, holder(door, "Ole Hansen").code
    page = enrol(phone, door)
    rows = page.locator(".found-guests__one")

    def find(name: str) -> None:
        press(page, "Find a name")
        page.get_by_label("Name of the guest").fill(name)
        press(page, "Search")
        expect(rows).to_have_count(1)

    for code in (family, alone):
        scan_by_hand(page, code)
        verdict(page, "ok", "Come in")
        page.keyboard.press("Escape")
    find("kazlausk")
    expect(rows).to_contain_text("Arrived: 1 of 3")
    press(page, "Check in: Rasa Kazlauskienė")
    party(page, "Arrived: 2 of 3")
    press(page, "One more guest")
    party(page, "Arrived: 3 of 3")
    page.keyboard.press("Escape")
    find("kazlausk")
    expect(rows).to_have_text(re.compile(r"^Rasa KazlauskienėGuests: 3All 3 inside since \d\d:\d\d$"))
    expect(rows.get_by_role("button")).to_have_count(0)
    page.keyboard.press("Escape")
    find("hansen")
    expect(rows).to_have_text(re.compile(r"^Ole HansenInside since \d\d:\d\d$"))


def test_escape_once_leaves_the_search_whatever_was_typed(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    press(page, "Find a name")
    page.get_by_label("Name of the guest").fill("Korhonen")
    page.keyboard.press("Escape")

    expect(page.locator("dialog[data-sheet=find]")).to_be_hidden()
