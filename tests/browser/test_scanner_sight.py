"""What the scanner makes of several codes in view, of pictures, and of phones with several cameras."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.checkin.models import Scan
from tests.browser import camera
from tests.browser.camera import Placed
from tests.browser.scanner import Door, enrol, press, start, verdict
from tests.browser.served import Live, watch

WIFI = "WIFI:T:WPA;S:Guests of the town hall;P:midsummer;;"
MENU = "https://menu.example/harbour-cafe"
ARRANGEMENTS = tuple(camera.arrangements("", ""))
# Keeps every answer that the panel has shown in `window.shown`: [tone, word].
KEEP = """() => {
  window.shown = [];
  const panel = document.querySelector("[data-verdict]");
  new MutationObserver(() => {
    const [tone, word] = [panel.dataset.tone, panel.querySelector(".verdict__word")?.textContent];
    if (tone !== "wait" && window.shown.at(-1)?.[1] !== word) window.shown.push([tone, word]);
  }).observe(panel, { subtree: true, childList: true, attributes: true });
}"""


def shown(page: Page) -> list[list[str]]:
    """The answers that the panel has shown since `KEEP`."""
    found: list[list[str]] = page.evaluate("() => window.shown")
    return found


def upload(page: Page, field: str, buffer: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> None:
    """Give a file to a field of the scanner."""
    file: Any = {"name": name, "mimeType": kind, "buffer": buffer}
    page.set_input_files(field, files=file)


# Several codes


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_ticket_beside_a_code_of_others_is_admitted(door: Door, phone: BrowserContext, arrangement: str) -> None:
    page = enrol(phone, door)
    page.evaluate(KEEP)
    start(page)
    camera.show_all(page, camera.arrangements(door.prefix + door.codes[0], WIFI)[arrangement])
    verdict(page, "ok", "Come in")
    page.wait_for_timeout(2000)  # both stay in view: nothing talks over the answer

    assert shown(page) == [["ok", "Come in"]]
    assert [scan.result for scan in door.scans()] == ["accepted"]


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_photo_of_a_ticket_beside_a_code_of_others_admits(door: Door, phone: BrowserContext, arrangement: str) -> None:
    page = enrol(phone, door)
    page.evaluate(KEEP)
    upload(page, "#door-picture", camera.photo_of(camera.arrangements(door.prefix + door.codes[0], MENU)[arrangement]))
    verdict(page, "ok", "Come in")

    assert shown(page) == [["ok", "Come in"]]


def test_of_two_tickets_the_one_nearest_to_the_middle_is_meant(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    first, second = (door.prefix + code for code in door.codes[:2])
    upload(page, "#door-picture", camera.photo_of([Placed(first, 90, 5, 200), Placed(second, 250, 180, 200)]))
    verdict(page, "ok", "Come in")
    press(page, "Next guest")
    upload(page, "#door-picture", camera.photo_of([Placed(first, 250, 140, 200), Placed(second, 90, 5, 140)]))
    expect(page.locator(".log__row--ok")).to_have_count(2)

    assert [scan.result for scan in door.scans()] == ["accepted", "accepted"]


def test_code_of_others_alone_is_refused_once_while_it_stays_in_view(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    start(page)
    page.evaluate(KEEP)
    camera.show(page, MENU)
    page.wait_for_timeout(600)  # a poster that passes through the picture
    camera.show(page, None)
    page.wait_for_timeout(1500)
    passing = shown(page)
    camera.show(page, MENU)
    verdict(page, "bad", "This is not one of our tickets")
    press(page, "Next guest")
    page.wait_for_timeout(3500)  # still there
    expect(page.locator("[data-verdict]")).to_be_hidden()
    camera.show(page, door.prefix + door.codes[0])
    verdict(page, "ok", "Come in")

    assert passing == []
    assert shown(page) == [["bad", "This is not one of our tickets"], ["ok", "Come in"]]


def test_poster_never_talks_over_the_answer_to_a_ticket(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    page.evaluate(KEEP)
    start(page)
    both = camera.arrangements(door.prefix + door.codes[0], MENU)["other above"]
    camera.show_all(page, both)
    verdict(page, "ok", "Come in")
    camera.show_all(page, both[:1])  # the guest takes the ticket away
    page.wait_for_timeout(2500)

    assert shown(page) == [["ok", "Come in"]]


# Pictures


def test_camera_and_files_are_two_ways(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door)
    press(page, "Type a code")
    sheet = page.locator("dialog[open]")

    expect(sheet.get_by_label("Take a photo of a code")).to_have_attribute("capture", "environment")
    assert sheet.get_by_label("Choose a picture of a code").get_attribute("capture") is None
    with page.expect_file_chooser() as choosing:
        sheet.get_by_text("Choose a picture of a code").click()
    ticket: Any = {"name": "sent.png", "mimeType": "image/png", "buffer": camera.photo(door.prefix + door.codes[0])}
    choosing.value.set_files(ticket)
    verdict(page, "ok", "Come in")


HEIC = bytes.fromhex("0000001c66747970686569630000000068656963") + b"mif1" + bytes(400)


@pytest.mark.parametrize(
    ("name", "kind", "content", "word", "line"),
    [
        (
            "ticket.heic",
            "image/heic",
            HEIC,
            "This picture cannot be opened",
            "in a format that this browser does not know, such as HEIC",
        ),
        ("ticket.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 cut off", "This picture cannot be opened", "The file is damaged"),
        ("ticket.jpg", "image/jpeg", b"", "This file is empty", "There is nothing in this file."),
        ("sky.jpg", "image/jpeg", camera.photo(None), "No code found", "no readable code in this picture"),
        ("menu.jpg", "image/jpeg", camera.photo(MENU), "This is not one of our tickets", "Scan the code on the ticket"),
    ],
    ids=["heic", "broken", "empty", "no code", "not ours"],
)
@pytest.mark.parametrize("field", ["#door-photo", "#door-picture"])
def test_picture_that_admits_nobody_says_what_is_wrong(
    live: Live, door: Door, phone: BrowserContext, field: str, name: str, kind: str, content: bytes, word: str, line: str
) -> None:
    page = enrol(phone, door)
    seen = watch(page, live)
    upload(page, field, content, name, kind)

    expect(page.locator(".verdict__word")).to_have_text(word)
    expect(page.locator(".verdict__message")).to_contain_text(line)
    assert (door.count(Scan), seen.found) == (0, [])


# Cameras


def cameras(*rear: str, front: str = "self") -> str:
    """An init script: a phone with these cameras behind and one in front; the wishes are kept in `window.wishes`."""
    listed = [{"id": ident, "facing": "environment"} for ident in rear] + [{"id": front, "facing": "user"}]
    return f"""{camera.CANVAS};(() => {{
      const listed = {listed!r};
      window.wishes = [];
      navigator.mediaDevices.enumerateDevices = async () => listed.map(({{ id, facing }}) => ({{
        kind: "videoinput", deviceId: id, label: `camera ${{id}}`, getCapabilities: () => ({{ facingMode: [facing] }}) }}));
      const given = navigator.mediaDevices.getUserMedia;
      navigator.mediaDevices.getUserMedia = async (wish) => {{
        const id = wish.video.deviceId?.ideal ?? listed[0].id;
        window.wishes.push(id);
        const stream = await given(wish);
        stream.getVideoTracks()[0].getSettings = () => ({{ deviceId: id }});
        return stream;
      }};
    }})()"""


def test_phone_with_several_rear_cameras_lets_choose_and_remembers(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door, script=cameras("wide", "main", "tele"))
    start(page)
    menu = page.locator("[data-camera-panel]").get_by_label("Camera")
    expect(menu).to_have_value("wide")
    assert menu.locator("option").all_inner_texts() == ["Camera 1", "Camera 2", "Camera 3"]
    menu.select_option("Camera 2")
    camera.show(page, door.prefix + door.codes[0])
    verdict(page, "ok", "Come in")
    first = page.evaluate("() => [window.wishes, window.cameraTracks.map((track) => track.readyState)]")
    page.reload()
    start(page)

    assert first == [["wide", "main"], ["ended", "live"]]
    expect(menu).to_have_value("main")
    assert page.evaluate("() => window.wishes") == ["main"]


def test_phone_with_one_rear_camera_is_not_asked(door: Door, phone: BrowserContext) -> None:
    page = enrol(phone, door, script=cameras("main"))
    start(page)

    expect(page.locator("[data-cameras]")).to_be_hidden()
