"""How near generated texts and transcripts come to their references."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import jiwer
import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU

from training.jobs import Stage, SubmissionFailed
from training.kinds import Needs
from training.metrics.estimate import Estimate, Floats, Undefined, mean_of, share_of
from training.metrics.resampling import bootstrapped, ratio_of

CHRF_ORDER = 6
CHRF_RECALL = 4  # beta squared, beta = 2
BLEU_ORDER = 4
WORD = re.compile(r"[^\W_]+")
MOST_LETTERS = 8_000_000  # of all texts and references together
MOST_CELLS = 100_000_000_000  # letters of a text times those of its reference, summed


@dataclass(frozen=True, slots=True)
class Texts:
    """Pairs of what is true and what was told.

    Args:
        known, told: (n,) arrays of str objects.
    """

    known: NDArray[np.object_]
    told: NDArray[np.object_]

    def given(self, needs: Needs) -> tuple[Any, ...] | None:  # noqa: ARG002  as all cases
        return (self,)

    def only(self, rows: NDArray[np.bool_]) -> Self:
        return type(self)(self.known[rows], self.told[rows])


def require_bounded(pairs: Texts) -> None:
    """Return if the texts can be compared within minutes, whatever they say.

    Raises:
        SubmissionFailed: they are too long; it says by how much.
    """
    sizes = np.array(
        [
            [len(known), len(told)]
            for known, told in zip(pairs.known, pairs.told, strict=True)
        ],
        dtype=np.float64,
    )
    letters, cells = sizes.sum(), sizes.prod(axis=1).sum()
    if letters <= MOST_LETTERS and cells <= MOST_CELLS:
        return
    over = max(letters / MOST_LETTERS, cells / MOST_CELLS)
    raise SubmissionFailed(
        "texts_too_long",
        f"The texts and their references have {letters:,.0f} letters, {over:,.1f} times "
        f"what can be compared here. At most {MOST_LETTERS:,} letters in all are, and "
        f"pairs of long texts count for more. Hand in shorter texts; if the references "
        "alone are too long, the contest's host can cut them.",
        stage=Stage.SCORE,
    )


def _runs(text: str, length: int) -> Counter[str]:
    return Counter(text[at : at + length] for at in range(len(text) - length + 1))


def chrf_parts(pairs: Texts) -> Floats:
    """Return (n, 18) runs told, runs known and runs shared, of 1 to 6 letters.

    White space is left out; runs told longer than anything known do not count, as in
    sacreBLEU.

    Cost: 12 dictionary operations a letter.
    """
    parts = np.zeros((len(pairs.known), 3 * CHRF_ORDER))
    for row, (known, told) in enumerate(zip(pairs.known, pairs.told, strict=True)):
        bare, bare_told = "".join(known.split()), "".join(told.split())
        for order in range(CHRF_ORDER):
            ours, theirs = _runs(bare_told, order + 1), _runs(bare, order + 1)
            shared = sum(
                min(n, theirs[run]) for run, n in ours.items() if run in theirs
            )
            counts = ours.total() if theirs else 0, theirs.total(), shared
            parts[row, 3 * order : 3 * order + 3] = counts
    return parts


def _chrf(sums: Floats) -> Floats:
    """Return (r,) chrF2 of (r, 18) sums."""
    told, known, shared = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    counts = (told > 0) & (known > 0)
    precision = np.divide(shared, told, out=np.zeros_like(shared), where=counts)
    recall = np.divide(shared, known, out=np.zeros_like(shared), where=counts)
    orders = np.maximum(counts.sum(axis=1), 1)
    mean, mean_recall = precision.sum(axis=1) / orders, recall.sum(axis=1) / orders
    below = CHRF_RECALL * mean + mean_recall
    above = (1 + CHRF_RECALL) * mean * mean_recall
    shares = np.divide(above, below, out=np.zeros_like(below), where=below > 0)
    return np.asarray(100 * shares)


def chrf(pairs: Texts) -> Estimate:
    """Measure chrF2 of the whole set, in [0, 100]; greater is better."""
    return bootstrapped(chrf_parts(pairs), _chrf, most=100.0)


def chrf_losses(pairs: Texts) -> Floats:
    """Return (n,) 100 - chrF2 of each text alone."""
    return 100 - _chrf(chrf_parts(pairs))


def _bleu(sums: Floats) -> Floats:
    """Return (r,) BLEU of (r, 10) sums: lengths told and known, hits, runs told.

    An order without a hit counts as half a hit, the next one as a quarter, and so on
    (smoothing of mteval); with no hit at all the score is 0, as in sacreBLEU.
    """
    told, known = sums[:, 0], sums[:, 1]
    hits, totals = sums[:, 2 : 2 + BLEU_ORDER], sums[:, 2 + BLEU_ORDER :]
    halvings = 0.5 ** np.cumsum(hits <= 0, axis=1)
    smoothed = np.where(hits > 0, hits, halvings)
    is_possible = (totals > 0).all(axis=1) & (hits > 0).any(axis=1)
    shares = np.divide(smoothed, totals, out=np.ones_like(hits), where=totals > 0)
    mean = np.exp(np.log(shares).mean(axis=1))
    short = np.divide(known, told, out=np.ones_like(told), where=told > 0) - 1
    return np.where(is_possible, 100 * np.exp(-np.maximum(short, 0.0)) * mean, 0.0)


def bleu(pairs: Texts) -> Estimate:
    """Measure BLEU of the whole set (sacreBLEU: 13a words, exponential smoothing)."""
    scorer = BLEU(effective_order=True)
    parts = np.zeros((len(pairs.known), 2 + 2 * BLEU_ORDER))
    for row, (known, told) in enumerate(zip(pairs.known, pairs.told, strict=True)):
        one = scorer.sentence_score(told, [known])
        parts[row] = [one.sys_len, one.ref_len, *one.counts, *one.totals]
    return bootstrapped(parts, _bleu, most=100.0)


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def longest_common(these: Sequence[str], those: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    Bit-parallel (Hyyrö 2004): one step of big integers for each of `those`.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(these):
        places[word] = places.get(word, 0) | 1 << place
    full = (1 << len(these)) - 1
    row = full
    for word in those:
        hits = row & places.get(word, 0)
        row = ((row + hits) | (row - hits)) & full
    return len(these) - row.bit_count()


def rouge_l_losses(pairs: Texts) -> Floats:
    """Return (n,) 1 - F1 of the longest common run of words; 0 where both are empty."""
    losses = np.empty(len(pairs.known))
    for row, (known, told) in enumerate(zip(pairs.known, pairs.told, strict=True)):
        ours, theirs = _words(told), _words(known)
        both = len(ours) + len(theirs)
        losses[row] = 1 - 2 * longest_common(ours, theirs) / both if both else 0.0
    return losses


def rouge_l(pairs: Texts) -> Estimate:
    """Measure ROUGE-L's F1, the mean over texts, in [0, 1]; greater is better."""
    return mean_of(1 - rouge_l_losses(pairs), most=1.0)


