"""It runs by hand, and sends events by itself where it is told to."""

import subprocess
import sys

import requests

from tests.fakestripe.buying import control
from tests.fakestripe.server import FakeStripe


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
