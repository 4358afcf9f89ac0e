"""The phone's judgement in a real browser, by the table that the server's rules stand by too (column "phone")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.served import Live, new_context
from tests.conftest import ROOT

TABLE: dict[str, Any] = json.loads((ROOT / "tests/data/door_cases.json").read_text("utf-8"))
JUDGE = """async ({ build, direction, facts }) => {
  const { judge } = await import(`/static/${build}/js/door/judge.js`);
  return judge(direction, facts);
}"""
UNDO = """async ({ build, facts }) => {
  const { judgeUndo } = await import(`/static/${build}/js/door/judge.js`);
  return judgeUndo(facts);
}"""
TALLY = """async ({ build, before, scans, final }) => {
  const { tally } = await import(`/static/${build}/js/door/judge.js`);
  return tally(before, scans, final);
}"""
ENTRY, EXIT = {"result": "accepted", "count": 1, "admitted": 1}, {"result": "exited", "count": 1}
BACK_IN = {"result": "undone", "undoes": {"direction": "exit", "number": 1}}
BACK_OUT = {"result": "undone", "undoes": {"direction": "entry", "number": 2}}


def named(case: dict[str, Any]) -> str:
    """The case's name, for pytest's list."""
    return str(case["name"])


@pytest.fixture(scope="module")
def page(live: Live, browser: Browser) -> Iterator[Page]:
    """A page of ours that loads modules."""
    context = new_context(browser)
    page = context.new_page()
    page.goto(live.at("/en/"))
    yield page
    context.close()


def as_the_phone_knows(facts: dict[str, Any]) -> dict[str, Any]:
    """The table's facts as they reach a phone: the list's state, its own idea of the time, the party at the last sync."""
    at, party = facts["device_at"] or facts["at"], facts["device_party"] or facts["party"]
    return facts | {"status": facts["device_state"], "at": at, "party": party}


def run(page: Page, live: Live, script: str, **given: Any) -> Any:
    """The module's answer."""
    return page.evaluate(script, {"build": live.app.extensions["assets"].build, **given})


@pytest.mark.parametrize("case", [case for case in TABLE["cases"] if "phone" in case], ids=named)
def test_phone_judges_as_the_table_says(page: Page, live: Live, case: dict[str, Any]) -> None:
    facts = as_the_phone_knows(TABLE["defaults"] | case)

    assert run(page, live, JUDGE, direction=facts["direction"], facts=facts) == case["phone"]


@pytest.mark.parametrize("case", TABLE["undo_cases"], ids=named)
def test_phone_judges_an_undo_as_the_table_says(page: Page, live: Live, case: dict[str, Any]) -> None:
    assert run(page, live, UNDO, facts=TABLE["undo_defaults"] | case) == case["phone"]


@pytest.mark.parametrize(
    ("before", "scans", "final", "after"),
    [
        ((0, 0), [ENTRY], True, (1, 0)),
        ((1, 0), [EXIT], True, (0, 1)),
        ((1, 0), [EXIT], False, (0, 0)),
        ((0, 0), [EXIT], True, (0, 0)),
        ((0, 0), [ENTRY, EXIT, BACK_IN], True, (1, 0)),
        ((3, 0), [BACK_OUT], True, (1, 0)),
        ((1, 0), [BACK_OUT], True, (0, 0)),
        ((2, 1), [{"result": "already_in", "count": 1, "admitted": 0}], True, (2, 1)),
    ],
)
def test_phone_counts_who_is_in_after_its_own_scans(
    page: Page, live: Live, before: tuple[int, int], scans: list[dict[str, Any]], *, final: bool, after: tuple[int, int]
) -> None:
    start = {"inside": before[0], "gone": before[1]}

    assert run(page, live, TALLY, before=start, scans=scans, final=final) == {"inside": after[0], "gone": after[1]}
