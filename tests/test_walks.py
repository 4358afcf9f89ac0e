"""Three walks through the main job, each as one person has it: finding what is on, coming with a ticket, an evening at the door."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.core import clock
from tests.conftest import NOON
from tests.factories import make_event, make_item, make_place, minutes
from tests.personas import Organiser, Resident, Visitor, Volunteer

EVENT = "kaskinen-2026"
SIX = NOON + timedelta(hours=3)  # 18:00 in Kaskinen
ROWS = (
    {"fi": "Tervetulosanat", "sv": "Välkomstord", "en": "Words of welcome"},
    {"fi": "Lastenkuoro", "sv": "Barnkör", "en": "Children’s choir"},
    {"fi": "Lyhtykulkue", "sv": "Lyktparad", "en": "Lantern parade"},
)


@pytest.fixture
def organiser(app: Flask, client: FlaskClient, noon: object) -> Organiser:
    """Has announced an evening in Kaskinen from six to half past seven, which takes six guests by registration, and a list at its door."""
    with app.app_context():
        event = make_event(EVENT, {"fi": "Valon juhla", "sv": "Ljusets fest", "en": "Festival of light"}, make_place())
        for number, title in enumerate(ROWS):
            start = SIX + minutes(30 * number)
            make_item(event, number + 1, title, starts_at=start, ends_at=start + minutes(30))
    made = Organiser(app)
    made.sets(
        EVENT,
        "registration.mode=optional",
        "registration.seats=6",
        "list.main-door.name.en=Main door",
        "list.main-door.name.fi=Pääovi",
    )
    return made


def test_a_resident_finds_what_is_on_now_and_reads_it_in_the_other_language(app: Flask, organiser: Organiser) -> None:
    resident = Resident(app, "fi")
    with clock.travelled_to(SIX + minutes(40)):
        assert resident.opens("/").sees("#now .agenda__title") == ["Lastenkuoro", "Lyhtykulkue"]
        assert resident.sees("#now [aria-current=time]") == ["18.30 – 19.00 Lastenkuoro Nyt"]

        resident.follows("Valon juhla")
        assert resident.sees("#agenda .agenda__title") == [title["fi"] for title in ROWS]
        assert (resident.reads("h1"), resident.reads("#agenda h3")) == ("Valon juhla", "Tiistai 16. kesäkuuta")

        resident.follows("Lastenkuoro")
        assert (resident.reads("h1"), resident.sees(".chip")) == ("Lastenkuoro", ["Nyt"])
        resident.follows("Svenska")
        assert (resident.reads("h1"), resident.sees(".chip"), resident.sees("main time")) == (
            "Barnkör",
            ["Nu"],
            ["18.30", "19.00"],
        )
        assert resident.page.request.path == f"/sv/events/{EVENT}/items/2/"

    with clock.travelled_to(SIX + minutes(70)):
        assert resident.follows("Ljusets fest").sees("#now [aria-current=time] .agenda__title") == ["Lyktparad"]


def test_a_visitor_registers_in_lithuanian_changes_the_party_and_is_let_in_by_the_mailed_code(
    app: Flask, organiser: Organiser, tmp_path: Path
) -> None:
    rasa = Visitor(app, tmp_path)
    rasa.opens(f"/e/{EVENT}").follows("Registruotis").presses(name=rasa.name, email=rasa.email, party_size="2")
    assert rasa.sees("h1, h1 + p") == ["Festival of light", "Registracija patvirtinta"]

    assert rasa.opens_mail().subject == "Patvirtinkite savo el. pašto adresą: Festival of light"
    rasa.presses()
    ticket = rasa.opens_mail()
    assert ticket.subject == "Jūsų registracija: Festival of light"

    rasa.follows("Keisti mano registraciją").presses(party_size="3")
    assert rasa.sees("main p[role=status]") == ["Pakeitimai įrašyti."]

    organiser.sets(EVENT, "status=moved_online", "online_url=https://meet.example/room")
    with clock.travelled_to(NOON + minutes(11)):
        assert rasa.opens_mail().subject == "Dabar internetu: Festival of light"
    organiser.sets(EVENT, "status=scheduled", "online_url=none")

    with clock.travelled_to(SIX):
        picture = next(part for part in ticket.parts if part.name == "ticket.png")
        (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.data)))
        maija = Volunteer(app, organiser.enrols(EVENT, "Maija", "main-door"))
        assert code.text == f"HTTPS://PEARLS.TEST/T/{rasa.code()}"
        assert maija.scans(rasa.code(), count=3) == "accepted"
        assert maija.scans(rasa.code()) == "already_in"


def test_an_evening_at_the_door_with_and_without_a_network_ends_with_no_conflict_left(
    app: Flask, organiser: Organiser, tmp_path: Path
) -> None:
    aino, zaneta, ole = (
        Visitor(app, tmp_path, "en", name).registers(EVENT, party_size=party).code()
        for name, party in (("Aino", "1"), ("Žaneta", "2"), ("Ole", "1"))
    )
    with clock.travelled_to(SIX - minutes(30)):
        maija = Volunteer(app, organiser.enrols(EVENT, "Maija", "main-door"))
        pekka = Volunteer(app, organiser.enrols(EVENT, "Pekka", "main-door"))
        sanna = Volunteer(app, organiser.enrols(EVENT, "Sanna", supervise=True))
        assert [maija.scans(code) for code in (aino, aino, "0" * 26)] == ["accepted", "already_in", "unknown"]
        assert maija.scans(zaneta, count=2) == "accepted"
        unseen = [
            pekka.scanned(code, mode="offline", local="accepted", **more) for code, more in ((ole, {}), (zaneta, {"count": 2}))
        ]
        assert sanna.opens("/fi/door/overview").reads(".supervisor__number") == "3"

    with clock.travelled_to(SIX - minutes(10)):
        assert pekka.delivers(*unseen) == pekka.delivers(*unseen) == ["accepted", "already_in"]
        sanna.opens("/fi/door/overview")
        assert (sanna.reads(".supervisor__number"), sanna.sees("main .notice")) == ("4", ["1 ristiriita odottaa sinua."])

        sanna.follows("1 ristiriita odottaa sinua.")
        assert sanna.sees(".conflict h3") == ["Saapuminen on jo kirjattu klo 17.30"]
        sanna.presses(note="Kopio lipusta.")
        assert (sanna.sees(".conflict form"), sanna.reads(".conflict--closed .conflict__said")) == ([], "Kopio lipusta.")
        assert sanna.opens("/fi/door/overview").reads(".supervisor__number") == "4"

    with clock.travelled_to(SIX + minutes(90)):
        assert maija.scans(aino, direction="exit") == "exited"
        assert sanna.opens("/fi/door/overview").reads(".supervisor__number") == "3"
