"""`flask tickets rehearse`: a file of codes that open rehearsal tickets, for nobody else's eyes."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.registration import codes
from app.registration.models import Ticket
from tests.factories import make_event

REHEARSE = ("tickets", "rehearse", "kaskinen-2026")


def test_rehearse_writes_tickets_that_open_with_their_codes(app: Flask, database: None, noon: datetime, tmp_path: Path) -> None:
    make_event()
    file = tmp_path / "tickets.csv"
    result = app.test_cli_runner().invoke(args=[*REHEARSE, "--count", "25", "--csv", str(file), "--list", "coach"])
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    stored = {ticket.code_hash: ticket for ticket in db.session.scalars(select(Ticket))}

    assert result.exit_code == 0
    assert (len(rows), list(rows[0]), {row["list"] for row in rows}) == (25, ["code", "reference", "name", "list"], {"coach"})
    assert [stored[codes.hash_code(row["code"])].reference for row in rows] == [row["reference"] for row in rows]
    assert {(ticket.rehearsal, ticket.lists) for ticket in stored.values()} == {(True, "coach")}
    assert file.stat().st_mode & 0o777 == 0o600
    assert [row["code"] for row in rows if row["code"] in result.output] == []


def test_rehearse_is_for_the_main_door_unless_told_otherwise(app: Flask, database: None, noon: datetime, tmp_path: Path) -> None:
    make_event()
    app.test_cli_runner().invoke(args=[*REHEARSE, "--csv", str(tmp_path / "tickets.csv")])

    assert [ticket.lists for ticket in db.session.scalars(select(Ticket))] == ["main-door"] * 20


@pytest.mark.parametrize(
    "args",
    [
        ["tickets", "rehearse", "nowhere", "--csv", "{}/t.csv"],
        [*REHEARSE],
        [*REHEARSE, "--csv", "{}/no/t.csv"],
        [*REHEARSE, "--csv", "{}/t.csv", "--list", "Main Door"],
        [*REHEARSE, "--csv", "{}/t.csv", "--count", "0"],
    ],
    ids=["no event", "no file", "no folder", "no list", "no tickets"],
)
def test_rehearse_says_what_is_wrong(app: Flask, database: None, noon: datetime, tmp_path: Path, args: list[str]) -> None:
    make_event()
    result = app.test_cli_runner().invoke(args=[arg.format(tmp_path) for arg in args])

    assert (result.exit_code != 0, "Error: " in result.output, "Traceback" in result.output) == (True, True, False)
    assert db.session.scalars(select(Ticket)).all() == []
