"""The description of the API is valid, complete, and true of what is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.checkin import api, devices
from app.checkin.openapi import DOCUMENT
from app.registration.service import replace_code
from tests.checkin.door import answers, code_of, make_list, scan
from tests.factories import make_event

# The parts of OpenAPI 3.1's own schema that this document uses.
SHAPE = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"const": "3.1.0"},
        "info": {"type": "object", "required": ["title", "version"]},
        "paths": {
            "patternProperties": {
                "^/api/v1/": {
                    "additionalProperties": {
                        "type": "object",
                        "required": ["operationId", "summary", "security", "responses"],
                        "properties": {
                            "responses": {
                                "required": ["200"],
                                "propertyNames": {"pattern": "^[1-5][0-9]{2}$"},
                                "additionalProperties": {
                                    "required": ["description", "content"],
                                    "properties": {"content": {"additionalProperties": {"required": ["schema"]}}},
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


def test_the_document_has_the_shape_of_openapi_and_valid_schemas(client):
    served = client.get("/api/v1/openapi.json").json

    assert list(Draft202012Validator(SHAPE).iter_errors(served)) == []
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
        if rule.endpoint.startswith(f"{api.bp.name}.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert routes == {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}


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
        devices.revoke(door.device.id)
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
        ("post", "/api/v1/scans", '{"scans": [' + ", ".join("1" * 51) + "]}", 413),
    ],
)
def test_refusals_match_their_schema(client, door, method, path, body, status):
    bearer = (
        {"Authorization": f"Bearer {door.token}"}
        if status in {400, 413} and "scans" in path
        else {"Origin": "https://pearls.test"}
    )
    response = getattr(client, method)(path, data=body, headers=bearer)
    kind, schema = answer_schema(path, method, status)

    assert (response.status_code, response.content_type) == (status, kind)
    assert list(schema.iter_errors(response.json)) == []


def test_a_device_and_an_enrolment_match_their_schema(app, client, door):
    with app.app_context():
        _, token = devices.enrol(door.event, ["main-door"], "Ole")
    enrolled = client.post("/api/v1/enrolments", json={"token": token, "bearer": True}, headers={"Origin": "https://pearls.test"})
    shown = client.get("/api/v1/device", headers={"Authorization": f"Bearer {enrolled.json['token']}"})

    assert list(answer_schema("/api/v1/enrolments", "post", 200)[1].iter_errors(enrolled.json)) == []
    assert list(answer_schema("/api/v1/device", "get", 200)[1].iter_errors(shown.json)) == []


def test_a_warning_matches_its_schema(app, client, door, ticket):
    with app.app_context():
        make_list(door.event, capacity=1)
    got = answers(client, door.token, scan(code_of(ticket())))

    assert got[0]["warning"] == "full"
    assert list(answer_schema("/api/v1/scans", "post", 200)[1].iter_errors({"results": got})) == []
