"""The API described in OpenAPI 3.1; a test holds every answer against it."""

from __future__ import annotations

from typing import Any

from app.checkin.rules import QUARANTINE, Result
from app.i18n.languages import LANGUAGES

Schema = dict[str, Any]
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
UUID: Schema = {"type": "string", "format": "uuid"}
LANGUAGE: Schema = {"type": "string", "enum": list(LANGUAGES)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Schema, optional: tuple[str, ...] = (), **more: Any) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, **more}


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problem(description: str) -> Schema:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


SCHEMAS: Schema = {
    "Problem": _object(
        {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
        },
        description="RFC 9457. `code` is for programs, `detail` for people, in the language of Accept-Language.",
    ),
    "Device": _object(
        {
            "name": {"type": "string"},
            "event": _object(
                {name: {"type": "string"} for name in ("slug", "title", "town")}
                | {"timezone": {"type": "string", "description": "IANA name"}}
            ),
            "lists": {
                "type": "array",
                "items": _object(
                    {"slug": {"type": "string"}, "name": {"type": "string"}, "opens_at": MAYBE_MOMENT, "closes_at": MAYBE_MOMENT}
                ),
            },
            "supervise": {"type": "boolean", "description": "May take back any scan of the event."},
            "language": LANGUAGE,
            "expires_at": MOMENT,
        }
    ),
    "Enrolment": _object(
        {
            "token": {"type": "string", "description": "The one-time token; may be sent as a bearer token instead."},
            "bearer": {"type": "boolean", "description": "true: answer with the device token; else it is set as a cookie."},
            "language": LANGUAGE,
        },
        optional=("token", "bearer", "language"),
    ),
    "Scan": _object(
        {
            "id": UUID | {"description": "Made by the phone. The same id sent again for the same scan gets the same answer."},
            "seq": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "description": "Counts the phone's scans, no gaps."},
            "list": {"type": "string", "description": "Slug of a check-in list of this device."},
            "code": {
                "type": ["string", "null"],
                "maxLength": 512,
                "description": "What was read: the code, its address at our own host, or (online only) a typed reference of 8 "
                "characters. At most 10 references a minute may be wrong. May be null for an undo.",
            },
            "direction": {"enum": ["entry", "exit", "undo"], "default": "entry"},
            "count": {"type": "integer", "minimum": 1, "maximum": 500, "default": 1, "description": "How many of the party."},
            "undoes": {"type": ["string", "null"], "format": "uuid", "description": "The scan to take back; for an undo only."},
            "reason": {"type": ["string", "null"], "maxLength": 500, "description": "Required for an undo."},
            "at": MOMENT | {"description": "The phone's clock, with its offset from UTC."},
            "mode": {"enum": ["online", "offline"], "default": "online"},
            "local": {"enum": ["accepted", "rejected", None], "description": "What the phone decided by itself, if it did."},
        },
        optional=("code", "direction", "count", "undoes", "reason", "mode", "local"),
    ),
    "Batch": _object(
        {
            "sent_at": MAYBE_MOMENT | {"description": "The phone's clock now; its difference to ours sets `at` right."},
            "scans": {"type": "array", "maxItems": 50, "items": _ref("Scan")},
            "language": LANGUAGE | {"description": "Of `message`; else Accept-Language, else the device's."},
        },
        optional=("sent_at", "language"),
    ),
    "Guest": _object(
        {
            "initials": {"type": "string"},
            "party": {"type": "integer", "minimum": 1},
            "arrived": {"type": "integer", "minimum": 0, "description": "How many of the party are in at this list now."},
            "language": {"type": "string"},
            "notes": {"type": "array", "items": {"type": "string"}},
            "rehearsal": {"type": "boolean", "description": "A ticket to practise with: it counts nowhere."},
        }
    ),
    "Verdict": _object(
        {
            "id": {"type": "string"},
            "result": {
                "enum": [*(result.value for result in Result), QUARANTINE],
                "description": "`quarantine`: kept for the organiser, because this device is no longer in use.",
            },
            "replay": {"type": "boolean", "description": "This id was answered before; nothing was written."},
            "guest": {"oneOf": [_ref("Guest"), {"type": "null"}]},
            "first": {
                "oneOf": [
                    _object({"at": MOMENT, "list": {"type": "string"}, "by": {"type": "string"}}),
                    {"type": "null"},
                ],
                "description": "For already_in: the scan that was first.",
            },
            "message": {"type": "string", "description": "For the volunteer."},
            "guest_message": {"type": "string", "description": "For the guest, in guest_language."},
            "guest_language": LANGUAGE,
            "admitted": {"type": "integer", "minimum": 1, "description": "How many this scan let in; may be less than count."},
            "warning": {"enum": ["nearly_full", "full"]},
            "warning_message": {"type": "string"},
        },
        optional=("admitted", "warning", "warning_message"),
    ),
    "ItemError": _object(
        {
            "id": {"type": ["string", "null"]},
            "error": {"enum": ["invalid", "id_reused", "unknown_list", "device_ended", "too_many_misses"]},
            "message": {"type": "string"},
            "fields": {"type": "array", "items": {"type": "string"}},
        },
        optional=("fields",),
        description="This item was not stored; the others were.",
    ),
}
DEVICE_ANSWER = _object({"device": _ref("Device")})
UNAVAILABLE = _problem("The database is away. Nothing was written; send the same ids again after Retry-After seconds.")
AUTHORISED: list[Schema] = [{"bearer": []}, {"cookie": []}, {"demo_cookie": []}]
DOCUMENT: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "Cultural Pearls companion: the door",
        "version": "1",
        "description": "How phones and programs at the door are set up and deliver scans. Online, no ticket is accepted twice.",
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "paths": {
        "/api/v1/enrolments": {
            "post": {
                "operationId": "createEnrolment",
                "summary": "Trade a one-time token for a device token",
                "security": [{}],
                "requestBody": _body(_ref("Enrolment")),
                "responses": {
                    "200": _json(
                        _object({"device": _ref("Device"), "token": {"type": "string"}}, optional=("token",)),
                        "Enrolled. A page gets the token as its cookie, a program in `token`.",
                    ),
                    "400": _problem("No JSON of this form."),
                    "401": _problem("Used, too old, or never issued."),
                    "403": _problem("Sent by another site."),
                    "413": _problem("Too large."),
                    "503": UNAVAILABLE,
                },
            }
        },
        "/api/v1/device": {
            "get": {
                "operationId": "showDevice",
                "summary": "What this device is set up for",
                "security": AUTHORISED,
                "responses": {
                    "200": _json(DEVICE_ANSWER, "The device."),
                    "401": _problem("No token, or a dead one."),
                    "503": UNAVAILABLE,
                },
            }
        },
        "/api/v1/scans": {
            "post": {
                "operationId": "createScans",
                "summary": "Keep up to 50 scans, in one transaction, in this order",
                "security": AUTHORISED,
                "requestBody": _body(_ref("Batch")),
                "responses": {
                    "200": _json(
                        _object({"results": {"type": "array", "items": {"oneOf": [_ref("Verdict"), _ref("ItemError")]}}}),
                        "One answer for each scan, in order. They are committed.",
                    ),
                    "400": _problem("The body is no batch. Nothing was stored."),
                    "401": _problem("No token, or a dead one with no offline scan to deliver."),
                    "403": _problem("Sent by another site."),
                    "413": _problem("More than 50 scans, or too large. Nothing was stored."),
                    "503": UNAVAILABLE,
                },
            }
        },
        "/api/v1/openapi.json": {
            "get": {
                "operationId": "showDescription",
                "summary": "This description",
                "security": [{}],
                "responses": {"200": _json({"type": "object"}, "OpenAPI 3.1.")},
            }
        },
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "`flask device enrol … --bearer` prints one."},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-device"},
            "demo_cookie": {"type": "apiKey", "in": "cookie", "name": "device", "description": "Over plain http, demo only."},
        },
    },
}
