"""The ways to learn from texts: words and runs of letters, weighed by a linear model.

Words alone and in pairs, and runs of two to five letters within words, each counted less
the oftener it is anywhere (TF-IDF). On few texts little does better, and no weights of
others are needed. Where a sentence encoder is placed, a linear model of its points is
tried too, and the mean of it and of words.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from training.runner.inside.studio.encoded import BESIDE, OWN, beside
from training.runner.inside.studio.texts import as_inputs, parted

MOST_WORDS, MOST_RUNS = 20_000, 30_000
STRENGTH = {
    "words": 10.0,
    "words_letters": 10.0,
    "words_letters_strict": 1.0,
    "meaning": 10.0,
}
SMOOTHING = 0.1  # of counts


def inputs_of(arrays: dict[str, NDArray[Any]]) -> Any:
    """Return the texts of a prepared file, (n,) strings.

    Where a placed encoder has read them, its points stand beside.
    """
    return beside(as_inputs(parted(arrays["letters"], arrays["ends"])), arrays)


def seen(learner: str, model: Any) -> Any:
    """Have an estimator take its part of inputs that a placed model has encoded."""
    if learner in {"baseline", "meaning", "words_meaning"}:
        return model
    return _of_words(model)


def _of_words(model: Pipeline) -> Pipeline:
    (_, vectorizer), (_, last) = model.steps
    part = ColumnTransformer([("words", vectorizer, OWN)])
    return make_pipeline(part, last)


def built(
    learner: str,
    *,
    codes: list[bool],
    has_classes: bool,
    rows: int,
    seed: int,
    settings: dict[str, float],
) -> Any:
    """Return an estimator over texts that has learnt nothing yet.

    Args:
        learner: a key of `training.learning.LEARNERS` that learns from texts.
        codes: of no meaning to texts.
        has_classes: classes rather than amounts.
        rows: of no meaning to texts.
        seed: of no meaning here.
        settings: `C`, how strongly the model may weigh.
    """
    if learner == "baseline":
        return (
            DummyClassifier(strategy="prior")
            if has_classes
            else DummyRegressor(strategy="mean")
        )
    if learner == "word_counts":
        return make_pipeline(_words(), MultinomialNB(alpha=SMOOTHING))
    if learner == "words_meaning":
        words, meaning = (
            built(
                each,
                codes=codes,
                has_classes=has_classes,
                rows=rows,
                seed=seed,
                settings={},
            )
            for each in ("words_letters", "meaning")
        )
        members = [("words", _of_words(words)), ("meaning", meaning)]
        if has_classes:
            return VotingClassifier(members, voting="soft")
        return VotingRegressor(members)
    strength = settings.get("C", STRENGTH[learner])
    last = (
        LogisticRegression(C=strength, max_iter=200)
        if has_classes
        else Ridge(alpha=10.0 / strength)
    )
    if learner == "meaning":
        return make_pipeline(
            ColumnTransformer([("points", "passthrough", BESIDE)]), last
        )
    return make_pipeline(_words() if learner == "words" else _words_and_runs(), last)


def compacted(model: Any) -> Any:
    """Put each vocabulary into one array instead of a mapping of a word at a time.

    skops writes a mapping node by node, some minutes for 50,000 words; scikit-learn makes
    the mapping anew from the array.
    """
    for vectorizer in _vectorizers(model):
        vectorizer.vocabulary = np.array(vectorizer.get_feature_names_out(), dtype=str)
        del vectorizer.vocabulary_
    return model


def unlearnt(model: Any) -> Any:
    """Return a copy of a model that has learnt nothing yet, no words either."""
    copy = clone(model)
    for vectorizer in _vectorizers(copy):
        vectorizer.vocabulary = None
    return copy


def _vectorizers(model: Any) -> Iterator[TfidfVectorizer]:
    if isinstance(model, TfidfVectorizer):
        yield model
    elif isinstance(model, Pipeline):
        for _, step in model.steps:
            yield from _vectorizers(step)
    elif isinstance(model, FeatureUnion):
        for _, part in model.transformer_list:
            yield from _vectorizers(part)
    elif isinstance(model, ColumnTransformer):
        for _, part, _ in getattr(model, "transformers_", ()):
            yield from _vectorizers(part)
    else:  # an ensemble has its members fitted, everything else has none
        for member in getattr(model, "estimators_", ()):
            yield from _vectorizers(member)


def _words() -> TfidfVectorizer:
    return TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, max_features=MOST_WORDS
    )


def _words_and_runs() -> FeatureUnion:
    runs = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 5),
        sublinear_tf=True,
        max_features=MOST_RUNS,
    )
    return FeatureUnion([("words", _words()), ("runs", runs)])
