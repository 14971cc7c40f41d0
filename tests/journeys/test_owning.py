"""An owner says who made a thing and how; it is reported, taken down, defended and put
back; it goes to somebody else."""

from playwright.sync_api import expect

from tests.journeys.moving import follow, press

VOICES = "/datasets/ada/harbour-voices"


def test_an_owner_tells_who_made_a_thing_and_how_and_the_maker_confirms(
    sign_in, narrow_page, check_page, shoot
):
    ada, maya = sign_in("ada"), sign_in("maya")
    ada.goto(VOICES)
    follow(ada, "See the data card")
    follow(ada, "Write the data card")
    check_page(ada)
    shoot(ada, "data-card-edit")
    ada.get_by_label("Are there personal data in it").select_option("SOME")
    ada.get_by_label("How it was obtained").fill("Sung into a recorder at the market.")
    ada.get_by_label("Pictures, voices or videos of people").check()
    ada.get_by_label("On what basis").select_option("CONSENT")
    ada.get_by_label("Contact for takedowns").fill("songs@example.org")
    ada.get_by_role("button", name="Write it").click()
    expect(ada.locator("main")).to_contain_text("Sung into a recorder")
    check_page(ada)
    shoot(ada, "data-card")

    follow(ada, "Rights and offers of")
    check_page(ada)
    follow(ada, "Who made it and who holds")
    follow(ada, "State a contribution")
    check_page(ada)
    ada.get_by_label("Who", exact=True).fill("maya")
    ada.get_by_label("What they did").select_option("ANNOTATED")
    ada.get_by_label("Evidence").fill("Her notebook of 2025.")
    ada.get_by_label("Links").fill("https://example.org/notebook")
    press(ada, "State it")
    follow(ada, "State a right")
    check_page(ada)
    shoot(ada, "right-new")
    ada.get_by_label("Who", exact=True).fill("ada")
    ada.get_by_label("Basis").fill("She recorded it.")
    press(ada, "State it")
    ownership = ada.url
    check_page(ada)

    maya.goto(ownership)
    maya.get_by_role("button", name="Confirm").click()
    expect(maya.locator("main")).to_contain_text("Confirmed by them")
    narrow_page.goto(ownership)
    check_page(narrow_page)
    shoot(narrow_page, "ownership-narrow")
    shoot(maya, "ownership")
    ada.goto(ownership)
    follow(ada, "What is shown, and to whom")
    check_page(ada)
    shoot(ada, "disclosures")


def test_a_singer_reports_it_and_it_is_taken_down_defended_and_put_back(
    sign_in, page, check_page, shoot
):
    ada, kleio = sign_in("ada"), sign_in("kleio")
    page.goto(VOICES)
    follow(page, "Report it")
    check_page(page)
    shoot(page, "report")
    page.get_by_label("What is wrong").select_option("RIGHTS")
    page.get_by_label("Statement").fill("I sang the third song.")
    page.get_by_label("Your name").fill("Eleni")
    page.get_by_label("Email").fill("eleni@example.org")
    page.get_by_role("button", name="Report it").click()
    expect(page.get_by_role("status").first).to_contain_text(
        "The operators will look at it"
    )

    kleio.goto("/operator/reports")
    check_page(kleio)
    follow(kleio, "ada/harbour-voices")
    check_page(kleio)
    shoot(kleio, "report-decide")
    kleio.get_by_label("Take it down").check()
    kleio.get_by_label("Reason").fill("The singer was not asked.")
    kleio.get_by_role("button", name="Decide").click()
    expect(kleio.get_by_role("status").first).to_contain_text("is taken down")

    assert page.request.get(f"{VOICES}/raw/main/data/rows.csv").status == 410
    page.goto(VOICES)
    expect(page.locator("main")).to_contain_text("The singer was not asked.")
    check_page(page)
    ada.goto("/dashboard")
    follow(ada, "See why, and answer")
    check_page(ada)
    shoot(ada, "tombstone")
    ada.get_by_label("Statement").fill("She was; here is her letter.")
    ada.get_by_role("button", name="Send it to the operators").click()

    kleio.goto("/operator/reports")
    shoot(kleio, "moderation-queue")
    follow(kleio, "ada/harbour-voices")
    check_page(kleio)
    kleio.get_by_label("Put it back").check()
    kleio.get_by_label("Reason").fill("The letter says so.")
    press(kleio, "Decide")
    kleio.goto("/operator/audit")
    expect(kleio.locator("main")).to_contain_text("reinstate")
    check_page(kleio)
    shoot(kleio, "audit")


def test_an_owner_gives_it_away_and_it_moves_under_the_other_name(
    sign_in, page, check_page, shoot
):
    ada, maya = sign_in("ada"), sign_in("maya")
    ada.goto(VOICES)
    ada.get_by_role("link", name="Rights and offers").click()
    follow(ada, "Who made it and who holds")
    follow(ada, "Give the work away")
    check_page(ada)
    ada.get_by_label("To", exact=True).fill("maya")
    press(ada, "Offer it to them")
    maya.goto("/dashboard")
    follow(maya, "Voices of the harbour")
    check_page(maya)
    shoot(maya, "handover")
    maya.get_by_role("button", name="Accept it").click()
    expect(maya.get_by_role("status").first).to_contain_text("It is maya’s now.")
    page.goto(VOICES)
    expect(page).to_have_url(
        f"{page.url.partition('/datasets')[0]}/datasets/maya/harbour-voices"
    )
