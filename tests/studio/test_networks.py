"""The small network for pictures: slice by slice, and all the way by services."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from marketplace.storage.services import store_bytes
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.readable import words_of
from tests.studio.bundles import ran, unpacked
from tests.studio.images import digits, zip_of
from tests.studio.test_projects import WORKER, done
from tests.studio.test_words_and_pictures import report_read
from training.reports.models import State
from training.runner.inside.studio.network import Kept, answers_of, file_of
from training.runner.inside.studio.network import words_of as said_in
from training.runner.inside.studio.network_training import DECAY, PACED, Adam, Training
from training.runner.studio import networks
from training.runner.studio.choosing import beats_baseline, recommended
from training.runner.studio.facts import Fitted
from training.runs.models import RunStatus
from training.studio.bench import Bench, checkpoint_of
from training.studio.cards import card_of
from training.studio.models import Project
from training.studio.working import work

SIDE = 16


@pytest.fixture(scope="module")
def pictures():
    """Return (65, 768) pixels, brighter on one side, and on which."""
    chance = np.random.default_rng(1)
    target = np.arange(65) % 2
    pixels = chance.integers(0, 80, (65, SIDE, SIDE, 3), dtype=np.uint8)
    pixels[target == 1, :, SIDE // 2 :] += 120
    pixels[target == 0, :, : SIDE // 2] += 120
    return pixels.reshape(65, -1), target


def trained(training, pictures, *, seconds=1e6, left_seconds=None, epochs=12.0):
    told = []
    training.train(
        *pictures,
        epochs=epochs,
        seconds=seconds,
        left_seconds=left_seconds,
        to_answer=10,
        tell=lambda *said: told.append(said),
    )
    return told


def test_what_is_put_down_and_taken_up_again_is_as_if_it_never_had_been(pictures):
    whole = Training(SIDE, 2, seed=5)
    told = trained(whole, pictures)
    assert (whole.done, whole.meant, told[-1][:2]) == (12, 12, (12, 12))

    before = Training(SIDE, 2, seed=5)
    while not before.is_done:
        trained(before, pictures, seconds=0.0)
        after = Training(SIDE, 2, seed=99)
        after.seed = 5
        after.resume(before.checkpoint())
        assert (after.done, after.seconds) == (before.done, before.seconds)
        before = after
    pixels, target = pictures
    answers = answers_of(whole.module, pixels)
    assert np.array_equal(answers_of(before.module.eval(), pixels), answers)
    assert (answers.argmax(axis=1) == target).all()
    kept = Kept(file_of(whole.module, SIDE))
    assert np.array_equal(kept.predict_proba(pixels), answers)
    other = Training(SIDE, 2, seed=6)
    trained(other, pictures)
    assert not np.array_equal(answers_of(other.module, pixels), answers)


def test_fewer_steps_are_meant_where_time_does_not_suffice(pictures):
    hasty = Training(SIDE, 2, seed=5)
    trained(hasty, pictures, left_seconds=0.0)
    assert (hasty.done, hasty.meant) == (PACED, PACED)
    patient = Training(SIDE, 2, seed=5)
    trained(patient, pictures, left_seconds=1e6)
    assert patient.done == 12


def test_a_network_that_time_cut_short_goes_on_and_falls_from_the_top_anew(pictures):
    hasty = Training(SIDE, 2, seed=5)
    trained(hasty, pictures, left_seconds=0.0)
    assert hasty.is_cut_short
    after = Training(SIDE, 2, seed=5)
    after.resume(hasty.checkpoint(has_ended=True))
    told = trained(after, pictures, left_seconds=1e6)
    assert (after.begun, after.done, after.meant) == (PACED, 12, 12)
    assert told[-1][:2] == (12, 12)
    assert not after.is_cut_short
    between = Training(SIDE, 2, seed=5)
    between.resume(hasty.checkpoint(has_ended=True))
    trained(between, pictures, seconds=0.0)
    again = Training(SIDE, 2, seed=5)
    again.resume(between.checkpoint())
    trained(again, pictures)
    pixels, _ = pictures
    assert np.array_equal(
        answers_of(again.module, pixels), answers_of(after.module, pixels)
    )


def test_the_weights_move_as_by_the_adam_of_torch():
    chance = torch.Generator().manual_seed(3)
    ours, theirs = torch.nn.Linear(4, 3), torch.nn.Linear(4, 3)
    theirs.load_state_dict(ours.state_dict())
    adam = Adam(dict(ours.named_parameters()))
    known = torch.optim.AdamW(theirs.parameters(), lr=0.1, weight_decay=DECAY)
    for number in range(1, 6):
        rows = torch.randn(8, 4, generator=chance)
        for module in (ours, theirs):
            module(rows).square().sum().backward()
        adam.step(number, rate=0.1)
        known.step()
        known.zero_grad()
    assert torch.allclose(ours.weight, theirs.weight, atol=1e-6)
    assert torch.allclose(ours.bias, theirs.bias, atol=1e-6)


def fitted(losses, *, rows):
    """Return what answers the last of its rows alone, if `rows` are more than losses."""
    held_back = np.full((rows - 40, 2), np.nan if len(losses) < rows else 0.5)
    return Fitted(held_back, np.full((40, 2), 0.5), (), np.asarray(losses))


def test_a_network_is_held_against_the_others_on_the_pictures_that_it_answers():
    chance = np.random.default_rng(2)
    easy, noise = chance.uniform(0.3, 0.5, 200), chance.normal(0, 0.01, 200)
    easy[:160] = 0.0  # whatever the others do there, the network does not answer
    found = {
        "baseline": fitted(easy + 0.7 + chance.normal(0, 0.01, 200), rows=200),
        "shapes": fitted(easy, rows=200),
        "network": fitted((easy + noise)[160:], rows=200),
    }
    learners = {name: name for name in found} | {"network": "picture_network"}

    assert recommended(found, learners) == "shapes"
    found["network"] = fitted((easy + noise)[160:] - 0.2, rows=200)
    assert recommended(found, learners) == "network"
    alone = {name: found[name] for name in ("baseline", "network")}
    assert beats_baseline(alone, learners)
    alone["network"] = fitted(easy[160:] + 0.7, rows=200)  # no better than it
    assert not beats_baseline(alone, learners)


@pytest.mark.django_db(transaction=True)
def test_a_network_outlives_its_worker_and_is_taken_home(tmp_path, monkeypatch):
    client, files = signed_in(UserFactory()), digits(200, classes=3)
    dropped = SimpleUploadedFile("digits.zip", zip_of(files))
    page = client.post("/studio", {"file": dropped})["Location"]
    done(Project.objects.get())
    client.post(page, {"budget": 60, "learners": ["picture_network"]})
    loses_its_worker_after_a_step(Project.objects.get(), monkeypatch)
    monkeypatch.setattr(networks, "MOST_EPOCHS", 100)  # that was decided before
    project = done(Project.objects.get(), replace(WORKER, name="two"))

    assert (project.run.status, project.checkpoint) == (RunStatus.SUCCEEDED, None)
    network = project.trials.get(learner="picture_network")
    assert (network.fault, network.settings) == ("", [["epochs", 12.0]])
    assert project.recommended == network.key
    shown = words_of(client.get(page))
    for said in (
        "Small network for pictures Recommended epochs 12",
        "judged on the 32 pictures to choose by alone",
        "Small network for pictures: Epoch 12 of 12 (each goes once",
        "a network would have to learn anew",
    ):
        assert said in shown

    cut_short(project, network)
    assert "The budget cut the network short" in words_of(client.get(page))
    client.post(f"{page}/go-on", {"more": 60})
    project = done(Project.objects.get())
    network.refresh_from_db()
    assert (network.settings, project.checkpoint) == ([["epochs", 15.0]], None)
    assert network.scores[0]["value"] < 9.0

    client.post(f"{page}/keep", {"key": network.key})
    project = done(Project.objects.get())
    assert (project.run.failure_message, project.types) == ("", [])
    assert "As ONNX it answers the same but for" in words_of(client.get(page))
    client.post(f"{page}/test")
    project = done(Project.objects.get())
    accuracy = next(one for one in project.test_scores if one["name"] == "accuracy")
    assert accuracy["value"] > 0.8
    assert "library_name: pytorch" in card_of(project, "Digits")
    report = report_read(project)
    assert (report.state, report.reasons) == (State.CLEARED, [])
    assert {one["name"] for one in report.figures["unknown"]["left_out"]} == {*"012"}
    is_whole_at_home(project, tmp_path)
    (tmp_path / "digits.zip").write_bytes(zip_of(files))
    assert "The same." in ran(tmp_path, "--verify", "digits.zip")


def loses_its_worker_after_a_step(project, monkeypatch):
    """Have a worker begin, which is told to end once a step of the network is done."""
    monkeypatch.setattr(networks, "MOST_EPOCHS", 12)
    with monkeypatch.context() as during:
        during.setattr(networks, "SLICE_SECONDS", 0.0)
        during.setattr(networks, "LAST_SECONDS", 0.0)
        put_down = Bench.put_down

        def ends_after(bench, *given):
            put_down(bench, *given)
            raise SystemExit

        during.setattr(Bench, "put_down", ends_after)
        with pytest.raises(SystemExit):
            work(project.run_id, worker=WORKER)
    project = Project.objects.select_related("run").get()
    assert project.run.status == RunStatus.QUEUED
    assert [trial.key for trial in project.trials.all()] == ["baseline"]
    assert json.loads(said_in(checkpoint_of(project))["told"])["done"] == 1


def cut_short(project, network):
    """Have a network stand as if time had ended it, and it had not come far."""
    training = Training(32, 3, seed=network.seed)
    training.done, training.wished = 24, 30
    content = training.checkpoint(has_ended=True)
    project.checkpoint = store_bytes(content, stored_at=timezone.now())
    project.save(update_fields=["checkpoint"])
    network.scores[0]["value"] = 9.0
    network.save(update_fields=["scores"])


def is_whole_at_home(project, folder):
    unpacked(project, folder)
    there = {each.name for each in folder.iterdir()}
    assert {"model.onnx", "model.safetensors", "signature.json"} <= there
    needed = (folder / "requirements.txt").read_text()
    assert "torch==" in needed
    assert not any(word in needed for word in ("+", "skops", "scikit"))
    called = json.loads((folder / "signature.json").read_text())
    assert [one["kind"] for one in called["files"]] == ["ONNX", "SAFETENSORS"]
    assert (called["picture"]["width"], called["picture"]["preparing"]) == (
        32,
        "FITTED",
    )
