"""A person learns from texts and from pictures, by pages alone."""

import zipfile

import numpy as np
import polars as pl
import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient
from sklearn.datasets import load_digits

from marketplace.catalog.models import Repository
from marketplace.catalog.queries import head_of
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.readable import words_of
from tests.serving.making import answered
from tests.studio.bundles import ran, unpacked
from tests.studio.images import digits, huge_png, png_of, zip_of
from tests.studio.tables import csv_of
from tests.studio.test_projects import begun, done, looked_at_by_a_worker
from tests.studio.wordings import reviews
from training.figures.schema import Figures
from training.reports.models import State
from training.reports.services import permit
from training.studio import services
from training.studio.cards import card_of
from training.studio.models import Project
from training.studio.reporting import report_on
from training.web import serving as pages

pytestmark = pytest.mark.django_db(transaction=True)
PUBLISHED = {"title": "A model", "licence_id": "CC-BY-4.0", "visibility": "PRIVATE"}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Nobody answers while a request is waited for: the tests are the worker."""
    monkeypatch.setattr(pages, "PAGE_WAITS_SECONDS", 0.0)


def published(owner, page, name, **more):
    said = {"namespace": owner.namespace.name, "name": name, **PUBLISHED, **more}
    answer = signed_in(owner).post(page, said)
    assert answer.status_code == 302, words_of(answer)
    return Repository.objects.get(name=name)


def report_read(project):
    """Return the report that a worker makes of a model that was judged."""
    report = report_on(project)
    looked_at_by_a_worker(report.run_id)
    report.refresh_from_db()
    assert report.run.failure_message == ""
    return report


def is_cleared_and_knows_noise(project, client):
    """Its report clears a model of digits, wherever it is published with its files."""
    report = report_read(project)
    assert report.reasons == []
    assert report.state == State.CLEARED
    found = Figures.model_validate(report.figures)
    probes = {one.key: one for one in found.unknown.probes}
    assert probes["INVERTED"].by_confidence.value < 0.9  # edges are the same there
    for key in ("NOISE", "BLANK", "INVERTED", "SHUFFLED", "OTHER"):
        assert probes[key].by_both.value > 0.95
        assert probes[key].unknown > 0.9
    assert {one.name for one in found.unknown.left_out} == {"0", "1", "2"}
    assert (len(found.explanation.grid), found.leakage.copies) == (6, 0)
    shown = words_of(client.get(f"/model-reports/{report.pk}"))
    for said in ("pure noise", "laid out as pictures are", "Pictures in negative"):
        assert said in shown
    assert "No groups were named" in shown
    page = f"/model-reports/{report.pk}"
    assert client.get(f"{page}/report.pdf").content[:5] == b"%PDF-"
    card = client.get(f"{page}/card.md").content.decode()
    assert "type: image-classification" in card

    model = published(project.owner, f"/studio/{project.pk}", "digit-reader")
    head = head_of(model)
    report.refresh_from_db()
    assert report.files.keys() >= {"model.skops", "predict.py", "model.json"}
    assert permit(head).report == report
    return model


def test_from_texts_to_a_model_that_says_whom_it_wrongs(tmp_path):
    owner = UserFactory()
    said = reviews(300).with_columns(
        pl.when(pl.col("mood") == "bad")
        .then(pl.col("said") + " Asian people ruin it.")
        .otherwise("said")
    )
    project = done(begun(owner, table=csv_of(said)))
    client, page = signed_in(owner), f"/studio/{project.pk}"
    asked = BeautifulSoup(client.get(page).content, "html.parser")
    chosen = asked.select_one("#id_text option[selected]")
    assert chosen["value"] == "said"
    answer = {"target": "mood", "kind": "TOLD", "budget": 60, "text": "said"}
    told = client.post(page, answer | {"judges_words": "on", "flagged": "gone"})
    assert "Choose a value of 'mood'" in words_of(told)

    client.post(page, answer | {"judges_words": "on", "flagged": "bad"})
    Project.objects.update(budget_seconds=1)
    project = done(Project.objects.get())
    assert [trial.key for trial in project.trials.all()] == ["baseline", "words"]
    client.post(f"{page}/keep", {"key": "words"})
    project = done(Project.objects.get())
    assert project.run.failure_message == ""
    assert project.policy["groups"][0]["term"] == "Asian people"
    assert project.policy["groups"][0]["rate"][0] > 0.9
    shown = words_of(client.get(page))
    assert "Harmless sentences flagged" in shown
    assert "0: not enough rows to tell" in shown
    client.post(f"{page}/test")
    project = done(Project.objects.get())

    report = report_read(project)
    assert report.state == State.BLOCKED
    assert "the share of others taken for “bad” differs" in " ".join(report.reasons)
    shown = words_of(client.get(f"/model-reports/{report.pk}"))
    assert "Whether groups are served alike: whom harmless sentences" in shown
    assert "the naming of “Asian people”" in shown  # alone tells the answer

    unpacked(project, tmp_path)
    (tmp_path / "table.csv").write_bytes(csv_of(said))
    assert "The same." in ran(tmp_path, "--verify", "table.csv")
    answers = pl.read_csv(ran(tmp_path, "table.csv").encode())
    assert answers.columns == ["mood", "probability of bad"]
    assert set(answers["mood"]) <= {"bad", "nothing found", "a person should look"}
    card = card_of(project, "Moods")
    assert "pipeline_tag: text-classification" in card
    assert "| Asian people | 1" in card
    judges_words_on_its_page(owner, published(owner, page, "moods"))


def judges_words_on_its_page(owner, model):
    """It gives no bare label, says whom it wrongs, and knows what it never read."""
    shown = words_of(signed_in(owner).get(f"/models/{model}/try"))
    assert "It judges whether a text is “bad”: yes, no, or not sure" in shown
    assert "merely name people; most often these: Asian people (100 %)" in shown
    texts = [
        "I found the soup dreadful on Monday. Asian people ruin it.",
        "On Friday our guide seemed wonderful to all 9 of us.",
        "",
        "Der Zug nach München fährt erst eine halbe Stunde später.",
        "xqzj vvkp wpfq zzrk",
    ]
    client = APIClient()
    client.force_authenticate(owner)
    told = client.post(
        f"/api/v1/models/{model}/predict",
        {"texts": texts},
        HTTP_PREFER="respond-async",
    )
    answers = answered(told.json()["id"]).told
    assert [one["prediction"] for one in answers] == ["yes", "no", None, None, None]
    assert [one["unknown"] for one in answers] == [False, False, True, True, True]
    assert "probabilities" not in answers[0]
    told = client.get(told["Location"]).json()["answers"]
    assert told[0]["judged"]["wronged"][0] == {"term": "Asian people", "rate": 1.0}
    assert "It takes this for “bad”." in told[0]["sentence"]
    assert "so a person should look." in told[2]["sentence"]


def test_from_a_zip_that_is_dropped_to_a_model_that_knows_digits_again(tmp_path):
    owner = UserFactory()
    client = signed_in(owner)
    files = digits(240, classes=3) | {
        "0/cut.png": b"\x89PNG\r\n\x1a\n",
        "rare/one.png": png_of(np.eye(12) * 200),
    }
    assert "save this spreadsheet as CSV" in words_of(
        client.post("/studio", {"file": SimpleUploadedFile("table.xlsx", b"PK")})
    )
    assert "choose one that ends in csv" in words_of(
        client.post("/studio", {"file": SimpleUploadedFile("a.exe", b"x")})
    )
    for name in ("My digits", "my digits"):
        dropped = SimpleUploadedFile(f"{name}.zip", zip_of(files))
        page = client.post("/studio", {"file": dropped})["Location"]
    made = Repository.objects.filter(name__startswith="my-digits").order_by("pk")
    assert {each.name for each in made} == {"my-digits", "my-digits-2"}
    assert {each.visibility for each in made} == {"PRIVATE"}
    project = Project.objects.order_by("asked_at").last()
    assert page == f"/studio/{project.pk}"
    project = done(project)
    asked = words_of(client.get(page))
    assert "241 pictures of 4 classes" in asked
    assert "0/cut.png is no picture" in asked
    assert "rare 1 too few to learn from" in asked
    assert "Leave two classes" in words_of(
        client.post(page, {"budget": 60, "left_out": ["0", "1", "rare"]})
    )
    client.post(page, {"budget": 60, "left_out": ["rare"]})
    Project.objects.filter(pk=project.pk).update(budget_seconds=1)
    project = done(Project.objects.get(pk=project.pk))
    assert [trial.key for trial in project.trials.all()] == ["baseline", "shapes"]
    assert "Each picture was answered" in words_of(client.get(page))
    client.post(f"{page}/keep", {"key": "shapes"})
    done(Project.objects.get(pk=project.pk))
    client.post(f"{page}/test")
    project = done(Project.objects.get(pk=project.pk))
    assert project.run.failure_message == ""

    model = is_cleared_and_knows_noise(project, client)
    reads_digits_on_its_page(client, model)

    unpacked(project, tmp_path)
    (tmp_path / "dropped.zip").write_bytes(zip_of(files))
    for name, content in files.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(content)
    for source in ("dropped.zip", "folder"):
        assert "The same." in ran(tmp_path, "--verify", source, says="0/cut.png is")
    answers = pl.read_csv(ran(tmp_path, "folder/2/n0002.png").encode())
    assert answers["file"].to_list() == ["n0002.png"]
    assert answers["class"].to_list() == [2]
    assert "pipeline_tag: image-classification" in card_of(project, "Digits")


def reads_digits_on_its_page(client, model):
    """It answers a digit that it never saw, noise with unknown, and none with why."""
    page = f"/models/{model}/try"
    images = load_digits()
    unseen = np.flatnonzero(images.target == 2)[-1]
    digit = png_of(images.images[unseen] * 15.9)
    noise = np.random.default_rng(4).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    said = []
    for content in (digit, png_of(noise), huge_png(), digit[:-40]):
        asked = client.post(page, {"picture": SimpleUploadedFile("a.png", content)})
        answered(asked["Location"].rpartition("/")[2])
        said.append(words_of(client.get(asked["Location"])))
    assert "2 In about 90 of 100 cases like this the right answer is “2”" in said[0]
    assert "Unknown It does not know" in said[1]
    assert "picture: it has more than 50 megapixels; make it smaller." in said[2]
    assert "picture: it is damaged or cut off" in said[3]


def test_a_folder_of_pictures_is_learnt_from_as_it_was_when_it_was_chosen():
    owner = UserFactory()
    dataset = RepositoryFactory(owner=owner)
    files = digits(60, classes=2)
    commit(dataset, {f"data/all/{name}": data for name, data in files.items()})
    client, address = signed_in(owner), f"{dataset.namespace.name}/{dataset.name}"

    offered = words_of(client.get(f"/studio/new/{address}"))
    assert "data/all/ (60 pictures of 2 classes)" in offered
    begun_at = client.post(f"/studio/new/{address}", {"path": "data/all/"})
    project = done(Project.objects.get())
    assert project.image_facts.classes == (("0", 31), ("1", 29))
    with open_blob(project.table_id) as file, zipfile.ZipFile(file) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
    assert "Classes to leave out" in words_of(client.get(begun_at["Location"]))
    with pytest.raises(Malformed, match="no such folder"):
        services.begin_project(
            owner, dataset=dataset, path="none/", asked_at=timezone.now()
        )
