"""Somebody new comes by: finds, reads, signs up, publishes, and uses a token."""

import io
import random
import re
import zipfile

from playwright.sync_api import Page, Route, expect

from tests.journeys.moving import follow, press

STEPS = {"card": "Card and licence", "owners": "Owners and shares", "price": "Price"}
PASSWORD = "seven doors of Thebes"
CARD = b"# Swallows\n\nWhen the first swallow came to each village.\n"
ROWS = b"village,day\nVytina,2026-03-02\nDimitsana,2026-03-05\n"
NEW_ROWS = ROWS + b"Stemnitsa,2026-03-06\n"


def test_a_visitor_finds_a_dataset_by_its_words_and_reads_about_it(
    page, shoot, check_page
):
    page.goto("/")
    page.locator("#site-search").fill("gauge readings")
    page.locator("#site-search").press("Enter")
    page.get_by_role("link", name="River levels of the Peloponnese").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "River levels of the Peloponnese"
    )
    expect(page.locator(".markdown")).to_contain_text("height above the gauge's zero")
    expect(page.locator("aside")).to_contain_text("CC-BY-4.0")
    shoot(page, "visitor-dataset")
    check_page(page)

    page.get_by_role("link", name="Files", exact=True).click()
    page.get_by_role("link", name="data/").click()
    page.get_by_role("link", name="rows.csv", exact=True).click()
    expect(page.locator("main")).to_contain_text("station")
    shoot(page, "visitor-file")
    check_page(page)

    page.goto("/datasets/ada/river-levels")
    page.locator("aside").get_by_role("link", name="CC-BY-4.0").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attribution 4.0")


def sign_up(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Publish your own").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/new")  # which is what they came for


def fill(page: Page, name: str, title: str) -> None:
    """Make a repository by the form of new ones, and upload a card and rows to it."""
    main = page.locator("main")
    main.get_by_label("Name", exact=True).fill(name)
    main.get_by_label(re.compile("^Title")).fill(title)
    main.get_by_label(re.compile("^Licence")).select_option("CC-BY-4.0")
    main.get_by_role("button", name="Create").click()
    page.wait_for_url(f"**/{name}/publish/files")
    main.get_by_label("Files to send").set_input_files(
        [
            {"name": "README.md", "mimeType": "text/markdown", "buffer": CARD},
            {"name": "days.csv", "mimeType": "text/csv", "buffer": ROWS},
        ]
    )
    main.get_by_role("button", name="Upload").click()
    page.wait_for_url(f"**/{name}/publish/card")


