"""A program is let in by a code, in the browser of a person."""

import json
import re
import urllib.parse
import urllib.request

from tests.journeys.furnish import PASSWORD

CLIENT = "26be6b09-91c5-47da-9861-d2d2bb7a7e36"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def post(site, path, **fields):
    """Ask as a program does; return the JSON of the answer."""
    body = urllib.parse.urlencode({"client_id": CLIENT, **fields}).encode()
    asked = urllib.request.Request(f"{site.base_url}{path}", body)
    with urllib.request.urlopen(asked) as answer:
        return json.loads(answer.read())


def test_a_person_types_the_code_and_lets_a_program_in(
    site, sign_in, check_page, shoot
):
    codes = post(site, "/oauth/device")
    page = sign_in("ada")

    page.goto(codes["verification_uri"])
    page.get_by_label("Code").fill(codes["user_code"].lower())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Let this program in?").wait_for()
    check_page(page)
    shoot(page, "device-decide")
    page.get_by_label("What do you call it?").fill("hf in the journey")
    page.get_by_label("Create, change and share repositories").uncheck()
    page.get_by_role("button", name="Let it in").click()
    page.wait_for_url("**/settings/tokens")
    told = post(
        site,
        "/oauth/token",
        grant_type=DEVICE_CODE,
        device_code=codes["device_code"],
    )
    page.reload()

    assert told["scope"] == "read"
    row = page.get_by_role("row", name=re.compile("hf in the journey"))
    row.locator("summary").click()
    row.get_by_role("button", name="Revoke for good").click()
    page.get_by_text("The token “hf in the journey” is revoked.").wait_for()
    assert row.count() == 0


def test_without_scripts_a_link_is_enough_and_signing_in_keeps_it(
    site, page_without_scripts
):
    codes = post(site, "/oauth/device")
    page = page_without_scripts

    page.goto(codes["verification_uri_complete"])
    page.get_by_label("Name or e-mail").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.get_by_text(codes["user_code"]).wait_for()
    page.get_by_role("button", name="Turn it away").click()

    page.get_by_text("The program was turned away.").wait_for()
