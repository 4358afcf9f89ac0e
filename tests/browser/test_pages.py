"""Every page."""

from tests.browser.ground import watch


def test_home(live, context):
    page = context.new_page()
    w = watch(page, live)
    page.goto(live.at("/fi/"))
    assert page.title()
    assert w.found == []
