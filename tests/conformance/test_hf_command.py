"""The command `hf`, as people type it."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request

import pytest

from tests.conformance.conftest import NEWEST
from tests.conformance.people import PASSWORD
from tests.conformance.trees import TREE, digests, write

SLOW = 90
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
WHERE = re.compile(r"(http://\S+/device\S*)")
CODE = re.compile(r"user_code=([^&\s]+)")


@pytest.fixture
def hf(embedded, clients, tmp_path):
    """Run `hf` as ada, and return what it prints."""

    def run(*words: str, token: str | None = None) -> str:
        ended = clients[NEWEST].start(
            ["hf", *words],
            address=embedded.address,
            token=embedded.tokens["ada"] if token is None else token,
            home=tmp_path,
        )
        out, err = ended.communicate(timeout=SLOW)
        assert ended.returncode == 0, (words, out, err, embedded.web.tail())
        return out

    return run


def test_a_folder_goes_up_and_comes_down(hf, tmp_path):
    folder = write(tmp_path / "up", TREE)
    of_dataset = ["--type", "dataset"]

    assert "ada" in hf("auth", "whoami")
    hf("repos", "create", "ada/commanded", *of_dataset)
    hf("upload", "ada/commanded", str(folder), ".", *of_dataset)
    hf("repos", "tag", "create", "ada/commanded", "v1", *of_dataset)
    hf("repos", "branch", "create", "ada/commanded", "next", *of_dataset)
    search = ["datasets", "ls", "--search", "commanded", "--format", "json"]
    listed = json.loads(hf(*search))
    down = tmp_path / "down"
    hf("download", "ada/commanded", *of_dataset, "--local-dir", str(down))
    verified = hf(
        "cache", "verify", "ada/commanded", *of_dataset, "--local-dir", str(down)
    )

    assert [each["id"] for each in listed] == ["ada/commanded"]
    came = {
        path.relative_to(down).as_posix(): path.read_bytes()
        for path in down.rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }
    assert came.pop(".gitattributes")
    assert came == TREE
    assert digests(came) == digests(TREE)
    assert verified

    hf("repos", "delete-files", "ada/commanded", "data/*", *of_dataset)
    info = json.loads(hf("datasets", "info", "ada/commanded", "--format", "json"))
    assert {each["rfilename"] for each in info["siblings"]} == {
        ".gitattributes",
        *(path for path in TREE if not path.startswith("data/")),
    }
    hf("repos", "delete", "ada/commanded", *of_dataset, "--yes")


def test_a_file_is_copied_to_and_from_a_repository(hf, tmp_path):
    hf("repos", "create", "ada/copied")
    (tmp_path / "here.bin").write_bytes(TREE["model.bin"])

    hf("cp", str(tmp_path / "here.bin"), "hf://ada/copied/there.bin")
    hf("cp", "hf://ada/copied/there.bin", str(tmp_path / "back.bin"))

    assert (tmp_path / "back.bin").read_bytes() == TREE["model.bin"]


def test_people_sign_in_by_a_code_in_their_browser(embedded, clients, tmp_path, hf):
    waiting = clients[NEWEST].start(
        ["hf", "auth", "login"], address=embedded.address, token="", home=tmp_path
    )
    said = ""
    while not (found := WHERE.search(said)):
        line = waiting.stdout.readline()
        assert line, said + waiting.stderr.read()
        said += line

    browser = signed_in(embedded.address, "ada")
    with browser.open(found[1]) as page:
        form = page.read().decode()
    decided = {
        "csrfmiddlewaretoken": TOKEN.search(form)[1],
        "user_code": CODE.search(found[1])[1],
        "decision": "approve",
        "label": "the command line",
        "scopes": ["read", "repo:write"],
    }
    browser.open(found[1], urllib.parse.urlencode(decided, doseq=True).encode())

    out, err = waiting.communicate(timeout=SLOW)
    assert waiting.returncode == 0, said + out + err
    assert "ada" in hf("auth", "whoami", token="")


def signed_in(address: str, name: str) -> urllib.request.OpenerDirector:
    """Return a browser in which somebody has signed in."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(cookies)
    login = f"{address}/accounts/login/"
    with browser.open(login) as page:
        token = TOKEN.search(page.read().decode())[1]
    form = {"csrfmiddlewaretoken": token, "login": name, "password": PASSWORD}
    browser.open(login, urllib.parse.urlencode(form).encode())
    return browser
