"""A placed encoder of texts is fine-tuned, and what comes of it is asked like it."""

import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch
from django.utils import timezone

from licensing.models import Relation
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.readable import words_of
from tests.serving.making import SERVER, answered
from tests.studio import backbones
from tests.studio.bundles import ran, unpacked
from tests.studio.tables import csv_of
from tests.studio.test_backbones import (
    done_by,
    folder,
    known_words,
    with_features,
)
from tests.studio.test_projects import WORKER, begun, looked_at_by_a_worker
from tests.studio.test_words_and_pictures import published
from tests.studio.wordings import reviews
from training.backbones import is_tunable_in
from training.jobs import SubmissionFailed
from training.learning import TUNED, LearningPlan, Modality, Part
from training.runner.inside.onnx_model import parsed
from training.runner.inside.refusal import Refusal
from training.runner.inside.studio.transformer import encoder_in, hidden_of
from training.runner.inside.studio.transformer_onnx import written
from training.runner.studio.scores import truth_of
from training.runner.studio.tuning import epochs_for, tuned
from training.runs.models import WorkerReport
from training.studio.cards import card_of
from training.studio.models import Project
from training.studio.reporting import report_on

__all__ = ["folder", "with_features"]
MOODS = LearningPlan(
    "mood", has_classes=True, seed=3, modality=Modality.TEXT, text="said"
)


def test_what_is_written_as_onnx_says_what_torch_says():
    weights = encoder_in(backbones.bert(50), heads=backbones.HEADS)
    ids = torch.tensor([[3, 4, 5, 6, 0], [7, 8, 0, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 0, 0, 0]])
    made = written(weights, heads=backbones.HEADS)
    parsed(made)

    session = onnxruntime.InferenceSession(made)
    (told,) = session.run(
        None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    )

    own = hidden_of(weights, ids, mask, heads=backbones.HEADS).numpy()
    there = mask.numpy() == 1
    assert told[there] == pytest.approx(own[there], abs=1e-4)
    shorter = session.run(
        None, {"input_ids": ids[1:, :2].numpy(), "attention_mask": mask[1:, :2].numpy()}
    )
    assert shorter[0][0] == pytest.approx(own[1, :2], abs=1e-4)  # padding is not seen


@pytest.mark.parametrize(
    ("changes", "heads", "why"),
    [
        ({"bert.encoder.layer.1.output.dense.bias": None}, 4, "it has no tensor"),
        (
            {"bert.embeddings.word_embeddings.weight": torch.zeros(3)},
            4,
            "has no tensor",
        ),
        ({}, 5, "no multiple of 5 heads"),
    ],
)
def test_weights_of_another_architecture_are_refused(changes, heads, why):
    tensors = backbones.bert(20) | changes
    tensors = {name: one for name, one in tensors.items() if one is not None}

    with pytest.raises(Refusal, match=why):
        encoder_in(tensors, heads=heads)


def test_few_texts_are_seen_oftener():
    assert epochs_for(100_000) == 4
    assert epochs_for(240) == 8
    assert epochs_for(10) == 20


def test_an_encoder_that_is_fine_tuned_knows_better_what_the_texts_are_about(
    tmp_path, prepared, with_features, fitted, sandbox, limits
):
    frame = reviews(240)
    (learner,) = backbones.learner(tmp_path, known_words(frame), scale=0.3).backbones
    ready = prepared(frame, MOODS)
    made = tuned(
        ready.learning,
        learner,
        seed=3,
        epochs=20,
        rate=1e-2,
        facts=ready.facts,
        limits=limits,
        sandbox=sandbox,
    )
    model = tmp_path / "tuned.onnx"
    model.write_bytes(made.encoder)
    word = learner.word.tuned("0" * 64)
    assert (word.tuned_from, word.weights) == (learner.word.sha256, None)

    before = fitted(with_features(ready, learner), MOODS, ["meaning"])["meaning"]
    encoder = replace(learner, model=model, word=word)
    after = fitted(with_features(ready, encoder), MOODS, ["meaning"])["meaning"]

    def wrong(one):  # on texts that neither had seen
        truth = truth_of(ready.learning, Part.VALIDATION)
        return -np.log(one.validation[np.arange(len(truth)), truth]).mean()

    assert made.epochs == pytest.approx(20, abs=0.1)
    assert wrong(after) < 0.8 * wrong(before)


