"""Asks a model of texts all that a report needs to know of it: no other job sees it.

What its answers hang on is told by occlusion: word by word is taken out of real texts, and
then another put in its place, and it is measured how far the answer moves (Li, Monroe and
Jurafsky 2016, “Understanding neural networks through representation erasure”).
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.runner.inside.boot import Call
from training.runner.inside.reports.refitting import BROUGHT, without_each_class
from training.runner.inside.reports.text_probes import probes_of
from training.runner.inside.reports.text_spaces import WORD, words_of
from training.runner.inside.studio.texts import parted
from training.runner.inside.wire import decode, encode

Floats = NDArray[np.float64]
Answer = Callable[[Sequence[str]], Floats]
Fit = Callable[[Sequence[str], NDArray[Any]], Answer]

MOST_TEXTS = 150  # that words are taken out of
MOST_WORDS = 300  # that are tried
MOST_IN_TEXT = 40
MOST_LETTERS = 1_500
FEWEST_TEXTS = 2  # that a word stands in
LONGEST_WORD = 60
WORD_SECONDS = 90.0
TEXTS_AT_ONCE = 25
MOST_REFIT_ROWS = 3_000
SMALLEST = 1e-7


def examined(call: Call, answer: Answer, *, fit: Fit | None = None) -> bytes:
    """Return the answers of a model, as arrays, and the words that were tried.

    `held` are those to the texts it is judged on, `probe KEY` those to the probes,
    `beside` those to what the input of that name holds, `left PLACE` those to the held
    texts without that class. `importance` is (w, 2): by how much the probability of what
    was said falls, in natural logarithms, or how far the amount moves, when a word is
    taken out and when another stands in its place; `speaks` is (w, 1): the class that
    falls most by it, or for amounts 1 where it makes more of them and 0 where less.

    Args:
        call: with the inputs `learning` and `test`, of texts to compare and to judge on.
        answer: turns n texts into (n, k) probabilities or (n, 1) amounts.
        fit: makes such a model of texts and truths, if it can be fitted again.
    """
    asked = call.arguments
    learning, test, given = (
        decode(call.read(name))[0] for name in ("learning", "test", "beside")
    )
    known, held, beside = (texts_in(one) for one in (learning, test, given))
    target = learning["target"]
    classes, seed = len(asked["classes"]), asked["seed"]
    arrays: dict[str, NDArray[Any]] = {"held": answer(held)}
    probes = probes_of(known, held, seed=seed)
    arrays |= {f"probe {key}": answer(texts) for key, texts in probes.items()}
    if beside:
        arrays["beside"] = answer(beside)
    facts: dict[str, Any] = {"importance": "", "left_out": BROUGHT, "words": []}
    moved = moved_by(answer, held, has_classes=bool(classes), seed=seed)
    if moved.words:
        facts["words"] = moved.words
        arrays |= {"importance": moved.importance, "speaks": moved.speaks}
    else:
        facts["importance"] = "No word stands in two of the texts it is judged on."
    if fit is not None:

        def again(rest: NDArray[np.bool_]) -> Floats:
            few = np.flatnonzero(rest)
            return fit([known[at] for at in few], target[few])(held)

        left, facts["left_out"] = without_each_class(
            again, target, classes=classes, most_rows=MOST_REFIT_ROWS
        )
        arrays |= left
    return encode(arrays, facts)


def texts_in(arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return the texts of a prepared file."""
    return parted(arrays["letters"], arrays["ends"])


@dataclass(frozen=True, slots=True)
class Moved:
    """How far answers moved without each word; see `examined`."""

    words: list[str]
    importance: Floats
    speaks: Floats


def moved_by(
    answer: Answer, held: Sequence[str], *, has_classes: bool, seed: int
) -> Moved:
    """Take words out of texts, in turn, for as long as there is time.

    Args:
        answer: as for `examined`.
        held: texts.
        has_classes: it answers with probabilities rather than amounts.
        seed: what is drawn at random.
    """
    chance = np.random.default_rng([seed, 1])
    few = [held[at][:MOST_LETTERS] for at in chance.permutation(len(held))[:MOST_TEXTS]]
    counted: dict[str, int] = defaultdict(int)
    for text in few:
        for word in set(words_of(text)):
            counted[word] += 1
    usual = [word for word, count in counted.items() if count >= FEWEST_TEXTS]
    usual.sort(key=lambda word: (-counted[word], word))
    tried = set(usual[:MOST_WORDS])
    others = [word for text in few for word in words_of(text)]
    moves: dict[str, list[Floats]] = defaultdict(list)
    begun = time.perf_counter()
    for at in range(0, len(few), TEXTS_AT_ONCE):
        if time.perf_counter() - begun > WORD_SECONDS:
            break
        asked, named = _without_words(
            few[at : at + TEXTS_AT_ONCE], tried, others, chance
        )
        if named:
            told = answer(asked)
            is_said = np.ones_like(told)
            if has_classes:
                is_said = told == told.max(axis=1, keepdims=True)
                told = np.log(np.clip(told, SMALLEST, 1.0))
            for word, before, after in named:
                lost = told[before] - told[after : after + 2]
                moves[word].append(lost * is_said[before])
    return _summed(moves, has_classes=has_classes)


def _without_words(
    texts: Sequence[str],
    tried: set[str],
    others: Sequence[str],
    chance: np.random.Generator,
) -> tuple[list[str], list[tuple[str, int, int]]]:
    """Return texts to ask, and for each word where the text stands whole and without it."""
    asked: list[str] = []
    named: list[tuple[str, int, int]] = []
    for text in texts:
        whole = len(asked)
        asked.append(text)
        found = [word for word in dict.fromkeys(words_of(text)) if word in tried]
        for word in found[:MOST_IN_TEXT]:
            another = others[int(chance.integers(len(others)))]
            named.append((word, whole, len(asked)))
            asked += [_replaced(text, word, by) for by in ("", another)]
    return asked, named


def _replaced(text: str, word: str, by: str) -> str:
    def chosen(found: re.Match[str]) -> str:
        return by if found.group().casefold() == word else found.group()

    return WORD.sub(chosen, text)


def _summed(moves: dict[str, list[Floats]], *, has_classes: bool) -> Moved:
    """Return by how much each word moves answers, of those met often enough."""
    words = [word for word, each in moves.items() if len(each) >= FEWEST_TEXTS]
    importance, speaks = np.zeros((len(words), 2)), np.zeros((len(words), 1))
    for place, word in enumerate(words):
        each = np.stack(moves[word])  # (texts, 2, k), of what is lost without it
        mean = each.mean(axis=0)
        if has_classes:
            best = int(mean.sum(axis=0).argmax())
            importance[place], speaks[place, 0] = mean[:, best], best
        else:
            importance[place] = np.abs(each[:, :, 0]).mean(axis=0)
            speaks[place, 0] = float(mean.sum() > 0)
    return Moved([word[:LONGEST_WORD] for word in words], importance, speaks)
