"""axe-core in an open page. The script is handed over through the debugger: the page's own policy stays as strict as it is."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"], elementRef: false });
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
