"""Every event's schedule against the schemas that C3VOC publishes."""

from __future__ import annotations

import json
import re
from datetime import datetime

import jsonschema
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import select

from app.core.db import db
from app.events.models import Event
from tests.checks.suite import C3VOC
from tests.demo.seeded import put_live_demo


def without_comments(text: str) -> str:
    """The schema has `//` comments, which JSON does not know; addresses hold `//` too."""
    return re.sub(r"(?m)(^|\s)//.*$", "", text)


def test_every_schedule_is_valid(client: FlaskClient, database: None, noon: datetime) -> None:
    put_live_demo()
    slugs = list(db.session.scalars(select(Event.slug).order_by(Event.slug)))
    validator = jsonschema.Draft6Validator(json.loads(without_comments((C3VOC / "schema.json").read_text("utf-8"))))
    schema = etree.XMLSchema(etree.parse(C3VOC / "schedule.xml.xsd"))
    found = []
    for slug in slugs:
        for lang in ("en", "lv"):
            address = f"/{lang}/events/{slug}/schedule"
            found += [
                f"{address}.json: {error.message[:200]}" for error in validator.iter_errors(client.get(f"{address}.json").json)
            ]
            if not schema.validate(etree.fromstring(client.get(f"{address}.xml").data)):
                found += [f"{address}.xml: {error.line}: {error.message}" for error in schema.error_log]

    assert len(slugs) > 20
    assert found == []
