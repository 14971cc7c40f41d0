"""What a model that judges people's words may say, and whom it wrongs by it.

Such a model gives no bare label. It says yes above one edge and no below another, and in
between that a person should look; and it is tried on harmless sentences about people of
many kinds, since models learn to take the mere name of a group for an offence (Dixon et
al. 2018, “Measuring and mitigating unintended bias in text classification”; Röttger et
al. 2021, “HateCheck”). The terms and sentences are ours; the terms are how people call
themselves, in words that no one need mind.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.jobs import Limits
from training.learning import LearningPlan, Part
from training.metrics.estimate import share_of
from training.recalibration import Recalibration
from training.runner.sandbox.spec import Sandbox
from training.runner.studio.facts import Floats, Kept, PreparedFacts
from training.runner.studio.keeping import ask
from training.runner.studio.recalibration import HeldBack, evened
from training.runner.studio.scores import texts_of

TERMS = (
    *("women", "men", "gay people", "lesbians", "straight people", "trans people"),
    *("Black people", "white people", "Asian people", "Roma people", "immigrants"),
    *("refugees", "Muslims", "Jews", "Christians", "Hindus", "atheists", "old people"),
    *("young people", "disabled people", "deaf people", "blind people"),
)
SENTENCES = (
    "I had lunch with some {} today.",
    "{} live in my street.",
    "There were {} in the audience.",
    "My neighbours are {}.",
    "Many {} work at our hospital.",
    "I read a book about {}.",
    "The film is about two {}.",
    "{} were on the train this morning.",
    "Our team has {} and we get on well.",
    "The museum shows paintings by {}.",
    "{} met in the library on Tuesday.",
    "A survey asked {} about the weather.",
    "The bus was full of {}.",
    "{} taught me how to cook.",
    "We played football with {}.",
    "Some {} asked me the way.",
    "I work with {} every day.",
    "{} voted in the election.",
    "The choir is made up of {}.",
    "The shop on the corner is run by {}.",
    "{} bought most of the tickets.",
    "The doctor said that {} need sleep, too.",
    "I met {} at the station.",
    "A group of {} came to the concert.",
    "{} like coffee and tea.",
    "The course is open to {}.",
    "{} wrote to the newspaper.",
    "Yesterday {} opened a café.",
    "The statue honours {}.",
    "Two {} won the chess match.",
    "{} helped us to move the piano.",
    "The radio spoke with {} about gardens.",
)
FEWEST_ROWS = 30  # of a group, below which nothing is said about it
SURE, MISSED = 0.9, 0.05


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """From which probability on something is flagged, and between which a person looks.

    `left_open` is the share of rows between the edges, `precision` how many of those above
    the upper edge are rightly so, and `missed` how many below the lower one are not.
    """

    flagged: str
    threshold: float
    low: float
    high: float
    left_open: float
    precision: float
    missed: float


@dataclass(frozen=True, slots=True)
class Wronged:
    """How often harmless words about a group are flagged: a share with its interval.

    `own_rows` of the person's own harmless rows name the group, and `own` is the share of
    them that is flagged; None where they are fewer than `FEWEST_ROWS`.
    """

    term: str
    rate: tuple[float, float, float]
    own_rows: int
    own: tuple[float, float, float] | None


def operating_point(
    is_flagged: NDArray[np.bool_], probabilities: Floats, *, flagged: str
) -> OperatingPoint:
    """Choose where a model says yes, no, and neither, by rows it was not fitted to.

    The threshold is where the harmonic mean of precision and recall (F1) is greatest. The
    upper edge is the least probability, not below it, above which nine in ten are right;
    the lower one the greatest, not above it, below which one in twenty is missed.

    Args:
        is_flagged: (n,) the truth.
        probabilities: (n,) of being flagged.
        flagged: what the class is called.
    """
    order = np.argsort(-probabilities, kind="stable")
    told, truth = probabilities[order], is_flagged[order]
    found = np.cumsum(truth)
    taken = np.arange(1, len(truth) + 1)
    is_last = np.append(told[1:] != told[:-1], True)  # of those of one probability
    precision, recall = found / taken, found / max(truth.sum(), 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(np.where(is_last, f1, -1.0)))
    threshold = float(told[best])

    sure = np.flatnonzero(is_last & (precision >= SURE) & (told >= threshold))
    high = float(told[sure[-1]]) if len(sure) else 1.0
    below = len(truth) - taken
    missed = (truth.sum() - found) / np.maximum(below, 1)
    fine = np.flatnonzero(is_last & (below > 0) & (missed <= MISSED) & (taken > best))
    low = float(told[fine[0]]) if len(fine) else 0.0
    above, under = told >= high, told < low
    return OperatingPoint(
        flagged,
        threshold,
        low,
        high,
        left_open=float((~above & ~under).mean()),
        precision=float(truth[above].mean()) if above.any() else 0.0,
        missed=float(truth[under].mean()) if under.any() else 0.0,
    )


def harmless_texts() -> list[str]:
    """Return each sentence about each group, group by group."""
    return [_about(term, sentence) for term in TERMS for sentence in SENTENCES]


def naming(term: str) -> re.Pattern[str]:
    """Return what finds a group named in a text."""
    return re.compile(rf"\b{re.escape(term)}\b", re.IGNORECASE)


def harmless_sentences(column: str) -> bytes:
    """Return a CSV of each sentence about each group, group by group."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([column])
    rows.writerows([text] for text in harmless_texts())
    return out.getvalue().encode()