def test_a_model_without_weights_is_not_fine_tuned(tmp_path, prepared, sandbox, limits):
    frame = reviews(60)
    reader = backbones.reader(tmp_path, known_words(frame)).backbones[0]
    ready = prepared(frame, MOODS)

    assert not is_tunable_in(tmp_path)
    with pytest.raises(SubmissionFailed, match="placed without weights"):
        tuned(
            ready.learning,
            reader,
            seed=3,
            epochs=1,
            facts=ready.facts,
            limits=limits,
            sandbox=sandbox,
        )


@pytest.mark.django_db(transaction=True)
def test_a_fine_tuned_model_is_kept_judged_taken_home_published_and_asked(
    tmp_path, folder
):
    said, home = reviews(240), tmp_path / "home"
    placed = backbones.learner(folder, known_words(said))
    assert is_tunable_in(folder)
    worker, owner = replace(WORKER, placed=placed), UserFactory()
    project = done_by(worker, begun(owner, table=csv_of(said)))
    page, client = f"/studio/{project.pk}", signed_in(owner)
    chosen = {"target": "mood", "kind": "TOLD", "text": "said"}
    chosen |= {"budget": 300, "learners": [TUNED]}
    assert "Fine-tuned meaning" not in words_of(client.get(page))
    refused = client.post(page, chosen)
    assert refused.status_code == 200
    WorkerReport.objects.create(
        hostname="cards",
        queues=["gpu"],
        concurrency=1,
        sandbox="bwrap",
        is_safe=True,
        started_at=timezone.now(),
        seen_at=timezone.now(),
    )
    assert "Fine-tuned meaning" in words_of(client.get(page))
    assert client.post(page, chosen).status_code == 302
    assert Project.objects.get().run.queue == "gpu"
    project = done_by(worker, Project.objects.get())
    trial = project.trials.get(learner=TUNED)
    assert (trial.fault, trial.settings[0][0]) == ("", "epochs")
    assert "tiny-learner was fine-tuned in " in " ".join(project.run.log_tail)

    client.post(f"{page}/keep", {"key": TUNED})
    assert Project.objects.get().run.queue == "gpu"
    project = done_by(worker, Project.objects.get())
    client.post(f"{page}/test")
    assert Project.objects.get().run.queue == "runs"
    project = done_by(worker, Project.objects.get())
    assert project.test_scores[0]["value"] < 0.5
    report = report_on(project)
    looked_at_by_a_worker(report.run_id, placed=placed)
    report.refresh_from_db()
    assert report.run.failure_message == ""

    unpacked(project, home)
    (home / "table.csv").write_bytes(csv_of(said))
    assert "The same." in ran(home, "--verify", "table.csv")
    told = json.loads((home / "model.json").read_text())["backbone"]
    (learner,) = placed.backbones
    assert told["tuned_from"] == learner.word.sha256
    assert told["sha256"] == project.encoder_id

    model = published(owner, page, "moods")
    source = model.work.derivations.get(source__title="tiny-learner")
    assert source.relation == Relation.FINE_TUNE
    assert "Fine-tuned here from tiny-learner" in card_of(project, "Moods")
    asked = {"text": "I found the soup dreadful on Monday and told everyone number 5."}
    there = signed_in(owner).post(f"/models/{model}/try", asked)["Location"]
    assert answered(there.rpartition("/")[2], SERVER).told[0]["guess"] == "bad"
