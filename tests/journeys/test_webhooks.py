"""A webhook is made, and its pages are sound."""

from tests.journeys.conftest import NARROW


def test_a_member_makes_a_webhook_and_switches_it_off(sign_in, check_page, shoot):
    page = sign_in("ada")

    page.goto("/settings/webhooks")
    page.get_by_label("Where to").fill("https://example.org/hook")
    page.get_by_label("What is watched").fill("ada\ndatasets/ada/river-levels")
    page.get_by_role("button", name="Make webhook").click()
    page.get_by_text("The webhook is made.").wait_for()
    for size in (page.viewport_size, NARROW):
        page.set_viewport_size(size)
        check_page(page)
    shoot(page, "webhook-detail")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_text("It is switched off since").wait_for()
    check_page(page)
    page.get_by_role("button", name="Delete, with its log").click()

    page.get_by_text("The webhook is deleted.").wait_for()
    check_page(page)
