"""A person learns from texts and from pictures, by pages alone."""

import zipfile

import numpy as np
import polars as pl
import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from marketplace.catalog.models import Repository
from marketplace.catalog.queries import head_of
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.readable import words_of
from tests.studio.bundles import ran, unpacked
from tests.studio.images import digits, png_of, zip_of
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
from training.studio.services.publishing import Publication, publish_model

pytestmark = pytest.mark.django_db(transaction=True)


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

    published = publish_model(
        project.owner,
        project=project,
        publication=Publication(project.owner.namespace, "digits", "Digits"),
        at=timezone.now(),
    )
    head = head_of(published)
    report.refresh_from_db()
    assert report.files.keys() >= {"model.skops", "predict.py", "model.json"}
    assert permit(head).report == report


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


def test_from_a_zip_that_is_dropped_to_a_model_that_knows_digits_again(tmp_path):
    owner = UserFactory()
    client = signed_in(owner)
    files = digits(240, classes=3) | {
        "0/cut.png": b"\x89PNG\r\n\x1a\n",
        "rare/one.png": png_of(np.eye(12) * 200),
    }
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

    is_cleared_and_knows_noise(project, client)

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