def mismatches(pairs: Texts) -> Floats:
    """Return (n,) 1 where a text is not its reference, white space apart, else 0."""
    told = zip(pairs.known, pairs.told, strict=True)
    return np.array([float(a.split() != b.split()) for a, b in told])


def exact_match(pairs: Texts) -> Estimate:
    """Measure the share of texts that are their reference, white space apart."""
    wrong = int(mismatches(pairs).sum())
    return share_of(len(pairs.known) - wrong, len(pairs.known))


def _errors(pairs: Texts, *, by_letter: bool) -> tuple[Floats, Floats]:
    """Return (n,) edits and (n,) lengths of the references, in words or letters."""
    process = jiwer.process_characters if by_letter else jiwer.process_words
    edits, lengths = np.empty((2, len(pairs.known)))
    for row, (known, told) in enumerate(zip(pairs.known, pairs.told, strict=True)):
        bare, bare_told = " ".join(known.split()), " ".join(told.split())
        lengths[row] = len(bare) if by_letter else len(bare.split())
        if not bare:
            edits[row] = len(bare_told) if by_letter else len(bare_told.split())
            continue
        one = process(bare, bare_told)
        edits[row] = one.substitutions + one.deletions + one.insertions
    return edits, lengths


def _rate(pairs: Texts, *, by_letter: bool) -> Estimate:
    edits, lengths = _errors(pairs, by_letter=by_letter)
    if not lengths.any():
        raise Undefined("empty_truth", "Every reference is empty, so there is no rate.")
    return ratio_of(edits, lengths)


def _rate_influence(pairs: Texts, *, by_letter: bool) -> Floats:
    edits, lengths = _errors(pairs, by_letter=by_letter)
    mean = max(float(lengths.mean()), np.finfo(np.float64).tiny)
    value = float(edits.mean()) / mean
    return np.asarray(value + (edits - value * lengths) / mean)


def wer(pairs: Texts) -> Estimate:
    """Measure word errors for each word of the references, at least 0."""
    return _rate(pairs, by_letter=False)


def cer(pairs: Texts) -> Estimate:
    """Measure letter errors for each letter of the references, at least 0."""
    return _rate(pairs, by_letter=True)


def wer_influence(pairs: Texts) -> Floats:
    """Return (n,) what each transcript does to the word error rate."""
    return _rate_influence(pairs, by_letter=False)


def cer_influence(pairs: Texts) -> Floats:
    """Return (n,) what each transcript does to the character error rate."""
    return _rate_influence(pairs, by_letter=True)
