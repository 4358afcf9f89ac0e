"""The list of events for programs, in OpenAPI 3.1: `create_app` hands it to the one document at /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

from app.events.models import Access, EventKind, EventStatus
from app.i18n.formats import Precision
from app.i18n.languages import LANGUAGES

TEXT, MAYBE_TEXT = {"type": "string"}, {"type": ["string", "null"]}
ADDRESS, MAYBE_ADDRESS = {"type": "string", "format": "uri"}, {"type": ["string", "null"], "format": "uri"}
DAY = {"type": ["string", "null"], "format": "date", "description": "Null while no day is known."}
COUNT = {"type": "integer", "minimum": 0}


def _obj(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False} | more


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


TOWN = _obj({"slug": TEXT, "name": TEXT, "latitude": {"type": "number"}, "longitude": {"type": "number"}})
SCHEMAS: dict[str, Any] = {
    "Event": _obj(
        {
            "slug": TEXT,
            "url": ADDRESS,
            "title": TEXT,
            "title_language": MAYBE_TEXT | {"description": "Another one than was asked for, where that is missing."},
            "kind": {"enum": list(EventKind)},
            "status": {"enum": list(EventStatus)},
            "access": {"enum": list(Access)},
            "starts_on": DAY,
            "ends_on": DAY,
            "date_precision": {"enum": [*Precision, None]},
            "timezone": TEXT | {"description": "IANA name."},
            "country": MAYBE_TEXT,
            "town": {"anyOf": [TOWN, {"type": "null"}]},
            "place": MAYBE_TEXT,
            "languages": {"type": "array", "items": TEXT, "description": "Spoken there."},
            "updated_at": {"type": "string", "format": "date-time"},
            "schedule": ADDRESS,
            "calendar": ADDRESS,
        }
    ),
    "EventPage": _obj(
        {
            "total": COUNT | {"description": "On all pages."},
            "page": COUNT,
            "pages": COUNT,
            "next": MAYBE_ADDRESS,
            "previous": MAYBE_ADDRESS,
            "language": {"enum": list(LANGUAGES)},
            "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
        }
    ),
}
PATHS: dict[str, Any] = {
    "/{lang}/events.json": {
        "get": {
            "operationId": "listEvents",
            "summary": "The events, a page at a time, by day; from any site, without a key. Ask again with `If-None-Match`",
            "security": [{}],
            "parameters": [
                {"name": "lang", "in": "path", "required": True, "schema": {"enum": list(LANGUAGES)}},
                _query("page", {"type": "integer", "minimum": 1, "default": 1}, "From 1 to `pages`."),
                _query("town", TEXT, "Slug of a town."),
                _query("country", TEXT, "ISO 3166-1, two letters."),
                _query("kind", {"enum": list(EventKind)}, "Kind of event."),
                _query(
                    "q", {"type": "string", "maxLength": 80}, "Words of a title or of a town's name, with accents or without."
                ),
            ],
            "responses": {
                "200": {
                    "description": "A page of events.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventPage"}}},
                },
                "304": {"description": "Nothing has changed."},
                "404": {"description": "There is no such page.", "content": {"text/html": {"schema": TEXT}}},
            },
        }
    }
}
