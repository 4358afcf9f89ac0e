"""What the API takes and answers, as JSON Schema (OpenAPI 3.1)."""

from __future__ import annotations

from typing import Any

from app.checkin.models import QUARANTINE, Direction, ListKind, LocalAnswer, ScanMode
from app.checkin.rules import Result
from app.i18n.languages import LANGUAGES
from app.registration.models import NEEDS, RegistrationStatus

MAX_ITEMS, MAX_CODE, MAX_REASON, MAX_COUNT, MAX_SEQ, MAX_CLICK = 50, 512, 500, 500, 2**31 - 1, 50
Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
MAYBE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
UUID: Schema = {"type": "string", "format": "uuid"}
LANGUAGE: Schema = {"type": "string", "enum": list(LANGUAGES)}
PEOPLE: Schema = {"type": "integer", "minimum": 0}
COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_COUNT, "default": 1}
DELTA: Schema = {"type": "integer", "minimum": -MAX_CLICK, "maximum": MAX_CLICK, "not": {"const": 0}}
CAPACITY: Schema = {"type": ["integer", "null"], "description": "A full list warns, it never refuses."}
WARNING: Schema = {"enum": [None, "nearly_full", "full"], "description": "From 90 % and from 100 % of the capacity."}
SLUG: Schema = {"type": "string", "description": "Slug of a check-in list of this device."}
PHONE_TIME: Schema = MOMENT | {"description": "The phone's clock, with its offset from UTC."}
SENT_AT: Schema = MAYBE_MOMENT | {"description": "The phone's clock now; its difference to ours sets `at` right."}
REHEARSAL: Schema = {"type": "boolean", "default": False, "description": "Practice: answered as if it were real, counts nowhere."}
HASH: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}
NOTE: Schema = TEXT | {
    "description": "base64url of nonce (12 bytes) and AES-256-GCM of JSON {i: initials, p: party, l: language; where there are "
    "any, n: [needs], a: [[question, answer]]; r: 1 for a ticket to practise with}. Key: HKDF-SHA256(the code, salt, info "
    '"door note", 32 bytes).'
}
REPLAY: Schema = {"type": "boolean", "description": "This id was answered before; nothing was written."}


def ref(name: str) -> Schema:
    """A reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def obj(properties: Schema, optional: tuple[str, ...] = (), **more: Any) -> Schema:
    """An object that has all of these properties but the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, **more}


def array(items: Schema, **more: Any) -> Schema:
    """An array of such items."""
    return {"type": "array", "items": items, **more}


def _or_null(schema: Schema, **more: Any) -> Schema:
    return {"oneOf": [schema, {"type": "null"}], **more}


