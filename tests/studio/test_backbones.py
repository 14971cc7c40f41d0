"""Models that an operator placed: checked, asked within the walls, learnt from."""

import json
from dataclasses import replace

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from sklearn.metrics import log_loss

from licensing.models import Gate, Relation
from licensing.services import LicenceConflict
from marketplace.config import doctor
from marketplace.config.env import environment
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer
from tests.readable import words_of
from tests.serving.making import SERVER, answered
from tests.studio import backbones
from tests.studio.bundles import ran, unpacked
from tests.studio.images import digits, zip_of
from tests.studio.tables import csv_of
from tests.studio.test_projects import WORKER, begun, looked_at_by_a_worker
from tests.studio.test_words_and_pictures import PUBLISHED, published
from tests.studio.wordings import reviews
from training.backbones import offered_in, placed_in
from training.jobs import SubmissionFailed
from training.learning import Candidate, LearningPlan, Modality, Part
from training.runner.inside.wire import decode
from training.runner.studio.encoding import encoded
from training.runner.studio.keeping import judge, keep
from training.runner.studio.preparing import prepare
from training.runner.studio.scores import truth_of
from training.studio.cards import card_of
from training.studio.models import Project
from training.studio.reporting import report_on
from training.studio.working import work
from training.web import serving as pages

KINDS = LearningPlan("class", has_classes=True, seed=3, modality=Modality.IMAGE)
MOODS = LearningPlan(
    "mood", has_classes=True, seed=3, modality=Modality.TEXT, text="said"
)


@pytest.fixture
def with_features(sandbox, limits):
    def done(ready, backbone):
        wishes = {"facts": ready.facts, "limits": limits, "sandbox": sandbox}
        learning, facts = encoded(ready.learning, backbone, **wishes)
        known = replace(ready.facts, backbone=facts)
        return replace(ready, learning=learning, facts=known)

    return done


@pytest.fixture
def folder(tmp_path, settings, monkeypatch):
    """Where the operator of this site places models; nobody waits for answers here."""
    made = tmp_path / "placed"
    made.mkdir()
    site = settings.STOA.model_copy(update={"studio_backbones": made})
    settings.STOA = site
    monkeypatch.setattr(pages, "PAGE_WAITS_SECONDS", 0.0)
    return made


def known_words(frame):
    told = (text.lower().split() for text in frame["said"])
    return sorted({word.strip(".,!") for words in told for word in words})


def test_what_is_placed_is_what_was_meant_or_is_refused(tmp_path):
    eye = backbones.eye(tmp_path)
    assert eye.refused == ()
    assert eye.of(Modality.IMAGE) == eye.found(eye.backbones[0].word.sha256)
    assert eye.of(Modality.TEXT) is None
    assert offered_in(tmp_path) == {Modality.IMAGE}
    assert placed_in(None).backbones == ()
    site = environment.model_copy(update={"studio_backbones": tmp_path})
    (sound,) = doctor.backbones(site)
    assert (sound.level, sound.found) == (
        doctor.Level.OK,
        "tiny-eye: image, Apache-2.0",
    )

    (tmp_path / "tiny-eye.onnx").write_bytes(b"another")
    (tmp_path / "b.backbone.json").write_text('{"name": "b", "modality": "TABLE"}')
    word = json.loads((tmp_path / "tiny-eye.backbone.json").read_text())
    for name, wrong in (
        ("c", {"file": "../tiny-eye.onnx"}),
        ("d", {"modality": "TEXT"}),
        ("e", {"file": "none.onnx"}),
    ):
        at = tmp_path / f"{name}.backbone.json"
        at.write_text(json.dumps(word | wrong))
    found = placed_in(tmp_path)
    assert found.backbones == ()
    told = " ".join(found.refused)
    assert "tiny-eye.onnx has the SHA-256" in told
    assert "c.backbone.json: file:" in told
    assert "names its tokenizer" in told
    assert "none.onnx cannot be read: No such file" in told
    findings = list(doctor.backbones(site))
    assert {one.level for one in findings} == {doctor.Level.FAIL}
    assert [one.found for one in findings] == list(found.refused)


