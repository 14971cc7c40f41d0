"""What a model does not know it says so of, and of what it knows in few cases at most."""

import json
from pydoc_data.topics import topics

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits, load_sample_image, load_sample_images
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from training.learning import Modality
from training.runner.inside.serving.seen import points_of
from training.runner.inside.serving.unknown import p_values, to_nearest
from training.runner.inside.serving.wording import foreign, from_bits, marks_of
from training.runner.inside.studio.pictures import described, fitted
from training.runner.inside.studio.texts import joined, readable
from training.runner.serving.answering import STRANGE_BELOW
from training.runner.studio.calling import calibration_of
from training.runner.studio.facts import PreparedFacts

SIDE = 32
MOST_WRONG = 0.05 + 0.03  # what is promised, and two standard errors of 250 rows


def facts_of(modality, classes, roles):
    return PreparedFacts(
        classes=classes,
        roles=roles,
        columns=(),
        counts=(1, 1, 1),
        dropped=0,
        copies={},
        leaks=(),
        modality=modality,
    )


def brought(pictures):
    """Return grey pictures, (n, h, w), as learners are given them."""
    made = [Image.fromarray(one.astype(np.uint8)).convert("RGB") for one in pictures]
    return np.stack([fitted(one, SIDE) for one in made])


@pytest.fixture(scope="module")
def reader():
    """Return what says how many of some pictures a reader of 0 to 7 does not know."""
    told = load_digits()
    grey = np.clip(told.images * 15.9, 0, 255)
    is_known = told.target < 8
    mixed = np.random.default_rng(7).permutation(np.flatnonzero(is_known))[:950]
    pixels, classes = brought(grey[mixed]), told.target[mixed]
    learnt, held = slice(0, 700), slice(700, None)
    measures = described(pixels)
    model = LogisticRegression(C=10.0, max_iter=200)
    out_of_fold = cross_val_predict(
        model, measures[learnt], classes[learnt], method="predict_proba", cv=5
    )
    calibration = calibration_of(
        out_of_fold,
        classes[learnt],
        {"pixels": pixels[learnt]},
        facts=facts_of(
            Modality.IMAGE,
            tuple("01234567"),
            ({"name": "file", "role": "IMAGE", "side": SIDE},),
        ),
        is_bare=True,
    )
    model.fit(measures[learnt], classes[learnt])

    def unknown(some):
        far = to_nearest(points_of(some, calibration["scales"]), calibration)
        said = model.predict_proba(described(some))
        return float(
            (p_values(said, far, calibration, classes=8) < STRANGE_BELOW).mean()
        )

    return (
        unknown,
        pixels[held],
        brought(grey[~is_known][:250]),
        calibration,
        pixels[learnt],
    )


def test_of_digits_it_knows_few_are_unknown_and_noise_negatives_and_others_are(reader):
    unknown, held, others, _, _ = reader
    chance = np.random.default_rng(8)
    noise = chance.integers(0, 256, (50, 64, 64, 3), dtype=np.uint8)

    assert unknown(held) <= MOST_WRONG
    assert unknown(brought(chance.integers(0, 256, (50, 90, 90)))) == 1.0
    assert unknown(np.stack([fitted(Image.fromarray(one), SIDE) for one in noise])) == 1
    assert unknown(255 - held) == 1.0
    assert unknown(brought(np.full((1, 60, 60), 128))) == 1.0
    assert unknown(others) > 0.7
    flower = Image.fromarray(load_sample_image("flower.jpg"))
    assert unknown(fitted(flower, SIDE)[None]) == 1.0


def test_no_prototype_is_a_picture_that_it_learnt_from(reader):
    *_, calibration, learnt = reader
    points = points_of(learnt, calibration["scales"])
    prototypes = np.array(calibration["prototypes"])
    nearest = np.array(
        [((points - one) ** 2).sum(axis=1).min() ** 0.5 for one in prototypes]
    )
    assert len(prototypes) >= 8
    assert nearest.min() > 0.1 * np.median(calibration["distances"])


def test_noise_is_unknown_among_photographs_however_large_it_is():
    chance = np.random.default_rng(5)
    photographs = [Image.fromarray(one) for one in load_sample_images().images]

    def cut():
        photograph = photographs[chance.integers(2)]
        side = int(chance.integers(64, 300))
        left, top = (
            int(chance.integers(0, room - side))
            for room in (photograph.width, photograph.height)
        )
        return fitted(photograph.crop((left, top, left + side, top + side)), 64)

    told = chance.random((500, 1))
    calibration = calibration_of(
        told,
        told[:, 0],
        {"pixels": np.stack([cut() for _ in told])},
        facts=facts_of(
            Modality.IMAGE, (), ({"name": "file", "role": "IMAGE", "side": 64},)
        ),
        is_bare=True,
    )

    def unknown(some):
        far = to_nearest(points_of(np.stack(some), calibration["scales"]), calibration)
        answers = np.zeros((len(far), 1))
        return p_values(answers, far, calibration, classes=0) < STRANGE_BELOW

    assert unknown([cut() for _ in range(200)]).mean() <= MOST_WRONG
    for side in (64, 128, 300, 900):
        noise = chance.integers(0, 256, (side, side, 3), dtype=np.uint8)
        assert unknown([fitted(Image.fromarray(noise), 64)]).all()


def paragraphs():
    """Return English of many writers' hands: what Python says of itself."""
    parts = (part for topic in topics.values() for part in topic.split("\n\n"))
    told = {" ".join(part.split()) for part in parts}
    return sorted(one for one in told if one.count(" ") > 5)


FOREIGN = (
    "Der Zug nach München fährt heute leider erst eine halbe Stunde später ab.",
    "Nous avons mangé une soupe délicieuse dans un petit restaurant près du port.",
    "A szálloda nagyon tiszta volt, és a személyzet is kedves volt velünk.",
    "El servicio fue lento y la comida llegó fría a nuestra mesa.",
    "Pociąg był spóźniony, a konduktor nie wiedział, kiedy odjedzie.",
    "昨日の夜、駅の近くで友達と一緒に食事をしました。",
    "xqzj vvkp wpfq zzrk qhwj kkbx jfpq vvtz",
    "",
    " \n ",
)


def test_of_texts_it_knows_few_are_unknown_and_other_languages_and_nonsense_are():
    texts = paragraphs()
    chance = np.random.default_rng(8)
    mixed = [texts[at] for at in chance.permutation(len(texts))]
    learnt, held = mixed[:800], mixed[800:1300]
    letters, ends = joined([readable(one) for one in learnt])
    told = chance.random((len(learnt), 1))

    calibration = calibration_of(
        told,
        told[:, 0],
        {"letters": letters, "ends": ends},
        facts=facts_of(Modality.TEXT, (), ({"name": "said", "role": "TEXT"},)),
        is_bare=True,
    )

    known, usual = from_bits(calibration["known"]), calibration["usual"]

    def unknown(some):
        far = np.array([foreign(marks_of(one), known, usual=usual) for one in some])
        answers = np.zeros((len(far), 1))
        return p_values(answers, far, calibration, classes=0) < STRANGE_BELOW

    assert unknown(held).mean() <= MOST_WRONG
    assert unknown(FOREIGN).all()
    once = marks_of("Donaudampfschifffahrt")
    assert not known[np.concatenate(once)].all()
    assert len(json.dumps(calibration)) < 200_000