def test_an_upload_goes_on_after_the_server_went_away_and_the_page_was_left(
    site, sign_in, shoot, check_page, tmp_path
):
    page = sign_in("ada")
    page.goto("/new")
    fill(page, "levels-by-night", "Levels by night")
    levels = tmp_path / "levels.bin"
    levels.write_bytes(random.Random(1).randbytes(36 * 2**20))  # two parts
    parts: list[str] = []
    page.on("request", lambda each: parts.extend(PART.findall(each.url)))
    page.goto("/datasets/ada/levels-by-night/upload")
    page.locator("[name=folder]").fill("night")
    choose(page, levels, {"name": "n.zip", "mimeType": "", "buffer": packed_notes()})
    page.get_by_role("button", name="Unpack n.zip").click()
    expect(page.get_by_role("row", name="notes/seen.txt")).to_be_visible()
    shoot(page, "upload-chosen")
    check_page(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(SECOND, hold)
    upload = page.locator("main").get_by_role("button", name="Upload")
    row = page.get_by_role("row", name="levels.bin")
    status = page.locator("main").get_by_role("status")
    with page.expect_request(SECOND):
        upload.click()
    expect(row).to_contain_text("On its way")
    shoot(page, "upload-under-way")
    page.get_by_role("button", name="Pause").click()
    expect(status).to_contain_text("What has arrived is kept")

    page.reload()
    expect(page.locator("main")).to_contain_text("You were sending 3 files")
    expect(page.locator("[name=folder]")).to_have_value("night")
    shoot(page, "upload-gone-on")
    check_page(page)
    choose(page, levels)
    with page.expect_request(SECOND):
        upload.click()
    expect(row).to_contain_text("On its way")
    site.end("web")
    held.pop().continue_()
    expect(status).to_contain_text("The server is away")
    page.unroute(SECOND)
    page.get_by_role("button", name="Pause").click()  # what is held is let go
    site.start("web")
    site.wait_until_ready()
    page.locator("main").get_by_role("button", name="Go on").click()
    page.wait_for_url("**/tree/main/night")
    assert parts.count("1") == 1  # what had arrived was not sent again
    files = "/api/v1/datasets/ada/levels-by-night/files/night/levels.bin"
    assert page.request.get(files).body() == levels.read_bytes()


PART = re.compile(r"/lfs/uploads/[-0-9a-f]+/(\d+)\?")
SECOND = re.compile(r"/lfs/uploads/[-0-9a-f]+/2\?")


def packed_notes() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes/seen.txt", "By moonlight.\n" * 1000)
        archive.writestr("notes/empty.txt", "")
    return packed.getvalue()


def choose(page: Page, *files) -> None:
    """Choose files on the page that sends them, one after the other."""
    for each in files:
        page.get_by_label("Files to send").set_input_files(each)


def make_token(page: Page) -> str:
    """Make a token that may write, and return its secret as it is shown once."""
    page.goto("/settings/tokens")
    page.get_by_label("What is it for?").fill("the weather station")
    page.get_by_label("Create, change and share repositories").check()
    page.get_by_role("button", name="Make token").click()
    return page.locator(".copyable code").text_content() or ""


def test_a_newcomer_signs_up_publishes_a_dataset_and_lets_a_program_add_to_it(
    page, open_page, shoot, check_page
):
    sign_up(page, "eleni")
    page.goto("/dashboard")
    shoot(page, "newcomer-dashboard")
    check_page(page)
    follow(page, "Make your first")
    fill(page, "swallows", "First swallows")
    for step in ("card", "owners", "price"):
        expect(page.locator("[aria-current=step]")).to_have_text(STEPS[step])
        shoot(page, f"newcomer-publish-{step}")
        check_page(page)
        follow(page, "Next")
    expect(page.locator("main")).to_contain_text("Free for everyone, under CC-BY-4.0")
    shoot(page, "newcomer-publish-review")
    check_page(page)
    page.goto("/datasets/eleni/swallows")
    expect(page.locator(".markdown")).to_contain_text("the first swallow")
    shoot(page, "newcomer-dataset")
    check_page(page)

    program = {"Authorization": f"Bearer {make_token(page)}"}
    shoot(page, "newcomer-token")
    check_page(page)
    elsewhere = open_page()
    address = "/api/v1/datasets/eleni/swallows/files/days.csv"
    kind = {"Content-Type": "application/octet-stream"}
    put = elsewhere.request.put(address, data=NEW_ROWS, headers={**program, **kind})
    assert put.ok, put.text()
    assert elsewhere.request.get(address, headers=program).body() == NEW_ROWS

    assert elsewhere.request.get(address).status == 404
    page.goto("/datasets/eleni/swallows/settings")
    shoot(page, "newcomer-settings")
    check_page(page)
    page.goto("/datasets/eleni/swallows/publish")
    press(page, "Publish")
    assert elsewhere.request.get("/datasets/eleni/swallows").status == 200
    assert elsewhere.request.get(address).body() == NEW_ROWS


def test_a_newcomer_who_errs_is_told_at_the_field(page, shoot, check_page):
    page.goto("/accounts/signup/")
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("E-mail address").fill("other@example.org")
    page.get_by_label("Password", exact=True).fill("12345678")
    page.get_by_label("The same password again").fill("12345678")
    page.locator("main").get_by_role("button", name="Sign up").click()

    expect(page.locator("main")).to_contain_text("This name is taken")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_attribute("aria-invalid", "true")
    shoot(page, "sign-up-errors")
    check_page(page)