def test_features_of_a_placed_network_are_learnt_from_and_asked_for_anew(
    tmp_path, fitted, with_features, sandbox, limits
):
    files = digits(150, classes=3)
    pictures = tmp_path / "pictures.zip"
    pictures.write_bytes(zip_of(files))
    ready = prepare(pictures, form="zip", plan=KINDS, sandbox=sandbox)
    eye = backbones.eye(tmp_path).backbones[0]
    ready = with_features(ready, eye)
    assert ready.facts.backbone.ms_per_row > 0

    found = fitted(ready, KINDS, ["baseline", "shapes", "features"])
    assert found["features"].scores[0].value < 0.8 * found["baseline"].scores[0].value
    assert found["features"].size_bytes > eye.model.stat().st_size
    wishes = {"facts": ready.facts, "limits": limits, "sandbox": sandbox}
    both = {Candidate("features", 1): 0.5, Candidate("shapes", 1): 0.5}
    kept = keep(ready.learning, both, **wishes)
    judged = judge(kept.model, ready.test, backbone=eye, **wishes)
    truth = truth_of(ready.test, Part.TEST)
    assert (judged.answers.argmax(axis=1) == truth).mean() > 0.85
    alone = keep(ready.learning, {Candidate("shapes", 1): 1.0}, **wishes)
    judge(alone.model, ready.test, **wishes)

    other = tmp_path / "other"
    other.mkdir()
    broken = backbones.placed(
        other,
        "broken",
        {"modality": "IMAGE", "licence": "MIT", "side": 20},
        file=backbones.picture_onnx(),
    )
    (one,) = placed_in(broken.parent).backbones
    with pytest.raises(SubmissionFailed, match="operator placed cannot be used"):
        with_features(ready, one)


def test_the_mean_of_words_and_of_a_placed_encoder_tells_moods(
    prepared, fitted, with_features, tmp_path, sandbox, limits
):
    frame = reviews(240)
    reader = backbones.reader(tmp_path, known_words(frame)).backbones[0]
    ready = with_features(prepared(frame, MOODS), reader)
    arrays, _ = decode(ready.learning)
    points = arrays["encoded"].view("<f4")
    assert np.linalg.norm(points, axis=1) == pytest.approx(1.0, abs=1e-5)

    found = fitted(ready, MOODS, ["baseline", "words", "meaning", "words_meaning"])
    baseline = found["baseline"].scores[0].value
    for name in ("words", "meaning", "words_meaning"):
        assert found[name].scores[0].value < baseline, name
    wishes = {"facts": ready.facts, "limits": limits, "sandbox": sandbox}
    members = {Candidate("words_meaning", 1): 0.5, Candidate("words", 1): 0.5}
    kept = keep(ready.learning, members, **wishes)
    judged = judge(kept.model, ready.test, backbone=reader, **wishes)
    assert judged.scores[0].value == pytest.approx(
        log_loss(truth_of(ready.test, Part.TEST), judged.answers), rel=1e-4
    )
    assert judged.scores[0].value < baseline


def done_by(worker, project):
    work(project.run_id, worker=worker)
    project = Project.objects.select_related("run").get(pk=project.pk)
    assert project.run.failure_message == ""
    return project


def trained(worker, project, page, keys, **chosen):
    """Train for a moment on what is placed, keep the first of `keys`, open the test."""
    client = signed_in(project.owner)
    project = done_by(worker, project)
    answer = client.post(page, {"budget": 60, "learners": keys, **chosen})
    assert answer.status_code == 302, words_of(answer)
    Project.objects.update(budget_seconds=4)
    project = done_by(worker, Project.objects.get())
    assert {trial.learner for trial in project.trials.all()} == {"baseline", *keys}
    assert " has encoded the rows in " in " ".join(project.run.log_tail)
    client.post(f"{page}/keep", {"key": keys[0]})
    project = done_by(worker, Project.objects.get())
    client.post(f"{page}/test")
    return done_by(worker, Project.objects.get())


