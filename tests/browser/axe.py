"""axe-core in an open page. The script is handed over through the debugger: the page's own policy stays as strict as it is."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What hangs on colours and sizes. The other rules ask how a page is built, which is the same in light and in dark.
SEEN = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}
RUN = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"], elementRef: false });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => {
    const why = [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ");
    return `axe ${rule.id}: ${node.target.join(" ")} (${why})`;
  }));
}"""


def violations(page: Page) -> list[str]:
    """What axe objects to on the page as it stands: rule, element and reason, one line each."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, TAGS)
    return found


def seen_in_the_dark(page: Page, width: int) -> list[str]:
    """After `violations`: what axe objects to in what is seen in dark on a screen of this width; then all is as before."""
    before = page.viewport_size
    assert before is not None
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": width, "height": before["height"]})
    found: list[str] = page.evaluate(RUN, SEEN)
    page.set_viewport_size(before)
    page.emulate_media(color_scheme="light")
    return [f"dark, {width}: {fault}" for fault in found]


def violations_in_both_schemes(page: Page) -> list[str]:
    """What axe objects to on the page as it stands, which is light, and in what is seen of it in the dark."""
    assert page.viewport_size is not None
    return [*violations(page), *seen_in_the_dark(page, page.viewport_size["width"])]
