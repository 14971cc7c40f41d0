"""Values against other people's programs, and against what can be worked out by hand."""

import io
import sys
import time
from itertools import combinations

import jiwer
import numpy as np
import pytest
from faster_coco_eval import COCO, COCOeval_faster
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF
from sklearn import metrics as oracle

from tests.metrics import cases
from training.jobs import SubmissionFailed
from training.metrics import forecasting, multilabel, orders, survival, texts
from training.metrics.detection import THRESHOLDS, _mean, coco_map, coco_map50, matched
from training.metrics.estimate import Undefined
from training.metrics.forecasting import Forecasts
from training.metrics.orders import Orders, ranked
from training.metrics.registry import measure
from training.metrics.segmentation import Masks, dice, miou
from training.metrics.survival import Lifetimes
from training.metrics.texts import Texts

seeds = st.integers(0, 2**32 - 1)
WORDS = ["the", "cat", "sat,", "on", "a!", "mät", "it's"]
phrases = st.lists(st.sampled_from(WORDS), max_size=9)


def pairs(known, told):
    return Texts(np.array(known, dtype=object), np.array(told, dtype=object))


@given(st.lists(st.tuples(phrases, phrases), min_size=1, max_size=6))
@settings(deadline=None)
def test_bleu_and_chrf_of_a_set_are_those_of_sacrebleu(told):
    known = [" ".join(each) for each, _ in told]
    said = [" ".join(each) for _, each in told]
    given_texts = pairs(known, said)

    expected = BLEU(force=True).corpus_score(said, [known]).score
    assert texts.bleu(given_texts).value == pytest.approx(expected, abs=1e-9)
    expected = CHRF().corpus_score(said, [known]).score
    assert texts.chrf(given_texts).value == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.tuples(phrases.filter(bool), phrases), min_size=1, max_size=6))
@settings(deadline=None)
def test_error_rates_of_a_set_are_those_of_jiwer(told):
    known = [" ".join(each) for each, _ in told]
    said = [" ".join(each) for _, each in told]

    assert texts.wer(pairs(known, said)).value == pytest.approx(jiwer.wer(known, said))
    assert texts.cer(pairs(known, said)).value == pytest.approx(jiwer.cer(known, said))


def test_words_said_where_nothing_was_are_errors():
    assert texts.wer(pairs(["", "a b"], ["x", "a b"])).value == 0.5
    with pytest.raises(Undefined, match="Every reference is empty"):
        texts.wer(pairs([""], ["x"]))


def test_rouge_l_by_hand():
    told = pairs(["police killed the gunman"], ["Police kill the gunman!"])

    assert texts.rouge_l(told).value == pytest.approx(0.75)  # Lin 2004, section 3.1
    assert texts.rouge_l(pairs([""], [""])).value == 1.0


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc")))
def test_the_longest_common_run_is_the_longest(these, those):
    def is_within(run, sequence):
        rest = iter(sequence)
        return all(each in rest for each in run)

    longest = max(
        size
        for size in range(len(these) + 1)
        for run in combinations(these, size)
        if is_within(run, those)
    )
    assert texts.longest_common(these, those) == longest


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_labels_against_sklearn(seed):
    case = cases.label_sets(np.random.default_rng(seed))
    truth, sets, scores = case.truth, case.sets, case.scores

    for name, expected in {
        "micro_f1": oracle.f1_score(truth, sets, average="micro"),
        "label_f1": oracle.f1_score(truth, sets, average="macro"),
        "hamming_loss": oracle.hamming_loss(truth, sets),
        "subset_accuracy": oracle.accuracy_score(truth, sets),
        "lrap": oracle.label_ranking_average_precision_score(truth, scores),
        "label_auc": oracle.roc_auc_score(truth, scores, average="macro"),
    }.items():
        assert measure(name, case).value == pytest.approx(expected), name
    one_sided = np.zeros_like(truth)
    with pytest.raises(Undefined, match="true of all rows or of none"):
        multilabel.label_auc(one_sided, scores)


def test_quantiles_against_sklearn_and_by_hand():
    told = cases.forecasts(np.random.default_rng(2))
    each = [
        oracle.mean_pinball_loss(told.actual, told.told[:, place], alpha=level)
        for place, level in enumerate(told.levels)
    ]

    assert forecasting.pinball(told).value == pytest.approx(np.mean(each))
    weighted = 2 * np.mean(each) / np.abs(told.actual).mean()
    assert forecasting.wql(told).value == pytest.approx(weighted)
    cells = np.array([0.175, 0.2, 0.25, 0.2, 0.175])
    assert forecasting.crps(told).value == pytest.approx(2 * cells @ each)


