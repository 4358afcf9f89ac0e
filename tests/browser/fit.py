"""Text that does not fit its page: sideways scroll, and elements that stick out or cut what they say (WCAG 1.4.4, 1.4.10)."""

from __future__ import annotations

from playwright.sync_api import Page

FIND = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  for (const details of document.querySelectorAll("details")) details.open = true;
  const whole = document.documentElement.scrollWidth;
  if (whole > wide) found.push(`the page scrolls sideways: ${whole} > ${wide}`);
  for (const element of document.querySelectorAll("body *")) {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (box.width <= 1 || box.bottom < 0 || box.right < 0 || style.visibility === "hidden" || style.clipPath !== "none") continue;
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    if (["OPTION", "SELECT"].includes(element.tagName)) continue;
    const said = `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}: ${element.textContent.trim().slice(0, 40)}`;
    if (box.right > wide + 1 || box.left < -1) found.push(`sticks out (${Math.round(box.left)} to ${Math.round(box.right)}) ${said}`);
    else if (style.display !== "inline" && element.scrollWidth > element.clientWidth + 1) found.push(`wider than its box ${said}`);
    else if (style.overflowY !== "visible" && style.display !== "inline" && element.scrollHeight > element.clientHeight + 1)
      found.push(`higher than its box ${said}`);
  }
  return found;
}"""
DOUBLE = """() => {
  const root = document.documentElement;
  root.style.fontSize = `${2 * parseFloat(getComputedStyle(root).fontSize)}px`;
}"""


def misfits(page: Page) -> list[str]:
    """What does not fit the page as it stands, with every `<details>` open."""
    found: list[str] = page.evaluate(FIND)
    return found


def double_text(page: Page) -> None:
    """The reader's text size at 200 %."""
    page.evaluate(DOUBLE)
