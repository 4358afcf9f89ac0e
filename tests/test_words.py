"""Each key page and each mail speaks its reader's language: the right words, read from the tables here and not from a catalogue, so
that an empty or a wrong catalogue is found."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.i18n.languages import LANGUAGES
from app.mail.postbox import StoredMail
from app.registration.reminders import remind
from tests import html
from tests.conftest import NOON
from tests.factories import make_event, make_item, minutes
from tests.personas import Organiser, Reader, Visitor, Volunteer

EVENT = "kaskinen-2026"
# Home, list of events, event, row, form, ticket, scanner, supervisor's overview, and an address where there is nothing.
PAGES = {
    "da": [
        "Cultural Pearls omkring Østersøen",
        "Alle arrangementer",
        "Arrangementet er ikke begyndt endnu.",
        "Tidspunktet meldes ud senere",
        "Navn, som det skal stå på navneskiltet",
        "Gem billetten som billede",
        "Scanneren har brug for JavaScript. Slå det til i browserens indstillinger, eller brug en anden telefon.",
        "Personer inde nu",
        "Siden blev ikke fundet",
    ],
    "de": [
        "Kulturperlen rund um die Ostsee",
        "Alle Veranstaltungen",
        "Diese Veranstaltung hat noch nicht begonnen.",
        "Uhrzeit wird noch bekannt gegeben",
        "Name, wie er auf dem Namensschild stehen soll",
        "Ticket als Bild speichern",
        "Der Scanner braucht JavaScript. Schalten Sie es in den Einstellungen des Browsers ein oder benutzen Sie ein anderes Telefon.",
        "Personen jetzt drinnen",
        "Seite nicht gefunden",
    ],
    "en": [
        "Cultural Pearls around the Baltic Sea",
        "All events",
        "This event has not begun yet.",
        "Time to be announced",
        "Name, as it should appear on the badge",
        "Save the ticket as a picture",
        "The scanner needs JavaScript. Switch it on in the browser’s settings, or use another phone.",
        "People inside now",
        "Page not found",
    ],
    "et": [
        "Kultuuripärlid Läänemere ümber",
        "Kõik üritused",
        "See üritus ei ole veel alanud.",
        "Kellaaeg teatatakse hiljem",
        "Nimi, mida soovid nimesildile",
        "Salvesta pilet pildina",
        "Skanner vajab JavaScripti. Lülita see brauseri seadetes sisse või kasuta teist telefoni.",
        "Inimesi praegu sees",
        "Lehte ei leitud",
    ],
    "fi": [
        "Kulttuurihelmiä Itämeren ympärillä",
        "Kaikki tapahtumat",
        "Tämä tapahtuma ei ole vielä alkanut.",
        "Aika ilmoitetaan myöhemmin",
        "Nimi, jonka haluat nimilappuun",
        "Tallenna lippu kuvana",
        "Skanneri tarvitsee JavaScriptin. Ota se käyttöön selaimen asetuksissa tai käytä toista puhelinta.",
        "Ihmisiä sisällä nyt",
        "Sivua ei löydy",
    ],
    "lt": [
        "Kultūros perlai aplink Baltijos jūrą",
        "Visi renginiai",
        "Šis renginys dar neprasidėjo.",
        "Laikas bus paskelbtas vėliau",
        "Vardas, kokį norite matyti vardo kortelėje",
        "Įrašyti bilietą kaip paveikslėlį",
        "Skaitytuvui reikia „JavaScript“. Įjunkite tai naršyklės nustatymuose arba naudokite kitą telefoną.",
        "Žmonės dabar viduje",
        "Puslapis nerastas",
    ],
    "lv": [
        "Kultūras pērles ap Baltijas jūru",
        "Visi pasākumi",
        "Šis pasākums vēl nav sācies.",
        "Laiku paziņos vēlāk",
        "Vārds, kādu vēlaties redzēt uz vārda kartes",
        "Saglabāt biļeti kā attēlu",
        "Skenerim vajadzīgs JavaScript. Ieslēdziet to pārlūka iestatījumos vai izmantojiet citu tālruni.",
        "Cilvēki tagad iekšā",
        "Lapa nav atrasta",
    ],
    "pl": [
        "Perły Kultury wokół Morza Bałtyckiego",
        "Wszystkie wydarzenia",
        "To wydarzenie jeszcze się nie zaczęło.",
        "Godzina zostanie podana później",
        "Imię i nazwisko, jakie mają być na identyfikatorze",
        "Zapisz bilet jako obraz",
        "Skaner wymaga JavaScriptu. Włącz go w ustawieniach przeglądarki albo użyj innego telefonu.",
        "Osoby teraz w środku",
        "Nie znaleziono strony",
    ],
    "sv": [
        "Kulturpärlor runt Östersjön",
        "Alla evenemang",
        "Det här evenemanget har inte börjat än.",
        "Tiden meddelas senare",
        "Namn, så som det ska stå på namnskylten",
        "Spara biljetten som bild",
        "Skannern behöver JavaScript. Slå på det i webbläsarens inställningar eller använd en annan telefon.",
        "Personer inne just nu",
        "Sidan hittades inte",
    ],
}  # fmt: skip

MAILS = {
    "da": [
        "Bekræft din e-mailadresse",
        "Din tilmelding",
        "Din billet",
        "Din nye billet",
        "Du har fået plads",
        "I er flere, end der er pladser til",
        "Ændret",
        "Nu online",
        "Udskudt",
        "Holdes alligevel som planlagt",
        "Ny dato",
        "Påmindelse",
        "Aflyst",
        "Behold denne e-mail for dig selv: Den, der har den, kan bruge din billet.",
    ],
    "de": [
        "Bitte bestätigen Sie Ihre E-Mail-Adresse",
        "Ihre Anmeldung",
        "Ihr Ticket",
        "Ihr neues Ticket",
        "Sie haben jetzt einen Platz",
        "Sie brauchen mehr Plätze, als es gibt",
        "Geändert",
        "Jetzt online",
        "Verschoben",
        "Doch wie geplant",
        "Neues Datum",
        "Erinnerung",
        "Abgesagt",
        "Behalten Sie diese E-Mail für sich: Wer sie hat, kann Ihr Ticket benutzen.",
    ],
    "en": [
        "Please confirm your e-mail address",
        "Your registration",
        "Your ticket",
        "Your new ticket",
        "You have a place now",
        "Your party needs more seats than there are",
        "Changed",
        "Now online",
        "Postponed",
        "As planned after all",
        "New date",
        "Reminder",
        "Cancelled",
        "Keep this e-mail to yourself: whoever has it can use your ticket.",
    ],
    "et": [
        "Kinnita oma e-posti aadress",
        "Sinu registreering",
        "Sinu pilet",
        "Sinu uus pilet",
        "Said koha",
        "Teid on rohkem, kui on kohti",
        "Muudatus",
        "Nüüd veebis",
        "Edasi lükatud",
        "Toimub siiski plaanipäraselt",
        "Uus kuupäev",
        "Meeldetuletus",
        "Jääb ära",
        "Ära anna seda kirja teistele: kelle käes see on, see saab sinu piletit kasutada.",
    ],
    "fi": [
        "Vahvista sähköpostiosoitteesi",
        "Ilmoittautumisesi",
        "Lippusi",
        "Uusi lippusi",
        "Sait paikan",
        "Teitä on enemmän kuin paikkoja",
        "Muutos",
        "Nyt verkossa",
        "Siirretty myöhemmäksi",
        "Pidetään sittenkin suunnitelman mukaan",
        "Uusi päivämäärä",
        "Muistutus",
        "Peruttu",
        "Älä anna tätä viestiä muille: kuka tahansa, jolla se on, voi käyttää lippuasi.",
    ],
    "lt": [
        "Patvirtinkite savo el. pašto adresą",
        "Jūsų registracija",
        "Jūsų bilietas",
        "Jūsų naujas bilietas",
        "Jums atsirado vietos",
        "Jūsų yra daugiau, negu yra vietų",
        "Pakeitimas",
        "Dabar internetu",
        "Atidėta",
        "Vis dėlto vyks, kaip planuota",
        "Nauja data",
        "Priminimas",
        "Atšaukta",
        "Pasilikite šį laišką sau: jį turintis žmogus gali pasinaudoti jūsų bilietu.",
    ],
    "lv": [
        "Apstipriniet savu e-pasta adresi",
        "Jūsu pieteikums",
        "Jūsu biļete",
        "Jūsu jaunā biļete",
        "Tagad jums ir vieta",
        "Jūsu ir vairāk nekā vietu",
        "Izmaiņas",
        "Tagad tiešsaistē",
        "Atlikts",
        "Tomēr notiks, kā plānots",
        "Jauns datums",
        "Atgādinājums",
        "Atcelts",
        "Paturiet šo vēstuli pie sevis: ar to var izmantot jūsu biļeti.",
    ],
    "pl": [
        "Potwierdź swój adres e-mail",
        "Twoje zgłoszenie",
        "Twój bilet",
        "Twój nowy bilet",
        "Masz już miejsce",
        "Potrzebujecie więcej miejsc, niż jest",
        "Zmiana",
        "Teraz online",
        "Przełożone",
        "Jednak zgodnie z planem",
        "Nowy termin",
        "Przypomnienie",
        "Odwołane",
        "Zachowaj tę wiadomość dla siebie: kto ją ma, może użyć Twojego biletu.",
    ],
    "sv": [
        "Bekräfta din e-postadress",
        "Din anmälan",
        "Din biljett",
        "Din nya biljett",
        "Du har fått plats",
        "Ni är fler än det finns platser",
        "Ändrat",
        "Nu på nätet",
        "Uppskjutet",
        "Hålls ändå som planerat",
        "Nytt datum",
        "Påminnelse",
        "Inställt",
        "Behåll det här mejlet för dig själv: den som har det kan använda din biljett.",
    ],
}  # fmt: skip


@pytest.fixture
def organiser(app: Flask, client: FlaskClient, noon: object) -> Organiser:
    """Has announced an evening in two days, with a row whose time is not known, three seats, a waiting list, and a list at the door."""
    with app.app_context():
        day = NOON.date() + timedelta(days=2)
        make_item(make_event(EVENT, "Festival", starts_on=day, ends_on=day), 1, "Choir")
    made = Organiser(app)
    made.sets(EVENT, "registration.mode=optional", "registration.seats=3", "list.main-door.name.en=Main door")
    return made


@pytest.mark.parametrize("lang", LANGUAGES)
def test_key_pages_speak_the_language_of_their_address(app: Flask, organiser: Organiser, tmp_path: Path, lang: str) -> None:
    guest = Visitor(app, tmp_path, lang).registers(EVENT)
    reader = Reader(app, lang)
    at_the_door = Volunteer(app, organiser.enrols(EVENT, "Sanna", "main-door", supervise=True), lang)

    assert [
        reader.opens(f"/{lang}/").reads("h1"),
        reader.opens(f"/{lang}/events/").reads("h1"),
        reader.opens(f"/{lang}/events/{EVENT}/").reads("#now > p"),
        reader.opens(f"/{lang}/events/{EVENT}/items/1/").reads(".agenda__time"),
        reader.opens(f"/{lang}/events/{EVENT}/register").reads("label[for=name]"),
        guest.reads("a.btn[download]:not(.btn--quiet)"),
        at_the_door.opens(f"/{lang}/door/").reads("[data-needs-script]"),
        at_the_door.opens(f"/{lang}/door/overview").reads("#inside-title"),
        html.words(reader.client.get(f"/{lang}/nothing-here/"), "h1"),
    ] == PAGES[lang]


NEWS = (
    ["place.en=Town hall"],
    ["status=moved_online", "online_url=https://meet.example/room"],
    ["status=postponed"],
    ["status=scheduled"],
    ["status=postponed"],
    ["status=scheduled", "starts_on=2026-06-19", "ends_on=2026-06-19"],
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_mail_speaks_the_language_of_its_reader(app: Flask, organiser: Organiser, tmp_path: Path, lang: str) -> None:
    def press(guest: Visitor, page: str, **fields: str) -> None:
        guest.opens(html.links(guest.page, f'a[href$="/{page}"]')[0]).presses(**fields)

    def registered(size: int) -> Visitor:
        guest = Visitor(app, tmp_path, lang).registers(EVENT, party_size=str(size))
        mails.append(guest.opens_mail())
        guest.presses()
        mails.append(guest.opens_mail())
        return guest

    mails: list[StoredMail] = []
    first = registered(2)
    first.opens(f"/{lang}/events/{EVENT}/lost").presses(email=first.email)
    mails.append(first.opens_mail())
    press(first, "replace")
    mails.append(first.opens_mail())
    second, third = registered(2), registered(3)
    press(first, "cancel")
    mails.append(second.opens_mail())
    organiser.sets(EVENT, "registration.seats=2")
    mails.append(third.opens_mail())
    for number, settings in enumerate(NEWS):
        with clock.travelled_to(NOON + minutes(11 * number)):
            organiser.sets(EVENT, *settings)
        with clock.travelled_to(NOON + minutes(11 * number + 10)):
            mails.append(second.opens_mail())
    with clock.travelled_to(NOON + timedelta(days=2)), app.app_context():
        remind(clock.now())
        mails.append(second.opens_mail())
        organiser.sets(EVENT, "status=cancelled")
    with clock.travelled_to(NOON + timedelta(days=2, minutes=10)):
        mails.append(second.opens_mail())

    subjects = dict.fromkeys(mail.subject.removesuffix(": Festival") for mail in mails)
    assert [*subjects, mails[-1].text.splitlines()[-1]] == MAILS[lang]
