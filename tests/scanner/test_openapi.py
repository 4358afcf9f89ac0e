"""The description of the API is valid, complete, and true of what is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.audit.models import TERMINAL
from app.checkin import devices
from app.core import clock
from app.scanner import api_routes
from app.scanner.openapi import DOCUMENT
from tests.checkin.scans import answers, code_of, iso, make_device, make_list, scan, send
from tests.factories import make_event, replace_code
from tests.transactions import do

# What we ask of the document beyond OpenAPI 3.1's own schema.
SHAPE = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "paths": {
            "patternProperties": {
                "^/(api/v1|\\{lang\\})/": {
                    "additionalProperties": {
                        "type": "object",
                        "required": ["operationId", "summary", "security", "responses"],
                        "properties": {
                            "responses": {
                                "required": ["200"],
                                "propertyNames": {"pattern": "^[1-5][0-9]{2}$"},
                                "properties": {"304": {"required": ["description"]}},
                                "patternProperties": {
                                    "^[1245]": {
                                        "required": ["description", "content"],
                                        "properties": {"content": {"additionalProperties": {"required": ["schema"]}}},
                                    }
                                },
                            },
                            "requestBody": {"required": ["content"]},
                        },
                    }
                }
            },
            "additionalProperties": False,
        },
        "components": {"required": ["schemas", "securitySchemes"]},
    },
}
REGISTRY: Any = Registry().with_resource("urn:door", DRAFT202012.create_resource(DOCUMENT))


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator for one schema of the document, whose references lead into the document."""
    return Draft202012Validator(absolute(schema), registry=REGISTRY, format_checker=FormatChecker())


def absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: f"urn:door{value}" if name == "$ref" else absolute(value) for name, value in schema.items()}
    return [absolute(part) for part in schema] if isinstance(schema, list) else schema


def answer_schema(path: str, method: str, status: int) -> tuple[str, Draft202012Validator]:
    ((kind, content),) = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"].items()
    return kind, validator(content["schema"])


def arrays_without_items(node: Any, where: str = "") -> list[str]:
    """Arrays that do not say what they hold, or say it as a list, which JSON Schema 2020-12 does not know any more."""
    if isinstance(node, list):
        return [found for number, part in enumerate(node) for found in arrays_without_items(part, f"{where}/{number}")]
    if not isinstance(node, dict):
        return []
    wrong = node.get("type") == "array" and not isinstance(node.get("items"), dict)
    inside = [found for name, part in node.items() for found in arrays_without_items(part, f"{where}/{name}")]
    return [where, *inside] if wrong else inside


def test_the_document_has_the_shape_of_openapi_and_valid_schemas(client):
    served = client.get("/api/v1/openapi.json").json

    assert list(OpenAPIV31SpecValidator(served).iter_errors()) == []
    assert list(Draft202012Validator(SHAPE).iter_errors(served)) == []
    assert arrays_without_items(served) == []
    assert served["servers"] == [{"url": "https://pearls.test"}]
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere_and_every_schema_is_used():
    referred = set(re.findall(r"'#/components/schemas/(\w+)'", str(DOCUMENT)))

    assert referred == set(DOCUMENT["components"]["schemas"])


def test_every_route_of_the_api_is_described_and_no_other(app):
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{api_routes.bp.name}.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert routes == {
        (path, method) for path, methods in DOCUMENT["paths"].items() if path.startswith("/api/") for method in methods
    }


def test_every_kind_of_verdict_matches_its_schema(app, client, door, ticket):
    with app.app_context():
        other = make_event("elsewhere")
        make_list(door.event, "dinner", "Dinner")
        old = ticket()
        replace_code(old.id)
    code = code_of(ticket(party_size=3))
    entry = scan(code)
    undo = scan(None, direction="undo", undoes=entry["id"], reason="wrong person")
    sent = [
        entry, scan(code, count=9), scan(code), entry, entry | {"seq": 0}, undo, undo | {"id": scan("x")["id"]}, scan("x"),
        scan(code_of(old)), scan(code_of(ticket(event=other))), scan(code_of(ticket(status="waitlisted"))),
        scan(code_of(ticket(status="cancelled"))), scan(code_of(ticket(lists="dinner"))), scan(code, direction="exit"), None, scan(5),
    ]  # fmt: skip
    _, schema = answer_schema("/api/v1/scans", "post", 200)
    response = client.post("/api/v1/scans", json={"scans": sent}, headers={"Authorization": f"Bearer {door.token}"})
    with app.app_context():
        do(devices.revoke, door.device.id, TERMINAL)
    late = client.post(
        "/api/v1/scans",
        json={"scans": [scan(code, mode="offline"), scan(code)]},
        headers={"Authorization": f"Bearer {door.token}"},
    )

    assert [error.message for answer in (response, late) for error in schema.iter_errors(answer.json)] == []
    kinds = {item.get("result") or item["error"] for answer in (response, late) for item in answer.json["results"]}
    assert kinds == {
        "accepted", "already_in", "id_reused", "undone", "undo_refused", "unknown", "revoked", "wrong_event", "waitlisted", "cancelled",
        "wrong_list", "exited", "invalid", "quarantine", "device_ended",
    }  # fmt: skip