COMMON: Schema = {
    "Problem": obj(
        {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "code": TEXT, "detail": TEXT},
        description="RFC 9457. `code` is for programs, `detail` for people, in the language of Accept-Language.",
    ),
    "List": obj(
        {
            "slug": TEXT,
            "name": TEXT,
            "kind": {"enum": list(ListKind)},
            "on": {"type": ["string", "null"], "format": "date", "description": "The day of a list of kind day."},
            "opens_at": MAYBE_MOMENT,
            "closes_at": MAYBE_MOMENT,
            "re_entry": FLAG | {"description": "Whoever left may come in again."},
            "count_exits": FLAG | {"description": "Going out makes room for others."},
            "capacity": CAPACITY,
            "inside": PEOPLE | {"description": "People in at this list now, clicks included."},
            "is_venue_door": FLAG | {"description": "Whoever is in here is at the venue (the coach and dinner are not)."},
        }
    ),
    "Device": obj(
        {
            "name": TEXT,
            "event": obj({"slug": TEXT, "title": TEXT, "town": TEXT, "timezone": TEXT | {"description": "IANA name"}}),
            "lists": array(ref("List")),
            "scan": FLAG | {"description": "May scan: it serves at least one list."},
            "supervise": FLAG | {"description": "May take back any scan of the event, and see the numbers."},
            "language": LANGUAGE,
            "expires_at": MOMENT,
        }
    ),
    "Enrolment": obj(
        {
            "token": TEXT | {"description": "The one-time token; may be sent as a bearer token instead."},
            "bearer": FLAG | {"description": "true: answer with the device token; else it is set as a cookie."},
            "language": LANGUAGE,
        },
        optional=("token", "bearer", "language"),
    ),
    "Report": obj(
        {
            "unsent": PEOPLE | {"description": "Scans and clicks the phone still holds."},
            "highest_seq": PEOPLE | {"description": "The highest number it has given to a scan."},
            "list_synced_at": MAYBE_MOMENT | {"description": "`now` of the offline list it has, by our clock."},
        },
        optional=("list_synced_at",),
    ),
    "Crowd": obj({"slug": TEXT, "inside": PEOPLE, "capacity": CAPACITY, "warning": WARNING}),
}
SCANS: Schema = {
    "Scan": obj(
        {
            "id": UUID | {"description": "Made by the phone. The same id sent again for the same scan gets the same answer."},
            "seq": {"type": "integer", "minimum": 0, "maximum": MAX_SEQ, "description": "Counts the phone's scans, no gaps."},
            "list": SLUG,
            "code": {
                "type": ["string", "null"],
                "maxLength": MAX_CODE,
                "description": "What was read: the code, its address at our own host, or (online only) a typed reference of 8 "
                "characters. At most 10 references a minute may be wrong. May be null for an undo.",
            },
            "direction": {"enum": list(Direction), "default": Direction.ENTRY},
            "count": COUNT | {"description": "How many of the party."},
            "undoes": {"type": ["string", "null"], "format": "uuid", "description": "The scan to take back; for an undo only."},
            "reason": {"type": ["string", "null"], "maxLength": MAX_REASON, "description": "Required for an undo."},
            "at": PHONE_TIME,
            "mode": {"enum": list(ScanMode), "default": ScanMode.ONLINE},
            "local": {"enum": [*LocalAnswer, None], "description": "What the phone decided by itself, if it did."},
            "rehearsal": REHEARSAL,
        },
        optional=("code", "direction", "count", "undoes", "reason", "mode", "local", "rehearsal"),
    ),
    "Batch": obj(
        {
            "sent_at": SENT_AT,
            "scans": array(ref("Scan"), maxItems=MAX_ITEMS),
            "language": LANGUAGE | {"description": "Of `message`; else Accept-Language, else the device's."},
        },
        optional=("sent_at", "language"),
    ),
    "Guest": obj(
        {
            "initials": TEXT,
            "party": {"type": "integer", "minimum": 1},
            "arrived": PEOPLE | {"description": "How many of the party are in at this list now."},
            "language": TEXT,
            "notes": array({"enum": list(NEEDS)}, description="Needs the guest wished the door to know."),
            "answers": array(obj({"question": TEXT, "answer": TEXT}), description="What the event asked for the door."),
            "rehearsal": FLAG | {"description": "A ticket to practise with: it counts nowhere."},
        }
    ),
    "Verdict": obj(
        {
            "id": TEXT,
            "result": {
                "enum": [*(result.value for result in Result), QUARANTINE],
                "description": "`quarantine`: kept for the organiser: this device is not in use any more, or not at this list.",
            },
            "replay": REPLAY,
            "guest": _or_null(ref("Guest")),
            "first": _or_null(
                obj({"at": MOMENT, "list": TEXT, "by": TEXT}), description="For already_in: the scan that was first."
            ),
            "message": TEXT | {"description": "For the volunteer."},
            "guest_message": TEXT | {"description": "For the guest, in guest_language."},
            "guest_language": LANGUAGE,
            "admitted": {"type": "integer", "minimum": 1, "description": "How many this scan let in; may be less than count."},
            "warning": {"enum": ["nearly_full", "full"]},
            "warning_message": TEXT,
        },
        optional=("admitted", "warning", "warning_message"),
    ),
    "ItemError": obj(
        {
            "id": {"type": ["string", "null"]},
            "error": {"enum": ["invalid", "id_reused", "unknown_list", "device_ended", "too_many_misses"]},
            "message": TEXT,
            "fields": array(TEXT),
        },
        optional=("fields",),
        description="This item was not stored; the others were.",
    ),
}
REST: Schema = {
    "Roster": obj(
        {
            "list": TEXT,
            "salt": HASH | {"description": "16 bytes, base64url."},
            "cursor": TEXT | {"description": "Send it as `since` the next time."},
            "full": FLAG | {"description": "This page begins the list anew: forget what you had."},
            "more": FLAG | {"description": "Ask again at once, with the new cursor."},
            "now": MOMENT,
            "tickets": array(
                {
                    "type": "array",
                    "prefixItems": [
                        HASH | {"description": "base64url of SHA-256(salt + code)[:16]"},
                        {"enum": ["ok", "cancelled", "waitlisted", "wrong_list"]},
                        NOTE,
                        PEOPLE | {"description": "People of the ticket who are in."},
                        PEOPLE | {"description": "Who left where leaving is final."},
                    ],
                    "items": {},  # many programs want one beside `prefixItems`; there is no sixth
                    "minItems": 5,
                    "maxItems": 5,
                },
                maxItems=2500,
            ),
            "removed": array(HASH, description="Codes that were replaced: they open nothing any more."),
        }
    ),
    "Click": obj(
        {
            "id": UUID,
            "list": SLUG,
            "delta": DELTA | {"description": "People in, or out."},
            "at": PHONE_TIME,
            "rehearsal": REHEARSAL,
        },
        optional=("rehearsal",),
    ),
    "Search": obj({"q": {"type": "string", "description": "Beginnings or parts of names; accents do not matter."}}),
    "Clicks": obj({"sent_at": SENT_AT, "clicks": array(ref("Click"), maxItems=MAX_ITEMS)}, optional=("sent_at",)),
    "Counted": obj({"id": TEXT, "result": {"const": "counted"}, "replay": REPLAY}),
    "ClickError": obj(
        {
            "id": {"type": ["string", "null"]},
            "error": {"enum": ["invalid", "id_reused", "unknown_list"]},
            "fields": array(TEXT),
        },
        optional=("fields",),
        description="This click was not counted; the others were.",
    ),
    "Numbers": obj(
        {
            "inside": PEOPLE | {"description": "People at the venue now, each counted once; never a sum over lists."},
            "capacity": CAPACITY,
            "warning": WARNING,
            "lists": array(ref("ListNumbers")),
        }
    ),
    "ListNumbers": obj(
        {
            "slug": TEXT,
            "name": TEXT,
            "inside": PEOPLE,
            "arrived": PEOPLE | {"description": "People who came at least once."},
            "exits": PEOPLE,
            "clicks": {"type": "integer"},
            "refused": PEOPLE | {"description": "Scans that let nobody in."},
            "capacity": CAPACITY,
            "warning": WARNING,
            "per_minute": array(PEOPLE, minItems=15, maxItems=15, description="People who came in, oldest minute first."),
        }
    ),
    "Hit": obj(
        {
            "reference": TEXT | {"description": "To be sent as `code` of a scan."},
            "name": TEXT,
            "companion": {"type": ["string", "null"], "description": "Who of the party was found, if not the holder."},
            "party": {"type": "integer", "minimum": 1},
            "status": {"enum": list(RegistrationStatus)},
            "inside": array(ref("Presence"), description="Of the lists that the phone serves, those where somebody is in."),
        }
    ),
    "Presence": obj(
        {
            "list": TEXT,
            "count": {"type": "integer", "minimum": 1},
            "since": MOMENT | {"description": "When the last of them came."},
        }
    ),
}
SCHEMAS: Schema = COMMON | SCANS | REST
