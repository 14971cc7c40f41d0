"""It runs by hand, and sends events by itself where it is told to."""

import subprocess
import sys

import requests

from tests.fakestripe.__main__ import beside, controls
from tests.fakestripe.book import PLATFORM
from tests.fakestripe.buying import control, paid
from tests.fakestripe.server import CONTROLS, FakeStripe


def test_it_says_where_it_listens_and_answers_there():
    command = [sys.executable, "-m", "tests.fakestripe", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            url = running.stdout.readline().split()[-5].rstrip(";")
            answer = requests.get(f"{url}/v1/balance", timeout=10)
            status, said = control(FakeStripe(url), "no_such_act")
        finally:
            running.terminate()

    assert answer.status_code == 401
    assert "API key" in answer.json()["error"]["message"]
    assert (status, said["error"]["code"]) == (404, "unknown_control")


def test_its_first_page_tells_what_happened_and_lets_banks_act(fake, client, owners):
    charge = paid(fake, client, 1000)
    assert "ch_" in (page := requests.get(fake.url, timeout=10).text)
    assert "10.00 EUR" in page

    def press(act, **said):
        return requests.post(f"{fake.url}/control/{act}", data=said, timeout=10).text

    assert "needs_response" not in (page := press("dispute", charge=charge.id))
    assert "Buyer wins" in page
    [dispute] = fake.book.all_of("dispute")
    assert "lost" in press("decide", dispute=dispute["id"], is_won="")
    assert fake.book.held(PLATFORM, "eur") == 0


def test_its_help_names_each_act_with_what_it_takes():
    told = controls()

    assert all(act in told for act in CONTROLS)
    assert "session, is_declined=False" in told


def test_a_command_beside_it_finds_it_and_says_how_both_end(fake, capfd):
    told = "import os; print(os.environ['STRIPE_API_BASE']); raise SystemExit(3)"

    ended = beside(fake, [sys.executable, "-c", told], secret="whsec_x")

    assert ended == 3
    assert capfd.readouterr().out == f"{fake.url}\n"