def test_what_we_send_in_tests_matches_the_request_schema(door):
    batch = validator({"$ref": "#/components/schemas/Batch"})
    undo = scan(None, direction="undo", undoes=scan("x")["id"], reason="wrong person")

    assert list(batch.iter_errors({"sent_at": "2026-06-16T12:00:00Z", "scans": [scan("x"), undo]})) == []
    assert [error.validator for error in batch.iter_errors({"scans": [scan("x")] * 51})] == ["maxItems"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("post", "/api/v1/scans", "nonsense", 400),
        ("post", "/api/v1/enrolments", "nonsense", 400),
        ("post", "/api/v1/enrolments", '{"token": "nothing"}', 401),
        ("get", "/api/v1/device", None, 401),
        ("get", "/api/v1/lists", None, 401),
        ("get", "/api/v1/headcount", None, 401),
        ("post", "/api/v1/device/token", "", 401),
        ("post", "/api/v1/device/report", "{}", 401),
        ("post", "/api/v1/headcounts", "{}", 401),
        ("get", "/api/v1/headcount", None, 403),
        ("post", "/api/v1/device/report", '{"unsent": -1, "highest_seq": 0}', 400),
        ("post", "/api/v1/headcounts", '{"clicks": 5}', 400),
        ("post", "/api/v1/headcounts", '{"clicks": [' + ", ".join("1" * 51) + "]}", 413),
        ("post", "/api/v1/scans", '{"scans": [' + ", ".join("1" * 51) + "]}", 413),
    ],
)
def test_refusals_match_their_schema(client, door, method, path, body, status):
    known = status in {400, 403, 413} and "enrolments" not in path
    bearer = {"Authorization": f"Bearer {door.token}"} if known else {"Origin": "https://pearls.test"}
    response = getattr(client, method)(path, data=body, headers=bearer)
    kind, schema = answer_schema(path, method, status)

    assert (response.status_code, response.content_type) == (status, kind)
    assert list(schema.iter_errors(response.json)) == []


def test_a_device_and_an_enrolment_match_their_schema(app, client, door):
    with app.app_context():
        _, token = do(devices.enrol, door.event, ["main-door"], "Ole", TERMINAL)
    enrolled = client.post("/api/v1/enrolments", json={"token": token, "bearer": True}, headers={"Origin": "https://pearls.test"})
    shown = client.get("/api/v1/device", headers={"Authorization": f"Bearer {enrolled.json['token']}"})

    assert list(answer_schema("/api/v1/enrolments", "post", 200)[1].iter_errors(enrolled.json)) == []
    assert list(answer_schema("/api/v1/device", "get", 200)[1].iter_errors(shown.json)) == []


def test_a_warning_matches_its_schema(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, capacity=1)
    answer = send(client, door.token, scan(code_of(ticket()))).json

    assert answer["results"][0]["warning"] == "full"
    assert list(answer_schema("/api/v1/scans", "post", 200)[1].iter_errors(answer)) == []


def test_what_a_phone_asks_for_matches_its_schema(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, "day-2", "Day two", kind="day", on=door.event.ends_on, capacity=9)
        _, token = make_device(door.event, "main-door", "day-2", supervise=True)
    made = ticket(holder="Anna Berg")
    answers(client, token, scan(code_of(made)))
    bearer, click = (
        {"Authorization": f"Bearer {token}"},
        {"id": scan("x")["id"], "list": "main-door", "delta": 2, "at": iso(clock.now())},
    )
    report = {"unsent": 3, "highest_seq": 41, "list_synced_at": None}
    asked = {
        ("get", "/api/v1/lists", "/api/v1/lists"): None,
        ("get", "/api/v1/lists/{slug}/tickets", "/api/v1/lists/day-2/tickets"): None,
        ("get", "/api/v1/headcount", "/api/v1/headcount"): None,
        ("post", "/api/v1/searches", "/api/v1/searches"): {"q": "anna"},
        ("post", "/api/v1/headcounts", "/api/v1/headcounts"): {"clicks": [click, click | {"delta": 3}, click | {"delta": 0}, 5]},
        ("post", "/api/v1/device/report", "/api/v1/device/report"): report,
        ("post", "/api/v1/device/token", "/api/v1/device/token"): None,
    }
    found = {}
    for (method, path, address), body in asked.items():
        answer = getattr(client, method)(address, headers=bearer, **({"json": body} if body else {}))
        kind, schema = answer_schema(path, method, 200)
        found[path] = [error.message for error in schema.iter_errors(answer.json)], answer.content_type == kind

    assert found == {path: ([], True) for _, path, _ in asked}
    assert list(validator({"$ref": "#/components/schemas/Clicks"}).iter_errors({"clicks": [click]})) == []
    assert list(validator({"$ref": "#/components/schemas/Report"}).iter_errors(report)) == []
