"""What is found of models that are asked about pictures and about texts."""

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from tests.studio.images import png_of, zip_of
from tests.studio.tables import csv_of
from tests.studio.wordings import reviews
from training.figures.asked import Asked, ModelKind
from training.figures.gates import Thresholds
from training.figures.judging import is_clear, judged
from training.figures.schema import Figures
from training.jobs import MIB, Limits
from training.learning import Candidate, LearningPlan, Modality
from training.reports import telling_parts
from training.reports.telling import sections_of
from training.runner.inside.reports.asking_pictures import (
    FIELDS,
    Few,
    mean_of,
    rises_of,
)
from training.runner.inside.reports.asking_texts import moved_by
from training.runner.inside.reports.drifting_pictures import picture_drift
from training.runner.inside.reports.look_at_pictures import (
    distances_of,
    neighbours_of,
    points_of,
)
from training.runner.inside.studio.pictures import fitted
from training.runner.reports.cases import Case, Files
from training.runner.reports.checking import check
from training.runner.reports.hanging import leakage_of
from training.runner.reports.of_pictures import measures_of
from training.runner.reports.slicing import slices_of
from training.runner.reports.values import drift_in
from training.runner.sandbox.level import choose_sandbox
from training.runner.studio.facts import PreparedFacts
from training.runner.studio.keeping import keep
from training.runner.studio.preparing import prepare

SIDE = 32


def test_texts_are_looked_at_whole(tmp_path):
    """A model of moods is cleared: it hangs on the words that tell, and knows no Greek."""
    sandbox, limits = choose_sandbox(), Limits(memory_bytes=2048 * MIB)
    table, model = tmp_path / "t.csv", tmp_path / "m.skops"
    table.write_bytes(csv_of(reviews(320)))
    plan = LearningPlan(
        "mood", has_classes=True, seed=3, modality=Modality.TEXT, text="said"
    )
    ready = prepare(table, form="csv", plan=plan, sandbox=sandbox)
    kept = keep(
        ready.learning,
        {Candidate("words_letters", 1): 1.0},
        facts=ready.facts,
        limits=limits,
        sandbox=sandbox,
    )
    model.write_bytes(kept.model)
    asked = Asked(
        modality=Modality.TEXT,
        kind=ModelKind.TRAINED,
        target="mood",
        has_classes=True,
        classes=ready.facts.classes,
        form="csv",
        newer_form="csv",
        prepared=ready.facts.as_json(),
    )
    newer = tmp_path / "newer.csv"
    newer.write_bytes(
        csv_of(
            reviews(80).with_columns(said=pl.col("said").repeat_by(3).list.join(" "))
        )
    )
    files = Files(model, table, ready.learning, ready.test, newer)

    found = check(asked, files, sandbox=sandbox)

    assert (found.modality, found.classes) == (Modality.TEXT, ["bad", "good"])
    probes = {one.key: one for one in found.unknown.probes}
    for key in ("NOISE", "BLANK", "OTHER", "FAR"):
        assert probes[key].by_both.value > 0.95
        assert probes[key].unknown > 0.8
    assert probes["SHUFFLED"].apart.low < 0.9  # a bag of words is none the wiser
    assert found.unknown.false_alarms < 0.2
    speaks = {one.column: one.speaks_for for one in found.explanation.columns}
    assert speaks.items() >= {("lovely", "good"), ("awful", "bad")}
    assert found.explanation.stability.value > 0.5
    assert sum(map(sum, found.confusion)) == found.rows == 64
    assert found.drift.apart.low > 0.9
    assert is_clear(judged(found, Thresholds()))
    told = {one.slug: one for one in sections_of(found)}
    assert "speaks for “" in told["explanation"].intro
    assert "64 texts that it never saw" in told["score"].intro
    assert "Each word is taken out" in told["explanation"].about


def squares(count=400):
    """Grey squares on black; those of class 1 are bright."""
    chance = np.random.default_rng(4)
    target = chance.integers(0, 2, count)
    pixels = np.zeros((count, SIDE, SIDE, 3), dtype=np.uint8)
    for one, is_bright in zip(pixels, target, strict=True):
        one[8:24, 8:24] = (180 if is_bright else 60) + chance.integers(-9, 9)
    return pixels.reshape(count, -1), target


