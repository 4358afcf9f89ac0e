"""The list of events is what /api/v1/openapi.json says it is."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker

from tests.demo.seeded import put_live_demo


@pytest.mark.parametrize("query", ["", "?page=1", "?country=LV&kind=ceremony", "?q=nothing-like-it"])
@pytest.mark.parametrize("lang", ["en", "lt"])
def test_events_are_answered_as_described(client: FlaskClient, database: None, noon: Any, lang: str, query: str) -> None:
    put_live_demo()
    document = client.get("/api/v1/openapi.json").json
    call = document["paths"]["/{lang}/events.json"]["get"]
    schema = call["responses"]["200"]["content"]["application/json"]["schema"] | {"components": document["components"]}
    answer = client.get(f"/{lang}/events.json{query}")

    assert list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(answer.json)) == []
    assert {name.partition("=")[0] for name in query.strip("?").split("&") if name} <= {one["name"] for one in call["parameters"]}
    assert answer.json["language"] == lang


def test_description_would_refuse_another_answer(client: FlaskClient, database: None, noon: Any) -> None:
    put_live_demo()
    document = client.get("/api/v1/openapi.json").json
    page = client.get("/en/events.json").json
    page["events"][0]["surprise"] = True
    schema = {"$ref": "#/components/schemas/EventPage", "components": document["components"]}

    assert [error.validator for error in Draft202012Validator(schema).iter_errors(page)] == ["additionalProperties"]