def test_crps_of_many_quantiles_is_that_of_the_distribution():
    levels = (np.arange(999) + 1) / 1000
    uniform = Forecasts(
        np.array([0.5, 0.0]),
        np.ones(2),
        np.zeros(2, int),
        levels,
        np.tile(levels, (2, 1)),
    )

    # the integral of (F - step)^2 for a uniform F: 1/12 at the middle, 1/3 at the end
    expected = (1 / 12 + 1 / 3) / 2
    assert forecasting.crps(uniform).value == pytest.approx(expected, abs=1e-3)


def test_forecasts_by_hand():
    points = Forecasts(
        np.array([3.0, 5.0, 0.0]),
        np.array([2.0, 2.0, 4.0]),
        np.array([0, 0, 1]),
        np.empty(0),
        np.array([[4.0], [5.0], [0.0]]),
    )

    assert forecasting.mase(points).value == pytest.approx((0.5 / 2 + 0) / 2)
    assert forecasting.smape(points).value == pytest.approx((1 / 3.5 / 2 + 0) / 2)
    inside = Forecasts(
        np.arange(10.0),
        np.ones(10),
        np.zeros(10, int),
        np.array([0.1, 0.9]),
        np.column_stack([np.full(10, -1.0), np.full(10, 5.5)]),
    )
    gap = forecasting.coverage_gap(inside)
    assert gap.value == pytest.approx(0.2)  # 0.6 within, where 0.8 was said
    assert gap.low == 0.0
    with pytest.raises(Undefined, match="at least two levels"):
        forecasting.coverage_gap(
            Forecasts(
                np.ones(1),
                np.ones(1),
                np.zeros(1, int),
                np.array([0.5]),
                np.ones((1, 1)),
            )
        )


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_orders_against_sklearn(seed):
    generator = np.random.default_rng(seed)
    gains = generator.integers(0, 4, (6, 15)).astype(float)
    gains[:, 0] = 1.0  # something is relevant in each
    scores = generator.permuted(np.tile(np.arange(15.0), (6, 1)), axis=1)
    names, flat = np.repeat(np.arange(6), 15), gains.ravel()
    known = flat > 0
    told = Orders(
        names, flat, ranked(names, scores.ravel(), flat), names[known], flat[known], 6
    )

    expected = oracle.ndcg_score(gains, scores, k=10)
    assert orders.ndcg(told).value == pytest.approx(expected)
    expected = np.mean(
        [
            oracle.average_precision_score(one > 0, two)
            for one, two in zip(gains, scores, strict=True)
        ]
    )
    assert orders.mean_average_precision(told).value == pytest.approx(expected)


def test_equal_scores_gain_nothing_by_the_order_of_the_file():
    names, gains = np.zeros(12, int), np.array([1.0] + [0.0] * 11)
    told = Orders(
        names, gains, ranked(names, np.zeros(12), gains), names[:1], gains[:1], 1
    )

    assert told.places[0] == 11
    assert orders.mrr(told).value == orders.ndcg(told).value == 0.0
    assert orders.recall_at_100(told).value == 1.0
    assert orders.precision_at_10(told).value == 0.0


def test_masks_by_hand():
    told = Masks(
        np.array([[2.0, 0.0], [3.0, 0.0]]),
        np.array([[4.0, 0.0], [3.0, 0.0]]),
        np.array([[2.0, 5.0], [3.0, 0.0]]),
    )

    assert dice(told).value == pytest.approx(((2 * 2 / 6 + 0) / 2 + 1) / 2)
    assert miou(told).value == pytest.approx((5 / 7 + 0 / 5) / 2)
    nothing = Masks(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)))
    assert dice(nothing).value == 1.0
    with pytest.raises(Undefined, match="No mask has a pixel"):
        miou(nothing)


