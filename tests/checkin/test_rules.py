"""The door's judgement against the shared table of cases (tests/data/door_cases.json)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.checkin.rules import Result, ScanFacts, UndoFacts, conflict_kind, crowding, judge, judge_undo

pytestmark = pytest.mark.once

TABLE = json.loads((Path(__file__).parent.parent / "data" / "door_cases.json").read_text("utf-8"))
MOMENTS = ("at", "opens_at", "closes_at")


def facts_of(case: dict[str, Any]) -> ScanFacts:
    given = TABLE["defaults"] | case
    names = ScanFacts.__dataclass_fields__
    values = {name: given[name] for name in names}
    return ScanFacts(**values | {name: given[name] and datetime.fromisoformat(given[name]) for name in MOMENTS})


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_judge_answers_as_the_table_says(case):
    given, facts = TABLE["defaults"] | case, facts_of(case)
    result = judge(given["direction"], facts)
    admitted = min(given["count"], facts.free) if result == "accepted" and facts.stored is None else None

    assert (result, admitted) == (case["server"], case.get("admits"))


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_the_phones_column_is_the_same_rules_on_what_a_phone_knows(case):
    """The way out is never refused by a phone: it cannot know what the code is."""
    given = TABLE["defaults"] | case
    state = given["device_state"]
    told = {
        "known": given["device_listed"], "status": "confirmed" if state in {"ok", "replaced", "wrong_list"} else state,
        "on_list": state != "wrong_list", "at": given["device_at"] or given["at"], "inside": given["device_inside"],
        "party": given["device_party"] or given["party"], "gone": given["device_gone"], "stored": None,
        "revoked": state == "replaced",
        "same_event": True,
    }  # fmt: skip
    facts = facts_of(case | told)
    result = "exited" if given["direction"] == "exit" else judge(given["direction"], facts)

    assert result == case["phone"]
    if "device_admits" in case:
        assert min(given["count"], facts.free) == case["device_admits"]


@pytest.mark.parametrize("case", TABLE["undo_cases"], ids=lambda case: case["name"])
def test_judge_undo_answers_as_the_table_says(case):
    given = TABLE["undo_defaults"] | {name: value for name, value in case.items() if name not in {"name", "server", "phone"}}

    assert judge_undo(UndoFacts(age=timedelta(minutes=given.pop("minutes")), **given)) == case["server"]


def test_table_covers_every_result_and_names_each_case_once():
    cases = [*TABLE["cases"], *TABLE["undo_cases"]]

    assert {case["server"] for case in cases} == set(Result)
    assert len({case["name"] for case in cases}) == len(cases)
    assert {case["phone"] for case in cases} <= set(Result)
    assert {name for case in TABLE["cases"] for name in case} <= {
        *TABLE["defaults"],
        "name",
        "server",
        "admits",
        "phone",
        "device_admits",
    }


@pytest.mark.parametrize(
    ("direction", "local", "result", "admitted", "kind"),
    [
        ("entry", "accepted", "accepted", 2, None),
        ("entry", "accepted", "accepted", 1, "already_in"),
        ("entry", "accepted", "already_in", 0, "already_in"),
        ("entry", "accepted", "unknown", 0, "unknown"),
        ("entry", "accepted", "quarantine", 0, "quarantine"),
        ("entry", "rejected", "unknown", 0, None),
        ("entry", None, "cancelled", 0, None),
        ("exit", "accepted", "unknown", 0, None),
        ("undo", "accepted", "undo_refused", 0, None),
    ],
)
def test_conflict_kind_is_kept_only_where_the_phone_let_in_more_than_the_server(direction, local, result, admitted, kind):
    assert conflict_kind(direction, local, result, admitted=admitted, count=2) == kind


@pytest.mark.parametrize(
    ("inside", "capacity", "warning"),
    [
        (89, 100, None),
        (90, 100, "nearly_full"),
        (99, 100, "nearly_full"),
        (100, 100, "full"),
        (101, 100, "full"),
        (5, None, None),
    ],
)
def test_crowding_warns_from_ninety_per_cent(inside, capacity, warning):
    assert crowding(inside, capacity) == warning