def test_a_picture_that_is_told_by_its_brightness_blocks_and_dark_ones_are_named():
    pixels, target = squares()
    sizes = np.full((len(target), 2), 640)
    arrays = {"pixels": pixels, "target": target, "sizes": sizes}
    none = {"validation": 0, "test": 0}
    facts = PreparedFacts(("a", "b"), (), (), (1, 1, 1), 0, none, ())
    measures = measures_of(Case(facts, arrays, arrays, b"", b""))

    leakage = leakage_of(measures.known, target, measures.facts, copies=0)
    by_name = {one.column: one.value for one in leakage.columns}
    assert by_name["brightness"].low > Thresholds().leak_auc
    assert by_name["width in pixels"].value == 0.5
    is_wrong = (target == 0) & (np.arange(len(target)) % 3 == 0)
    told = np.where(is_wrong, 1 - target, target)
    dark = slices_of(measures.held, np.eye(2)[told], target, measures.facts)
    assert {"brightness", "contrast"} <= {one.column for one in dark}


def test_noise_is_far_from_photographs_though_its_shapes_are_near():
    chance = np.random.default_rng(6)
    photo = Image.fromarray(load_sample_images().images[0])

    def cuts(count):
        corners = chance.integers(0, 250, (count, 2))
        boxes = [(x, y, x + 150, y + 150) for x, y in corners.tolist()]
        return np.stack([fitted(photo.crop(box), SIDE) for box in boxes])

    usual = points_of(cuts(120))
    near = neighbours_of(usual)
    noise = chance.integers(0, 256, (60, SIDE * SIDE * 3), dtype=np.uint8)
    real, strange = points_of(cuts(60)), points_of(noise)

    def apart(told):
        return told(strange).min() > told(real).max()

    assert not apart(lambda points: near["shapes"].distances(points["shapes"]))
    assert apart(lambda points: distances_of(near, points))


def test_what_a_picture_hangs_on_is_the_field_that_is_looked_at():
    pixels, target = squares()
    pixels = np.random.default_rng(5).integers(0, 40, pixels.shape, dtype=np.uint8)
    corner = pixels.reshape(-1, SIDE, SIDE, 3)[:, :5, -5:]
    corner[...] = np.where(target[:, None, None, None] == 1, 220, 10)

    def answer(asked):
        seen = asked.reshape(-1, SIDE, SIDE, 3)[:, :5, -5:].mean(axis=(1, 2, 3)) / 255
        return np.column_stack([1 - seen, seen])

    rises = rises_of(
        answer, Few(pixels[:60], target[:60], mean_of(pixels), (SIDE, SIDE, 3))
    )
    assert rises.argmax(axis=0).tolist() == [FIELDS - 1, FIELDS - 1]
    assert np.abs(np.delete(rises, FIELDS - 1, axis=0)).max() < rises.max() / 5


@pytest.mark.parametrize("has_classes", [True, False])
def test_what_a_text_hangs_on_is_the_word_that_is_looked_for(has_classes):
    texts = reviews(200)["said"].to_list()

    def answer(asked):
        found = np.array(
            [0.9 if "Lovely" in one or "lovely" in one else 0.2 for one in asked]
        )
        return np.column_stack([1 - found, found]) if has_classes else found[:, None]

    moved = moved_by(answer, texts, has_classes=has_classes, seed=1)
    place = moved.words.index("lovely")
    assert moved.importance.argmax(axis=0)[0] == place
    assert moved.importance[place, 0] > 0.5
    assert moved.speaks[place, 0] == 1
    others = np.delete(moved.importance, place, axis=0)
    assert np.abs(others).max() < moved.importance[place].min()


def test_newer_pictures_are_told_from_old_ones_and_like_ones_are_not():
    chance = np.random.default_rng(6)
    pixels, _ = squares(400)
    sizes = np.full((len(pixels), 2), SIDE)
    known = {"pixels": pixels[:300], "sizes": sizes[:300]}
    alike = [png_of(one.reshape(SIDE, SIDE, 3)) for one in pixels[300:]]
    coloured = pixels[300:].reshape(-1, SIDE, SIDE, 3) + chance.integers(
        0, 60, (100, 1, 1, 3)
    )
    newer = [png_of(one) for one in coloured.clip(0, 255)]

    def drifted(files):
        named = {f"a/{place}.png": one for place, one in enumerate(files)}
        found = picture_drift(known, zip_of({**named, "a/x.png": b"none"}), seed=1)
        return drift_in(found)

    same, other = drifted(alike), drifted(newer)
    assert same.apart.low <= 0.5 < same.apart.high
    assert (same.rows, other.rows) == (100, 100)
    assert other.apart.low > 0.9
    assert other.columns[0].column == "colour"
    assert picture_drift(known, b"no zip", seed=1) is None
    told = telling_parts.drift(
        Figures(
            modality=Modality.IMAGE,
            has_classes=True,
            target="class",
            rows=100,
            scores=[],
            drift=other,
        )
    )
    assert "of its measures have changed much, such as “colour”" in next(told).intro
