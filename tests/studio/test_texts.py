"""From texts to a model of words, all that reads or fits within the walls."""

import polars as pl
import pytest
from sklearn.metrics import log_loss

from tests.studio.tables import csv_of
from tests.studio.wordings import reviews
from training.jobs import SubmissionFailed
from training.learning import Candidate, LearningPlan, Modality, Part
from training.runner.inside.studio.texts import essence, joined, parted, readable
from training.runner.inside.wire import decode
from training.runner.studio.choosing import beats_baseline, drawn_candidate
from training.runner.studio.keeping import ask, judge, keep
from training.runner.studio.scores import truth_of

MOODS = LearningPlan(
    "mood", has_classes=True, seed=3, modality=Modality.TEXT, text="said"
)
STARS = LearningPlan(
    "stars", has_classes=False, seed=3, modality=Modality.TEXT, text="said"
)


def test_words_tell_moods_and_the_model_that_is_kept_answers_texts(
    prepared, fitted, sandbox, limits
):
    frame = reviews()
    shouted = frame.head(40).with_columns(said=pl.col("said").str.to_uppercase() + "!!")
    ready = prepared(pl.concat([frame, shouted]), MOODS)
    assert ready.facts.roles == ({"name": "said", "role": "TEXT"},)
    assert ready.facts.copies["test"] + ready.facts.copies["validation"] >= 5
    arrays, _ = decode(ready.test)
    told = parted(arrays["letters"], arrays["ends"])
    assert len(told) == ready.facts.counts[2] == len(arrays["target"])

    drawn = [drawn_candidate(1, number, facts=ready.facts) for number in (0, 0, 1)]
    assert {one.learner for one in drawn} == {"words_letters"}
    assert drawn[0] == drawn[1] != drawn[2]
    found = fitted(ready, MOODS, ["baseline", "words", "words_letters", "word_counts"])
    assert beats_baseline(found, {name: name for name in found})
    assert found["words_letters"].scores[0].value < 0.35
    members = {Candidate("words_letters", 1): 0.5, Candidate("words", 1): 0.5}
    kept = keep(
        ready.learning, members, facts=ready.facts, limits=limits, sandbox=sandbox
    )
    wishes = {"facts": ready.facts, "limits": limits, "sandbox": sandbox}
    judged = judge(kept.model, ready.test, **wishes)
    truth = truth_of(ready.test, Part.TEST)
    assert judged.scores[0].value == pytest.approx(
        log_loss(truth, judged.answers), rel=1e-4
    )
    assert judged.scores[0].value < 0.35
    asked = csv_of(pl.DataFrame({"said": ["A dreadful evening", "Superb soup", None]}))
    answers = ask(kept.model, asked, form="csv", **wishes)
    assert answers[:2].argmax(axis=1).tolist() == [0, 1]
    with pytest.raises(SubmissionFailed, match="'said' is missing"):
        ask(kept.model, b"told\nx\n", form="csv", **wishes)


def test_words_tell_amounts(prepared, fitted):
    ready = prepared(reviews(), STARS)

    found = fitted(ready, STARS, ["baseline", "words_letters"])

    assert found["words_letters"].scores[0].name == "rmse"
    assert (
        found["words_letters"].scores[0].value < 0.6 * found["baseline"].scores[0].value
    )


def test_texts_are_spelt_in_one_way_and_copies_known_by_their_essence():
    assert readable("ﬁne\x00\r\n  caf\u0065\u0301 ") == "fine café"
    assert essence("  CAFÉ -- fine!") == essence("cafe fine") == "cafe fine"
    texts = ["", "ü", "a b"]
    assert parted(*joined(texts)) == texts
    assert parted(*joined([])) == []