@pytest.mark.django_db(transaction=True)
def test_a_model_built_on_a_placed_network_is_taken_home_judged_and_asked(
    tmp_path, folder
):
    placed, home = backbones.eye(folder), tmp_path / "home"
    worker = replace(WORKER, placed=placed)
    owner, files = UserFactory(), digits(120, classes=3)
    client = signed_in(owner)
    dropped = SimpleUploadedFile("digits.zip", zip_of(files))
    page = client.post("/studio", {"file": dropped})["Location"]
    work(Project.objects.get().run_id, worker=worker)
    assert "Features of a placed network" in words_of(client.get(page))
    project = trained(worker, Project.objects.get(), page, ["features"])
    assert "Built on tiny-eye" in words_of(client.get(page))

    report = report_on(project)
    looked_at_by_a_worker(report.run_id, placed=placed)
    report.refresh_from_db()
    assert report.run.failure_message == ""
    assert report.figures is not None

    unpacked(project, home)
    (home / "digits.zip").write_bytes(zip_of(files))
    assert "The same." in ran(home, "--verify", "digits.zip")
    assert "Apache License" in (home / "backbone-LICENCE.txt").read_text()
    told = json.loads((home / "model.json").read_text())["backbone"]
    assert (told["name"], told["is_held"]) == ("tiny-eye", True)
    assert "include-licence-text" in told["terms"]["owed"]
    (home / "backbone.onnx").write_bytes(b"another")
    with pytest.raises(AssertionError, match="is another file than the one"):
        ran(home, "digits.zip")

    model = published(owner, page, "built-on")
    source = model.work.sources.get(title="tiny-eye")
    assert source.licence_id == "Apache-2.0"
    assert source.uses.get().relation == Relation.COLLECT
    assert make_offer(model.work).terms.gate == Gate.OBLIGATIONS
    card = card_of(project, "Digits")
    assert "tiny-eye, from https://models.example/, of the licence Apache-2.0" in card
    digit = SimpleUploadedFile("a.png", files["2/n0002.png"])
    asked = client.post(f"/models/{model}/try", {"picture": digit})["Location"]
    found = answered(asked.rpartition("/")[2]).told
    assert found[0]["guess"] == "2"


@pytest.mark.django_db(transaction=True)
def test_what_is_built_on_a_model_without_commerce_is_published_and_never_sold(folder):
    placed = backbones.eye(folder, licence="CC-BY-NC-4.0")
    worker, owner = replace(WORKER, placed=placed), UserFactory()
    dropped = SimpleUploadedFile("digits.zip", zip_of(digits(120, classes=3)))
    page = signed_in(owner).post("/studio", {"file": dropped})["Location"]
    work(Project.objects.get().run_id, worker=worker)
    trained(worker, Project.objects.get(), page, ["features"])

    model = published(owner, page, "built-on")

    assert make_offer(model.work, price_minor=0, licence_id="CC-BY-4.0")
    with pytest.raises(LicenceConflict, match=r"CC-BY-NC-4\.0"):
        make_offer(model.work, code="paid", price_minor=100_00)


@pytest.mark.django_db(transaction=True)
def test_an_encoder_that_may_not_be_passed_on_is_named_and_asked_where_it_is_placed(
    tmp_path, folder
):
    said, home = reviews(160), tmp_path / "home"
    placed = backbones.reader(
        folder, known_words(said), licence="LicenseRef-scancode-proprietary-license"
    )
    worker, owner = replace(WORKER, placed=placed), UserFactory()
    project = begun(owner, table=csv_of(said))
    page = f"/studio/{project.pk}"
    chosen = {"target": "mood", "kind": "TOLD", "text": "said"}
    chosen |= {"judges_words": "on", "flagged": "bad"}
    project = trained(worker, project, page, ["words_meaning"], **chosen)

    report = report_on(project)
    looked_at_by_a_worker(report.run_id, placed=placed)
    report.refresh_from_db()
    assert report.run.failure_message == ""

    unpacked(project, home)
    (home / "table.csv").write_bytes(csv_of(said))
    names = {each.name for each in home.iterdir()}
    assert names.isdisjoint({"backbone.onnx", "tokenizer.json", "backbone-LICENCE.txt"})
    with pytest.raises(AssertionError, match="It is a file of tiny-reader"):
        ran(home, "table.csv")
    (reader,) = placed.backbones
    (home / "backbone.onnx").write_bytes(reader.model.read_bytes())
    (home / "tokenizer.json").write_bytes(reader.tokenizer.read_bytes())
    assert "The same." in ran(home, "--verify", "table.csv")

    said = {"namespace": owner.namespace.name, "name": "moods", **PUBLISHED}
    refused = words_of(signed_in(owner).post(page, said))
    assert f"{said['licence_id']} is not possible here" in refused
    model = published(owner, page, "moods", licence_id="")
    assert "It may not be passed on" in card_of(project, "Moods")
    with pytest.raises(LicenceConflict, match="terms"):
        make_offer(model.work)
    asked = {"text": "I found the soup dreadful on Monday and told everyone number 5."}
    for server, is_told in ((SERVER, False), (replace(SERVER, placed=placed), True)):
        there = signed_in(owner).post(f"/models/{model}/try", asked)["Location"]
        prediction = answered(there.rpartition("/")[2], server)
        if is_told:
            assert prediction.told[0]["guess"] == "yes"
        else:
            assert "is not placed here any more" in prediction.run.failure_message
