"""Guests who register over HTTP, as fast as they are answered: some click twice, some confirm their address, some cancel."""

from __future__ import annotations

import http.client
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.registration import codes
from app.registration.models import Registration

AGAIN, GIVE_UP = 0.05, 60.0
HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
LANGUAGES = ("da", "de", "en", "et", "fi", "lt", "lv", "pl", "sv")


@dataclass
class Guestbook:
    """What everybody saw: where each form key led, how long each call took, refusals, and what may never happen."""

    places: dict[str, str] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    trouble: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    cancelled: int = 0
    doubled: int = 0


class Hand:
    """One connection that posts forms until they are answered."""

    def __init__(self, port: int, book: Guestbook) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._book = book

    def post(self, path: str, form: dict[str, str]) -> str:
        """Where the answer leads; refusals with Retry-After are asked again. Everything else but a 303 is wrong."""
        until, body = time.monotonic() + GIVE_UP, urlencode(form)
        while time.monotonic() < until:
            begun = time.monotonic()
            try:
                self._connection.request("POST", path, body, HEADERS)
                response = self._connection.getresponse()
                said = response.read()
            except (OSError, http.client.HTTPException) as error:
                self._book.trouble[type(error).__name__] += 1
                self._connection.close()
            else:
                if response.status == 303:
                    self._book.took.append(time.monotonic() - begun)
                    return response.headers["Location"] or ""
                if response.status != 503 or not response.headers["Retry-After"]:
                    self._book.wrong.append(f"{path[:30]}: {response.status} {said[:300]!r}")
                    return ""
                self._book.trouble["503"] += 1
            time.sleep(AGAIN)
        self._book.wrong.append(f"{path[:30]}: not answered within {GIVE_UP:.0f} s")
        return ""

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Guest(Thread):
    """Registers `count` people one after the other."""

    def __init__(self, app: Flask, port: int, slug: str, count: int, parties: bool, book: Guestbook, seed: int) -> None:
        super().__init__(daemon=True)
        self._app, self._count, self._book, self._chance = app, count, book, random.Random(seed)
        self._register, self._parties = f"/en/events/{slug}/register", parties
        self._hand, self._other = Hand(port, book), Hand(port, book)
        self._mine: list[str] = []

    def run(self) -> None:
        """Sign up, confirm, cancel; the connections are closed at the end."""
        try:
            for number in range(self._count):
                self._one(number)
        finally:
            self._hand.close()
            self._other.close()

    def _one(self, number: int) -> None:
        form = self._form(number)
        for place in self._clicks(form):
            if self._book.places.setdefault(form["form_key"], place) != place:
                self._book.wrong.append(f"one form, two places: {form['form_key']}")
        place = self._book.places[form["form_key"]]
        if not place:
            return
        self._mine.append(place)
        if form["email"] and self._chance.random() < 0.4:
            self._confirm(place, form["email"])
        if self._chance.random() < 0.05:
            self._cancel()

    def _clicks(self, form: dict[str, str]) -> Iterator[str]:
        """One click, or for one in ten two at once."""
        if self._chance.random() >= 0.1:
            yield self._hand.post(self._register, form)
            return
        self._book.doubled += 1
        found: list[str] = []
        second = Thread(target=lambda: found.append(self._other.post(self._register, form)))
        second.start()
        yield self._hand.post(self._register, form)
        second.join()
        yield from found

    def _form(self, number: int) -> dict[str, str]:
        key = str(uuid.uuid4())
        return {
            "form_key": key, "name": f"Žaneta Ķirse {number}", "language": self._chance.choice(LANGUAGES), "website": "",
            "email": f"guest-{key[:8]}@example.org" if self._chance.random() < 0.8 else "",
            "party_size": str(self._chance.choice((1, 1, 2, 4)) if self._parties else 1),
        }  # fmt: skip

    def _confirm(self, place: str, email: str) -> None:
        """Press the button behind the mailed link."""
        with self._app.app_context():
            link = codes.hash_link(_secret(place))
            found = db.session.scalar(select(Registration.id).where(Registration.link_hash == link))
            assert found is not None, place
            secret = codes.mail_secret(found, email)
        self._hand.post(f"/en/confirm/{secret}/", {})

    def _cancel(self) -> None:
        """One of mine changes its mind: half of the time the earliest, who most likely has seats. One in four says it twice."""
        place = self._mine.pop(0 if self._chance.random() < 0.5 else self._chance.randrange(len(self._mine)))
        for _ in range(2 if self._chance.random() < 0.25 else 1):
            self._hand.post(f"/en/tickets/{_secret(place)}/cancel", {})
        self._book.cancelled += 1


def _secret(place: str) -> str:
    return place.rstrip("/").rpartition("/")[2]
