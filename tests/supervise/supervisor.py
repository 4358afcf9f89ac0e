"""A supervisor at the door, for tests: a browser that carries the phone's cookie, and what its pages say."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.checkin.models import Conflict, Scan
from app.core import clock
from app.core.db import write_tx
from tests import html
from tests.checkin.scans import Door, make_device
from tests.conftest import OWN, browser_of

HTMX = {"HX-Request": "true"}


class Supervisor:
    """A browser on an enrolled phone; `device` is the phone."""

    def __init__(self, app: Flask, door: Door, *lists: str, **fields: Any) -> None:
        with app.app_context():
            named = {"name": "Sanna Virta", "supervise": True} | fields
            self.device, self.token = make_device(door.event, *lists, **named)
        self.client = browser_of(app)
        self.client.set_cookie("__Host-device", self.token, secure=True)

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page below /en/door/."""
        return self.client.get(f"/en/door/{path}", headers=_sent(headers))

    def post(self, path: str, data: Any = None, **headers: str) -> TestResponse:
        """A form sent below /en/door/ from our own page."""
        return self.client.post(f"/en/door/{path}", data=data or {}, headers=_sent(OWN | headers))

    def read(self, path: str, **headers: str) -> str:
        """The words of a page."""
        return html.said(self.get(path, **headers))

    def key(self, path: str) -> str:
        """The random key in the form of a page."""
        return html.form_key(self.get(path))


def _sent(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def make_conflict(scan_id: uuid.UUID, kind: str = "unknown", **fields: Any) -> Conflict:
    """A conflict about a scan that stands."""
    with write_tx() as session:
        made = Conflict(id=uuid.uuid4(), scan_id=scan_id, kind=kind, found_at=clock.now(), note="")
        for name, value in fields.items():
            setattr(made, name, value)
        session.add(made)
    return made


def make_scan(door: Door, **fields: Any) -> Scan:
    """A scan as it stands in the table, whatever led to it."""
    values: dict[str, Any] = {
        "device_id": door.device.id, "list_id": door.list.id, "seq": 1, "direction": "entry", "occurred_at": clock.now(),
        "received_at": clock.now(), "result": "unknown",
    } | fields  # fmt: skip
    with write_tx() as session:
        made = Scan(id=uuid.uuid4(), **values)
        session.add(made)
    return made
