"""What the frame of every page does: themes, menus, keys, search as one types."""

import re

import pytest
from playwright.sync_api import expect


def test_the_chosen_theme_is_kept_on_the_next_page(page):
    page.emulate_media(color_scheme="light")
    page.goto("/learn")
    root = page.locator("html")
    toggle = page.get_by_role("button", name="Dark theme")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    expect(toggle).to_have_attribute("aria-pressed", "false")

    toggle.click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.goto("/pricing")

    expect(root).to_have_attribute("data-theme", "dark")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_the_skip_link_is_first_and_leads_to_the_content(page):
    page.goto("/datasets")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_the_menu_opens_and_closes_by_keyboard(sign_in):
    page = sign_in("ada")
    menu = page.locator("details.menu > summary")

    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Profile", exact=True)).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Profile", exact=True)).to_be_hidden()
    expect(menu).to_be_focused()


def test_one_signs_out_from_the_menu(sign_in):
    page = sign_in("ada")

    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_the_slash_key_leads_to_the_search_box(page):
    page.goto("/learn")

    page.keyboard.press("/")

    expect(page.locator("#site-search")).to_be_focused()
    assert page.locator("#site-search").input_value() == ""


def test_results_come_while_one_types_and_the_address_follows(page):
    page.goto("/datasets")
    page.evaluate("document.body.dataset.stayed = 'yes'")

    page.locator("#site-search").press_sequentially("olive", delay=30)

    expect(page.get_by_role("heading", level=1)).to_have_text("Datasets: “olive”")
    expect(page.locator(".results .card")).to_have_count(1)
    expect(page.locator("#site-search")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/datasets\?q=olive$"))
    assert page.evaluate("document.body.dataset.stayed") == "yes"
    assert page.title() == "olive · Datasets · Stoa"


def test_a_facet_and_words_hold_together_and_back_leads_back(page):
    page.goto("/datasets")

    page.get_by_role("link", name=re.compile("^tabular ")).click()
    expect(page).to_have_url(re.compile("modality=tabular"))
    expect(page.locator(".results .card")).to_have_count(2)
    page.locator("#site-search").fill("rivers")
    expect(page.locator(".results .card")).to_have_count(1)

    assert "modality=tabular" in page.url
    assert "q=rivers" in page.url
    page.go_back()
    expect(page.locator(".results .card")).to_have_count(2)


@pytest.mark.parametrize("words", ["olive", "OLIVES", "sick leaves"])
def test_a_visitor_without_scripts_finds_and_narrows_down(page_without_scripts, words):
    page = page_without_scripts
    page.goto("/")

    page.locator("#site-search").fill(words)
    page.locator("#site-search").press("Enter")
    page.get_by_role("link", name="Datasets", exact=True).last.click()
    page.get_by_role("link", name=re.compile("^tabular-classification")).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(words)
    expect(
        page.get_by_role("link", name="Olive leaves, healthy and sick")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Dark theme")).to_be_hidden()


def test_code_is_copied_by_its_button(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/learn/how-to-publish")

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('curl -H "Authorization: Bearer $STOA_TOKEN"')


def test_questions_are_answered_without_scripts(page_without_scripts):
    page = page_without_scripts
    page.goto("/learn/what-a-licence-allows")
    expect(page.get_by_text("Right.", exact=True)).to_have_count(0)

    page.get_by_label("Not under that licence.").check()
    page.get_by_role("button", name="Answer", exact=True).first.click()

    expect(page.get_by_text("Right.", exact=True).first).to_be_visible()


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/"])
def test_the_administration_obeys_the_policy_for_scripts_and_styles(
    sign_in, shoot, path
):
    page = sign_in("kleio")

    answer = page.goto(path)

    assert answer is not None
    assert answer.status == 200
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    shoot(page, f"admin{path.count('/')}")


def test_the_api_reference_is_drawn_under_the_policy(page, shoot):
    answer = page.goto("/api/")

    page.locator(".opblock-tag").first.click(timeout=30_000)
    expect(page.locator(".opblock").first).to_be_visible()
    assert answer is not None
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    shoot(page, "api")


def test_a_page_links_to_nothing_that_is_missing(page, site):
    """Follow every link of our own that a visitor can reach, two steps deep."""
    seen, waiting, broken = set(), {"/"}, []
    for _ in range(3):
        found = set()
        for path in sorted(waiting - seen):
            seen.add(path)
            answer = page.request.get(path)
            if not answer.ok:
                broken.append(f"{answer.status} {path}")
            elif "text/html" in answer.headers.get("content-type", ""):
                links = re.findall(r'href="(/[^"#?]*)', answer.text())
                found |= {link for link in links if not link.startswith("/static/")}
        waiting = found
    assert broken == []
    assert len(seen) > 30