def _coco(told, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    known, found = COCO(), COCO()
    base = {
        "images": [{"id": n + 1} for n in range(told.count)],
        "categories": [{"id": n + 1} for n in range(5)],
    }

    def lines(pictures, classes, boxes, **more):
        return [
            {
                "id": n + 1,
                "image_id": int(pictures[n]) + 1,
                "category_id": int(classes[n]) + 1,
                "bbox": boxes[n].tolist(),
                "area": float(boxes[n, 2] * boxes[n, 3]),
                "iscrowd": 0,
                **{name: float(column[n]) for name, column in more.items()},
            }
            for n in range(len(pictures))
        ]

    known.dataset = base | {
        "annotations": lines(told.true_pictures, told.true_classes, told.true_boxes)
    }
    found.dataset = base | {
        "annotations": lines(told.pictures, told.classes, told.boxes, score=told.scores)
    }
    known.createIndex()
    found.createIndex()
    run = COCOeval_faster(known, found, "bbox")
    run.evaluate()
    run.accumulate()
    run.summarize()
    return run.stats[:2]


@pytest.mark.parametrize("seed", range(8))
def test_boxes_against_coco(seed, monkeypatch):
    told = cases.boxes(np.random.default_rng(seed), pictures=15)

    expected, expected50 = _coco(told, monkeypatch)

    assert coco_map(told).value == pytest.approx(expected, abs=1e-9)
    assert coco_map50(told).value == pytest.approx(expected50, abs=1e-9)


def test_a_picture_drawn_twice_weighs_as_two():
    told = cases.boxes(np.random.default_rng(1), pictures=6)
    found = [matched(told, n, THRESHOLDS) for n in np.unique(told.true_classes)]

    whole = _mean(found, np.ones(6))

    assert _mean(found, np.full(6, 3.0)) == pytest.approx(whole)
    assert _mean(found, np.array([1.0, 2, 0, 1, 1, 1])) != pytest.approx(whole)


@pytest.mark.parametrize("has_ties", [False, True])
def test_concordance_pair_by_pair(has_ties):
    told = cases.lifetimes(np.random.default_rng(4))
    if has_ties:
        generator = np.random.default_rng(5)
        times, risks = generator.integers(0, 9, (2, 60)).astype(float)
        told = Lifetimes(times, told.is_event, np.empty(0), risks[:, None])
    risks = told.risks
    comparable = right = 0.0
    for i in range(60):
        for j in range(60):
            first = told.is_event[i] and (
                told.time[i] < told.time[j]
                or (told.time[i] == told.time[j] and not told.is_event[j])
            )
            if first:
                comparable += 1
                right += (risks[i] > risks[j]) + 0.5 * (risks[i] == risks[j])

    assert survival.concordance(told).value == pytest.approx(right / comparable)
    nobody = Lifetimes(np.ones(2), np.zeros(2, bool), np.empty(0), np.ones((2, 1)))
    with pytest.raises(Undefined, match="No two subjects"):
        survival.concordance(nobody)


def test_concordance_of_four_times_as_many_takes_no_sixteen_times_as_long():
    generator = np.random.default_rng(6)

    def seconds(many):
        told = Lifetimes(
            generator.random(many),
            generator.random(many) < 0.5,
            np.empty(0),
            generator.random((many, 1)),
        )
        begun = time.process_time()
        assert survival.concordance(told).value == pytest.approx(0.5, abs=0.02)
        return time.process_time() - begun

    few = seconds(20_000)
    assert seconds(80_000) < 9 * few


@pytest.mark.parametrize(("limit", "most"), [("MOST_LETTERS", 14), ("MOST_CELLS", 17)])
def test_texts_that_would_take_hours_are_refused(limit, most, monkeypatch):
    known, told = np.empty((2, 3), dtype=object)
    known[:], told[:] = ["ab"] * 3, ["abc"] * 3
    pairs = Texts(known, told)

    texts.require_bounded(pairs)
    monkeypatch.setattr(texts, limit, most)
    with pytest.raises(SubmissionFailed, match=r"15 letters, 1\.1 times") as long:
        texts.require_bounded(pairs)
    assert long.value.code == "texts_too_long"


def test_the_brier_score_of_survival_by_hand():
    told = Lifetimes(
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([True, False, True, True]),
        np.array([2.5]),
        np.array([[0.2], [0.9], [0.6], [0.7]]),
    )

    # the second is lost at 2, of 3 then in sight: G = 2/3 from there on
    expected = (0.2**2 / 1 + 0 + 0.4**2 / (2 / 3) + 0.3**2 / (2 / 3)) / 4
    assert survival.survival_brier(told).value == pytest.approx(expected)


def test_intervals_of_a_bootstrap_and_of_the_normal_beyond_it_agree():
    generator = np.random.default_rng(0)
    few = cases.label_sets(generator, n=19_000)
    many = cases.label_sets(generator, n=21_000)

    widths = [
        measure("micro_f1", case).high - measure("micro_f1", case).low
        for case in (few, many)
    ]

    assert widths[0] / widths[1] == pytest.approx((21 / 19) ** 0.5, rel=0.1)
