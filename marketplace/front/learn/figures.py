"""The figure of each lesson, from numbers that were measured or that this site keeps."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext

from marketplace.front.learn.doing_figures import (
    digit_figure,
    learners_figure,
    programs_figure,
    seeds_figure,
    sizes_figure,
)
from marketplace.front.learn.drawing import (
    Bar,
    Bars,
    Curves,
    Figure,
    Reliability,
    Table,
    curve,
    reliability,
    share_bar,
    ticks,
)
from marketplace.front.learn.measured import MEASURED
from marketplace.front.learn.site_figures import (
    licences_figure,
    offers_figure,
    prices_figure,
    shares_figure,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operator set that figures show: the fee and the currency."""

    fee_bps: int
    currency: str


def figure_of(slug: str, terms: Terms) -> Figure:
    """Return the figure of a lesson.

    Raises:
        KeyError: no lesson is called so.
    """
    if slug in LIVE:
        return LIVE[slug](terms.fee_bps, terms.currency)
    return DRAWN[slug]()


def _splits() -> Figure:
    found = MEASURED["splits-and-why"]
    depths, known, held = found["depths"], found["known"], found["held"]
    best = depths[held.index(max(held))]
    return Curves(
        title=gettext("A tree that may ask more and more questions"),
        told=gettext(
            "Two lines over the number of questions, %(depths)s to "
            "%(depths_2)s. On rows it learnt from the tree rises to %(known)s. "
            "On held-out rows it is best at %(held)s with %(best)s, and ends at "
            "%(held_2)s."
        )
        % {
            "depths": depths[0],
            "depths_2": depths[-1],
            "known": f"{known[-1]:.1%}",
            "held": f"{max(held):.1%}",
            "best": best,
            "held_2": f"{held[-1]:.1%}",
        },
        caption=gettext(
            "Share of right answers on breast masses, benign or malignant: mean of ten "
            "splits of 569 rows, a fifth of them held out."
        ),
        curves=(
            curve(gettext("rows it learnt from"), known, floor=0.88, ceiling=1.0),
            curve(
                gettext("held-out rows"), held, floor=0.88, ceiling=1.0, is_dashed=True
            ),
        ),
        ticks=ticks(depths),
        across=gettext("questions that the tree may ask in a row"),
        top="100 %",
        bottom="88 %",
        numbers=Table(
            (
                gettext("Questions"),
                gettext("Rows it learnt from"),
                gettext("Held-out rows"),
            ),
            tuple(
                (str(depth), f"{one:.1%}", f"{other:.1%}")
                for depth, one, other in zip(depths, known, held, strict=True)
            ),
        ),
    )


def _leakage() -> Figure:
    found = MEASURED["leakage"]
    return Bars(
        title=gettext("How well a model foretells coin flips from noise"),
        caption=gettext(
            "A hundred rows, two thousand columns of noise, a coin flip to foretell. "
            "The twenty “best” columns are chosen, half the rows learnt from, the "
            "other half "
            "judged. Mean of twenty draws; 50 per cent is the truth."
        ),
        head=gettext("Columns chosen"),
        of=gettext("Right answers on held-out rows"),
        bars=(
            Bar(gettext("before splitting"), f"{found['before']:.1%}", found["before"]),
            Bar(gettext("after splitting"), f"{found['after']:.1%}", found["after"]),
        ),
    )


def _metrics() -> Figure:
    found = MEASURED["metrics"]
    never, model = found["never"], found["model"]
    return Bars(
        title=gettext("Two models, two metrics"),
        caption=gettext(
            "%(found)s held-out breast masses, %(found_2)s of them "
            "malignant. Accuracy hardly sees that the first model finds none "
            "of these."
        )
        % {"found": found["rows"], "found_2": found["malignant"]},
        head=gettext("Model and metric"),
        of=gettext("Score with its interval, from 0 to 100 %"),
        bars=(
            share_bar(gettext("Always “benign”: accuracy"), never["accuracy"]),
            share_bar(gettext("Always “benign”: balanced accuracy"), never["balanced"]),
            share_bar(gettext("Trained model: accuracy"), model["accuracy"]),
            share_bar(gettext("Trained model: balanced accuracy"), model["balanced"]),
        ),
    )


def _calibration() -> Figure:
    found = MEASURED["calibration-and-uncertainty"]
    before, after = found["before_bins"], found["after_bins"]
    lowest = before[0]
    return Reliability(
        title=gettext("Confidence stated, and how often it was right"),
        told=gettext(
            "A square with a diagonal. As the model was trained, its points lie "
            "below the diagonal: where it says %(lowest)s it is right in "
            "%(lowest_2)s. After tempering they lie closer to it. The "
            "calibration error falls from %(found)s to %(found_2)s."
        )
        % {
            "lowest": f"{lowest[0]:.0%}",
            "lowest_2": f"{lowest[1]:.0%}",
            "found": f"{found['before'][0]:.1%}",
            "found_2": f"{found['after'][0]:.1%}",
        },
        caption=gettext(
            "Naive Bayes on %(found)s diabetes patients: will they get "
            "worse? Its answers are the same before and after; only its "
            "confidence is divided by %(found_2)s, on the scale of "
            "logarithms. Lines are 95 %% intervals."
        )
        % {"found": found["rows"], "found_2": f"{found['temperature']:g}"},
        curves=(
            reliability(gettext("as trained"), before, is_dashed=False),
            reliability(gettext("tempered"), after, is_dashed=True),
        ),
        numbers=Table(
            (
                gettext("Which"),
                gettext("It says"),
                gettext("It is right in"),
                gettext("Interval"),
            ),
            tuple(
                (name, f"{said:.0%}", f"{right:.0%}", f"{low:.0%} to {high:.0%}")
                for name, bins in (
                    (gettext("as trained"), before),
                    (gettext("tempered"), after),
                )
                for said, right, low, high in bins
            ),
        ),
    )


