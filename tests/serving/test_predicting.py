"""Somebody asks a model on its page and by program, and the sandbox answers."""

import io

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from PIL import Image
from rest_framework.test import APIClient

from licensing.services.licences import licence_row
from marketplace.kit.content_security import HEADER
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order, pay
from tests.readable import words_of
from tests.serving.making import PICTURES, answered, birds, brightness, cleared
from training.reports.models import State
from training.runs.models import Run, RunStatus
from training.serving.models import DailyUse, Prediction
from training.serving.services import MOST_AT_ONCE
from training.web import serving as pages

pytestmark = pytest.mark.django_db(transaction=True)
ROW = {"length": 1, "colour": "white"}
AT_ONCE = {"HTTP_PREFER": "respond-async"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Nobody answers while a request is waited for: the tests are the worker."""
    monkeypatch.setattr(pages, "PAGE_WAITS_SECONDS", 0.0)


def program(user=None):
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client


def predict(user, model, body, **more):
    path = f"/api/v1/models/{model}/predict"
    return program(user).post(path, body, **{**AT_ONCE, **more})


def test_a_member_asks_on_the_page_and_is_told_how_sure_it_is_and_when_it_is_not():
    owner, member = UserFactory(), UserFactory()
    model = birds(owner)
    cleared(model, owner)
    page, browser = f"/models/{model}/try", signed_in(member)

    shown = browser.get(page)
    form = BeautifulSoup(shown.content, "html.parser")
    assert [one.text.split()[0] for one in form.select(".field label")] == [
        *("length", "colour"),
    ]
    assert "lay between -2 and 2" in words_of(shown)
    assert "Sign in" in words_of(Client().get(page))
    assert "/accounts/login/" in Client().post(page)["Location"]
    wrong = browser.post(page, {"column-0": "long", "column-1": "white"})
    assert "'long' is not a number." in words_of(wrong)
    assert not Prediction.objects.exists()

    asked = browser.post(page, {"column-0": "1.5", "column-1": "grey"})
    at = asked["Location"]
    assert "http-equiv" in browser.get(at).content.decode()
    prediction = answered(at.rpartition("/")[2])
    assert (prediction.run.failure_message, bytes(prediction.asked)) == ("", b"")
    told = words_of(browser.get(at))
    assert "gull In about 90 of 100 cases" in told
    assert "62 %" in told  # softmax of 1.5 and 1
    again = browser.get(f"{page}?again={prediction.pk}").content.decode()
    assert 'value="1.5"' in again

    strange = browser.post(page, {"column-0": "9000", "column-1": "grey"})["Location"]
    answered(strange.rpartition("/")[2])
    told = words_of(browser.get(strange))
    assert "Unknown It does not know" in told
    assert "Its guess would have been “gull”." in told
    assert "length: nearly all that it learnt from lay between -2 and 2." in told

    for other in (signed_in(owner), signed_in(UserFactory(is_staff=True))):
        assert other.get(at).status_code == 404
    used = DailyUse.objects.get()
    assert (used.account, used.requests, used.inputs) == (member.namespace, 2, 2)
    assert used.unknown == 1
    assert used.cpu_ms > 0
    told = words_of(signed_in(owner).get(f"/models/{model}/uses"))
    assert "2 2 1 1" in told
    assert browser.get(f"/models/{model}/uses").status_code == 403


def test_a_program_sends_many_rows_and_learns_what_is_wrong_with_which():
    owner = UserFactory()
    model = birds(owner)
    path = f"/api/v1/models/{model}/predict"

    called = program(owner).get(path).json()
    assert (called["target"], called["knows_unknown"]) == ("species", True)
    assert [one["name"] for one in called["columns"]] == ["length", "colour"]
    for body, says in (
        ({}, "rows: send rows, texts or a picture"),
        ({"rows": []}, "rows: send a list of 1 to 1,000"),
        ({"rows": [ROW] * 1001}, "rows: send a list of 1 to 1,000"),
        ({"rows": [ROW, 3]}, "rows[1]: send a record"),
        ({"rows": [{"length": 1}]}, "rows[0]: column colour is missing"),
        ({"rows": [ROW | {"age": 1}]}, "rows[0]: there is no column 'age'"),
        ({"rows": [ROW | {"length": "abc"}]}, "column length: 'abc' is not a number"),
        ({"rows": [ROW | {"length": "nan"}]}, "column length: 'nan' is not a number"),
        ({"rows": [ROW | {"colour": []}]}, "column colour: give a text or a number"),
        ({"texts": ["a"]}, "rows: this model takes rows"),
    ):
        refused = predict(owner, model, body)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
        assert says in refused.json()["detail"]
    assert not Run.objects.filter(task="serving.answer").exists()

    rows = [ROW, {"length": -2.5, "colour": "grey"}, {"length": "0", "colour": "red"}]
    asked = predict(owner, model, {"rows": rows})
    assert (asked.status_code, asked["Location"]) == (202, asked.json()["url"])
    answered(asked.json()["id"])
    told = program(owner).get(asked["Location"]).json()
    assert told["status"] == RunStatus.SUCCEEDED
    assert [one["guess"] for one in told["answers"]] == ["gull", "tern", "tern"]
    assert told["answers"][0]["probabilities"]["gull"] == pytest.approx(0.731, abs=1e-3)
    assert told["answers"][2]["notes"] == ["colour: it never met 'red'."]
    assert told["cpu_seconds"] > 0
    assert program(UserFactory()).get(asked["Location"]).status_code == 404

    waiting = [predict(owner, model, {"rows": [ROW]}) for _ in range(MOST_AT_ONCE + 1)]
    assert [one.status_code for one in waiting] == [202] * MOST_AT_ONCE + [429]
    assert waiting[-1].json()["code"] == "too_many_predictions"


def test_who_may_have_it_answer():
    owner, stranger, buyer = UserFactory(), UserFactory(), UserFactory()
    staff = UserFactory(is_staff=True)
    model = birds(owner)
    model.work.licence = licence_row("LicenseRef-Stoa-Commercial-1.0")
    model.work.save(update_fields=["licence"])
    offer = make_offer(model.work)
    private = birds(owner, visibility="PRIVATE")

    def answers(model):
        return {
            who: (found.status_code, found.json().get("code"))
            for who, user in {
                "anonymous": None,
                "stranger": stranger,
                "buyer": buyer,
                "owner": owner,
                "staff": staff,
            }.items()
            for found in [predict(user, model, {"rows": [ROW]})]
        }

    pay(make_order(offer, buyer))
    before = answers(model)
    assert before["anonymous"] == (401, "not_authenticated")
    assert before["stranger"] == (403, "purchase_required")
    assert before["buyer"] == (409, "not_cleared")
    assert before["owner"] == (202, None)
    cleared(model, owner, state=State.BLOCKED)
    blocked = predict(buyer, model, {"rows": [ROW]}).json()
    assert "It is surer than it is right." in blocked["detail"]
    cleared(model, owner, paths=["calibration.json"])
    assert "of other files" in predict(buyer, model, {"rows": [ROW]}).json()["detail"]
    cleared(model, owner)
    after = answers(model)
    assert after["stranger"] == (403, "purchase_required")
    assert after["buyer"] == after["owner"] == (202, None)
    hidden = answers(private)
    assert hidden["stranger"] == hidden["buyer"] == (404, "not_found")
    assert hidden["owner"] == (202, None)
    page = words_of(signed_in(stranger).get(f"/models/{model}/try"))
    assert "Go there" in page


def test_another_page_shows_it_to_anybody_without_cookies_once_its_owners_allow():
    owner, member = UserFactory(), UserFactory()
    model = birds(owner)
    frame, uses = f"/embed/{model}", f"/models/{model}/uses"
    visitor = signed_in(member)  # whom the frame does not know
    assert visitor.get(frame).status_code == 404
    assert visitor.post(uses).status_code == 403
    signed_in(owner).post(uses)
    assert "no report yet" in words_of(visitor.get(frame))
    cleared(model, owner)

    shown = visitor.get(frame)
    assert "frame-ancestors *" in shown.headers[HEADER]
    assert "X-Frame-Options" not in shown.headers
    asked = visitor.post(frame, {"column-0": "1.5", "column-1": "white"})
    told = answered(asked["Location"].rpartition("/")[2])
    answer = visitor.get(asked["Location"])
    assert "gull In about 90 of 100 cases" in words_of(answer)
    assert [one.cookies.output() for one in (shown, asked, answer)] == [""] * 3
    assert "frame-ancestors 'none'" in visitor.get("/").headers[HEADER]
    assert (told.caller, told.account, told.run.owner) == (
        *(None, model.namespace, owner),
    )
    assert visitor.get(f"/predictions/{told.pk}").status_code == 404

    free = Client().get(f"/models/{model}/try")
    assert "'wasm-unsafe-eval'" in free.headers[HEADER]
    raw = BeautifulSoup(free.content, "html.parser").select_one("[data-try-here]")
    assert Client().get(raw["data-model"]).status_code in {200, 302}
    for _ in range(12):
        last = visitor.post(frame, {"column-0": "2", "column-1": "white"})
    assert "Wait for their answers" in words_of(last) or "a minute" in words_of(last)
    signed_in(owner).post(uses, {"end": "1"})
    assert visitor.get(frame).status_code == 404


def test_pictures_are_decoded_in_the_walls_alone_and_bad_ones_told_of():
    owner = UserFactory()
    model = RepositoryFactory(owner=owner, model=True)
    path = f"/models/{model}/try"
    browser = signed_in(owner)
    assert "There is nothing in it yet" in words_of(browser.get(path))
    commit(model, {"README.md": "# A model"})
    assert "Propose how it is called" in words_of(browser.get(path))
    commit(model, {"signature.json": b'{"schema": "stoa.signature/1"}'})
    assert "takes: it should be one of ROW, TEXT, IMAGE" in words_of(browser.get(path))
    commit(model, {"signature.json": PICTURES.as_bytes()})
    assert "“model.onnx”, which is not there" in words_of(browser.get(path))
    commit(model, {"model.onnx": brightness()})

    out = io.BytesIO()
    Image.new("RGB", (60, 40), (250, 250, 250)).save(out, "PNG")
    good = io.BytesIO(out.getvalue())
    torn = io.BytesIO(out.getvalue()[:60])
    good.name = torn.name = "sky.png"
    refused = browser.post(path, {"picture": io.BytesIO(b"MZ")})
    assert "picture: send a PNG, JPEG or WebP file." in words_of(refused)
    seen = []
    for picture in (good, torn):
        at = browser.post(path, {"picture": picture})["Location"]
        answered(at.rpartition("/")[2])
        seen.append(words_of(browser.get(at)))
    assert "day It came without a calibration" in seen[0]
    assert "sky.png" in seen[0]
    assert "picture: it cannot be read." in seen[1]
