"""From a folder of pictures for each class to a model, all of it within the walls."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.studio.images import digits, huge_png, png_of, zip_of
from training.jobs import SubmissionFailed
from training.learning import Candidate, LearningPlan, Modality, Part
from training.runner.inside.studio.pictures import (
    described,
    difference_hash,
)
from training.runner.inside.studio.pictures import (
    fitted as brought_to,
)
from training.runner.studio.choosing import beats_baseline
from training.runner.studio.keeping import ask, judge, keep
from training.runner.studio.preparing import look_at_images, prepare
from training.runner.studio.scores import truth_of

KINDS = LearningPlan("class", has_classes=True, seed=3, modality=Modality.IMAGE)


@pytest.fixture
def zipped(tmp_path):
    def written(files):
        path = tmp_path / "pictures.zip"
        path.write_bytes(files if isinstance(files, bytes) else zip_of(files))
        return path

    return written


def test_digits_are_told_apart_and_whoever_comes_again_is_known(
    zipped, fitted, sandbox, limits
):
    files = digits(300)
    again = {f"{name[0]}/again{name[2:]}": data for name, data in [*files.items()][:30]}
    pictures = zipped(files | again)
    ready = prepare(pictures, form="zip", plan=KINDS, sandbox=sandbox)

    assert ready.facts.classes == tuple("0123456789")
    assert sum(ready.facts.counts) == 330
    assert 5 <= ready.facts.copies["test"] + ready.facts.copies["validation"] <= 30
    alone = prepare(zipped(files), form="zip", plan=KINDS, sandbox=sandbox)
    assert alone.facts.copies == {"validation": 0, "test": 0}

    found = fitted(alone, KINDS, ["baseline", "shapes"])
    assert beats_baseline(found, {name: name for name in found})
    wishes = {"facts": alone.facts, "limits": limits, "sandbox": sandbox}
    kept = keep(alone.learning, {Candidate("shapes", 1): 1.0}, **wishes)
    judged = judge(kept.model, alone.test, **wishes)
    right = judged.answers.argmax(axis=1) == truth_of(alone.test, Part.TEST)
    assert right.mean() > 0.85
    asked = ask(kept.model, files["0/n0000.png"], form="", **wishes)
    assert asked.argmax() == 0
    with pytest.raises(SubmissionFailed, match="It is no picture that can be read"):
        ask(kept.model, b"none", form="", **wishes)


def test_what_cannot_be_read_is_named_and_the_rest_is_learnt_from(zipped, sandbox):
    files = digits(120, classes=2)
    whole = files["0/n0000.png"]
    jpeg = png_of(np.arange(10_000).reshape(100, 100) % 250, "JPEG")
    odd = {
        "0/cut.png": whole[:-30],
        "0/huge.png": huge_png(),
        "1/photo.png": jpeg,
        "1/notes.txt": b"these are ones",
        "1/wrong.png": whole,
        "alone.png": whole,
        "2/only.png": png_of(np.eye(20) * 200),
    }

    facts = look_at_images(zipped(files | odd), sandbox=sandbox)

    told = dict(facts.unread)
    assert "is damaged or cut off" in told["0/cut.png"]
    assert told["0/huge.png"] == "has more than 50 megapixels; make it smaller"
    assert told["1/photo.png"] == "is called .png and is JPEG; it was read as JPEG"
    assert told["1/notes.txt"] == "is no picture that can be read"
    assert "is the same picture as 0/n0000.png" in told["1/wrong.png"]
    assert told["alone.png"] == "is in no folder, so that its class is not known"
    assert dict(facts.classes) == {"0": 61, "1": 61, "2": 1}
    with pytest.raises(SubmissionFailed, match=r"'2' \(1\). Add pictures of them"):
        prepare(zipped(files | odd), form="zip", plan=KINDS, sandbox=sandbox)
    without = replace(KINDS, left_out=("2",))
    ready = prepare(zipped(files | odd), form="zip", plan=without, sandbox=sandbox)
    assert ready.facts.classes == ("0", "1")
    assert ready.facts.unread == facts.unread
    with pytest.raises(SubmissionFailed, match="The zip cannot be read"):
        look_at_images(zipped(b"no zip"), sandbox=sandbox)
    with pytest.raises(SubmissionFailed, match="leaves the archive's folder"):
        look_at_images(zipped({"../0/a.png": whole}), sandbox=sandbox)


def test_a_picture_is_known_again_when_it_is_packed_anew_or_scaled():
    chance = np.random.default_rng(1)
    rough = Image.fromarray(chance.integers(0, 255, (9, 9, 3), dtype=np.uint8))
    picture = rough.resize((200, 150), Image.Resampling.BICUBIC)
    smaller = picture.resize((120, 90))
    other = Image.fromarray(chance.integers(0, 255, (9, 9, 3), dtype=np.uint8))

    def apart(one, another):
        return (difference_hash(one) ^ difference_hash(another)).bit_count()

    assert apart(picture, smaller) <= 3
    assert apart(picture, other.resize((200, 150))) > 12
    measures = described(np.stack([brought_to(picture, 64), brought_to(smaller, 64)]))
    assert measures.shape == (2, 1860)
    assert np.abs(measures[0] - measures[1]).mean() < 0.02