def _unknown() -> Figure:
    found = MEASURED["unknown-inputs"]
    return Bars(
        title=gettext("How often the model is at least 90 per cent sure"),
        caption=gettext(
            "A model of scanned digits right in %(found)s of them. It has "
            "never met noise, nor a digit upside down, and is sure all the "
            "same."
        )
        % {"found": f"{found['accuracy']:.1%}"},
        head=gettext("What it is shown"),
        of=gettext("Answers given with 90 per cent confidence or more"),
        bars=(
            share_bar(gettext("Digits like those it learnt"), found["digits"]),
            share_bar(gettext("Digits upside down"), found["upended"]),
            share_bar(gettext("Pure noise"), found["noise"]),
        ),
    )


def _groups() -> Figure:
    found = MEASURED["bias-and-fairness"]
    named = {
        "all": gettext("Everyone"),
        "sex 1": gettext("Sex “1”"),
        "sex 2": gettext("Sex “2”"),
        "youngest": gettext("The youngest third"),
        "middle": gettext("The middle third"),
        "oldest": gettext("The oldest third"),
    }
    return Bars(
        title=gettext("How many of the patients who got worse the model finds"),
        caption=gettext(
            "Diabetes data: 442 patients, “got worse” is above the median after a "
            "year. Bars are what was found, the dark stretch is the 95 per cent "
            "interval. The "
            "dataset "
            "does not say which sex is 1."
        ),
        head=gettext("Group"),
        of=gettext("Found, with its interval"),
        noted=gettext("Patients"),
        bars=tuple(
            share_bar(label, found[name], str(found[name][3]))
            for name, label in named.items()
        ),
    )


def _explanations() -> Figure:
    found = MEASURED["explanations"]
    first, second = found["first"], found["second"]
    ceiling = max(*first, *second)
    bars = [
        Bar(f"{column}: {which}", f"{max(value, 0):.3f}", max(value, 0))
        for column, one, other in zip(found["columns"], first, second, strict=True)
        for which, value in ((gettext("first"), one), (gettext("second"), other))
    ]
    return Bars(
        title=gettext("What two equally good models hang on"),
        caption=gettext(
            "Two forests, each from half of the same rows, right in "
            "%(found)s and %(found_2)s of held-out ones. A bar is how much "
            "the log loss rises when the column is put in disorder."
        )
        % {
            "found": f"{found['scores'][0]:.1%}",
            "found_2": f"{found['scores'][1]:.1%}",
        },
        head=gettext("Column and model"),
        of=gettext("How much worse without it"),
        bars=tuple(bars),
        ceiling=ceiling,
    )


def _board() -> Figure:
    found = MEASURED["how-to-read-a-leaderboard"]
    return Bars(
        title=gettext("Six models on the same %(found)s held-out rows")
        % {"found": found["rows"]},
        caption=gettext(
            "A range of ranks says where a model may truly stand. Who shares a tier "
            "cannot be told apart from the tier’s first. Computed as our boards are."
        ),
        head=gettext("Model"),
        of=gettext("Accuracy with its interval, from 50 to 100 %"),
        floor=0.5,
        noted=gettext("Rank"),
        bars=tuple(
            share_bar(name, each[:3], _range(*each[4:]) + f", tier {each[3]}")
            for name, *each in found["entries"]
        ),
    )


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _contest() -> Figure:
    found = MEASURED["how-a-contest-works"]
    rows = found["known"] + found["held"]
    return Bars(
        title=gettext("How the rows of a contest are parted"),
        caption=gettext(
            "The contest “Benign or malignant?” of the demonstration. Contestants get "
            "all measurements; the answers of the held-out rows stay with the host."
        ),
        head=gettext("Rows"),
        of=gettext("Share of all rows"),
        bars=(
            Bar(
                gettext("with answers, to learn from"),
                str(found["known"]),
                found["known"] / rows,
            ),
            Bar(
                gettext("without, to predict"), str(found["held"]), found["held"] / rows
            ),
        ),
    )


DRAWN: dict[str, Callable[[], Figure]] = {
    "splits-and-why": _splits,
    "leakage": _leakage,
    "how-to-publish": sizes_figure,
    "metrics": _metrics,
    "calibration-and-uncertainty": _calibration,
    "unknown-inputs": _unknown,
    "bias-and-fairness": _groups,
    "explanations": _explanations,
    "how-a-contest-works": _contest,
    "how-to-read-a-leaderboard": _board,
    "training-without-code": learners_figure,
    "try-a-model": digit_figure,
    "run-a-notebook": seeds_figure,
    "use-it-from-python": programs_figure,
}
LIVE: dict[str, Callable[[int, str], Figure]] = {
    "what-a-licence-allows": licences_figure,
    "shares-and-royalties": shares_figure,
    "prices-and-fees": prices_figure,
    "how-to-buy": offers_figure,
}