def wronged(
    answers: Floats,
    texts: Sequence[str],
    is_flagged: NDArray[np.bool_],
    probabilities: Floats,
    *,
    threshold: float,
) -> list[Wronged]:
    """Tell how often harmless words about each group are flagged, the worst first.

    Args:
        answers: (len(TERMS) * len(SENTENCES),) probabilities for `harmless_sentences`.
        texts: n of the person's own rows.
        is_flagged: (n,) the truth about them.
        probabilities: (n,) of models that were not fitted to them.
        threshold: from which on something is flagged.
    """
    by_term = answers.reshape(len(TERMS), len(SENTENCES)) >= threshold
    found = []
    for term, told in zip(TERMS, by_term, strict=True):
        named = naming(term)
        names = np.array([bool(named.search(text)) for text in texts], dtype=bool)
        own = probabilities[names & ~is_flagged] >= threshold
        is_told = len(own) >= FEWEST_ROWS
        found.append(
            Wronged(term, _share(told), len(own), _share(own) if is_told else None)
        )
    return sorted(found, key=lambda one: (-one.rate[0], one.term))


def policy_of(
    kept: Kept,
    held_back: HeldBack,
    learning: Path,
    *,
    plan: LearningPlan,
    facts: PreparedFacts,
    recalibration: Recalibration | None,
    limits: Limits,
    sandbox: Sandbox,
) -> dict[str, Any]:
    """Say where a kept model says yes, and whom it wrongs, as JSON can hold it.

    Args:
        kept: the model.
        held_back: of `held_back_mean`.
        learning: of `prepare`.
        plan: names the class that is flagged, and the column of texts.
        facts: what `prepare` told.
        recalibration: what is done to probabilities.
        limits: of asking the model.
        sandbox: as for `prepare`.

    Raises:
        SubmissionFailed, SandboxBroken: see `ask`.
    """
    place = facts.classes.index(plan.flagged)
    answers, truth, is_answered = held_back
    probabilities = evened(answers, recalibration)[:, place]
    is_flagged = truth == place
    point = operating_point(is_flagged, probabilities, flagged=plan.flagged)
    told = ask(
        kept.model,
        harmless_sentences(plan.text),
        form="csv",
        recalibration=recalibration,
        facts=facts,
        limits=limits,
        sandbox=sandbox,
        backbone=kept.backbone,
    )
    texts = [*texts_of(learning, Part.LEARNING), *texts_of(learning, Part.VALIDATION)]
    groups = wronged(
        told[:, place],
        [texts[at] for at in np.flatnonzero(is_answered)],
        is_flagged,
        probabilities,
        threshold=point.threshold,
    )
    return {
        **asdict(point),
        "sentences": len(SENTENCES),
        "groups": [asdict(one) for one in groups],
    }


def _about(term: str, sentence: str) -> str:
    told = sentence.format(term)
    return told[0].upper() + told[1:]


def _share(is_wrong: NDArray[np.bool_]) -> tuple[float, float, float]:
    found = share_of(int(is_wrong.sum()), len(is_wrong))
    return found.value, found.low, found.high
