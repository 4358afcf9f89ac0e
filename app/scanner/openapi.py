"""The API described in OpenAPI 3.1; a test holds every answer against it."""

from __future__ import annotations

from typing import Any

from app.scanner.schemas import MOMENT, PEOPLE, SCHEMAS, TEXT, Schema, array, obj, ref


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _problem(description: str) -> Schema:
    return {"description": description, "content": {"application/problem+json": {"schema": ref("Problem")}}}


UNAVAILABLE = _problem("The database is away. Nothing was written; send the same ids again after Retry-After seconds.")
DEAD = _problem("No token, or a dead one.")
FOREIGN = _problem("Sent by another site.")
NO_RIGHT = _problem("This device may not scan (it serves no list), or the call was sent by another site.")
NO_BATCH, TOO_MANY = _problem("The body is not of this form. Nothing was stored."), _problem("More than 50, or too large.")
ETAG: Schema = {"name": "If-None-Match", "in": "header", "schema": TEXT, "description": "The ETag of the last answer."}
ANYBODY: list[Schema] = [{}]
AUTHORISED: list[Schema] = [{"bearer": []}, {"cookie": []}, {"demo_cookie": []}]
DEVICE_ANSWER = {"device": ref("Device"), "now": MOMENT}
TOKEN_ANSWER = obj(DEVICE_ANSWER | {"token": TEXT}, optional=("token",))


def _call(name: str, summary: str, answer: Schema, *, body: str = "", security: list[Schema] = AUTHORISED, **more: Any) -> Schema:
    """One operation. `more` holds `parameters`, and answers other than 200, 401 and 503 as `_403`."""
    problems = {status[1:]: problem for status, problem in more.items() if status.startswith("_")}
    found: Schema = {"operationId": name, "summary": summary, "security": security}
    found |= {key: value for key, value in more.items() if not key.startswith("_")}
    if body:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(body)}}}
    known = {"200": answer} | ({"401": DEAD} if security is AUTHORISED else {}) | problems | {"503": UNAVAILABLE}
    return found | {"responses": dict(sorted(known.items()))}


def _query(name: str, description: str, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": TEXT, "description": description}


PATHS: Schema = {
    "/api/v1/enrolments": {
        "post": _call(
            "createEnrolment", "Trade a one-time token for a device token",
            _json(TOKEN_ANSWER, "Enrolled. A page gets the token as its cookie, a program in `token`."),
            body="Enrolment", security=ANYBODY, _400=NO_BATCH, _401=_problem("Used, too old, or never issued."), _403=FOREIGN,
            _413=_problem("Too large."),
        )
    },
    "/api/v1/device": {
        "get": _call("showDevice", "What this device is set up for", _json(obj(DEVICE_ANSWER), "The device."))
    },
    "/api/v1/device/token": {
        "post": _call(
            "rollToken",
            "The token that follows this one. The old one dies when the new one is first used to send anything; asked again with "
            "the same token, the same one follows",
            _json(TOKEN_ANSWER, "As the cookie, or in `token` for whoever sent a bearer token."), _403=FOREIGN,
        )
    },
    "/api/v1/device/report": {
        "post": _call(
            "reportDevice", "A phone says how it is (each 30 seconds) and hears how full its lists are",
            _json(obj({"now": MOMENT, "lists": array(ref("Crowd"))}), "Noted."), body="Report", _400=NO_BATCH, _403=FOREIGN,
            _413=_problem("Too large."),
        )
    },
    "/api/v1/scans": {
        "post": _call(
            "createScans", "Keep up to 50 scans, in one transaction, in this order",
            _json(
                obj({"now": MOMENT, "results": array({"oneOf": [ref("Verdict"), ref("ItemError")]})}),
                "One answer for each scan, in order. They are committed.",
            ),
            body="Batch", _400=NO_BATCH, _401=_problem("No token, or a dead one with no offline scan to deliver."), _403=NO_RIGHT,
            _413=TOO_MANY,
        )
    },
    "/api/v1/lists": {
        "get": _call("showLists", "The lists that this device serves", _json(obj({"lists": array(ref("List"))}), "In order."))
    },
    "/api/v1/lists/{slug}/tickets": {
        "get": _call(
            "showTickets", "The offline list: hashes of codes, and notes that only the code itself opens",
            _json(ref("Roster"), "The list, or what changed since the cursor; the same entry may come twice."),
            parameters=[
                {"name": "slug", "in": "path", "required": True, "schema": TEXT, "description": "A list of this device."},
                _query("since", "A cursor. One that is not known (any more) gets the full list."),
            ],
            _403=NO_RIGHT, _404=_problem("No list of this device."),
        )
    },
    "/api/v1/headcounts": {
        "post": _call(
            "createHeadcounts", "Keep up to 50 anonymous plus and minus clicks",
            _json(
                obj({
                    "now": MOMENT, "results": array({"oneOf": [ref("Counted"), ref("ClickError")]}),
                    "inside": PEOPLE | {"description": "People at the venue now."},
                }),
                "One answer for each click, in order. They are committed.",
            ),
            body="Clicks", _400=NO_BATCH, _403=NO_RIGHT, _413=TOO_MANY,
        )
    },
    "/api/v1/headcount": {
        "get": _call(
            "showHeadcount", "The venue and its lists in numbers, for devices that may supervise",
            _json(ref("Numbers"), "With an ETag."), parameters=[ETAG], _304={"description": "Nothing has changed."},
            _403=_problem("This device may not supervise."),
        )
    },
    "/api/v1/searches": {
        "post": _call(
            "createSearches", "Tickets by the holder's name, for guests who have none with them; each search is counted",
            _json(obj({"tickets": array(ref("Hit"), maxItems=5)}), "At most five; none for less than three letters."),
            body="Search", _400=NO_BATCH, _403=NO_RIGHT,
            _429=_problem("More than 20 searches in 10 minutes."),
        )
    },
    "/api/v1/openapi.json": {
        "get": {
            "operationId": "showDescription", "summary": "This description", "security": ANYBODY,
            "responses": {"200": _json({"type": "object"}, "OpenAPI 3.1.")},
        }
    },
}  # fmt: skip
DOCUMENT: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "Cultural Pearls companion",
        "version": "1",
        "description": "The events, for everybody. How phones and programs at the door are set up, deliver scans and clicks, and "
        "are ready for a dead network. Online, no ticket is accepted twice. Times are ISO 8601 with their offset.",
        "license": {"name": "MIT", "identifier": "MIT"},
    },
    "paths": PATHS,
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "`flask device enrol … --bearer` prints one."},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-device"},
            "demo_cookie": {"type": "apiKey", "in": "cookie", "name": "device", "description": "Over plain http, demo only."},
        },
    },
}


def describe(paths: Schema, schemas: Schema) -> None:
    """Add what another domain answers to the document; called by `create_app`, as often as apps are made."""
    PATHS.update(paths)
    SCHEMAS.update(schemas)
