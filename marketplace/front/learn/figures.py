"""The figure of each lesson, from numbers that were measured or that this site keeps."""

from collections.abc import Callable
from dataclasses import dataclass

from marketplace.front.learn.drawing import (
    Bar,
    Bars,
    Cell,
    Curves,
    Figure,
    Reliability,
    Scan,
    Table,
    curve,
    reliability,
    ticks,
)
from marketplace.front.learn.examples import PROGRAMS
from marketplace.front.learn.measured import MEASURED
from marketplace.front.learn.site_figures import (
    licences_figure,
    offers_figure,
    prices_figure,
    shares_figure,
)

Interval = list[float]


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


def _share(label: str, found: Interval, note: str = "") -> Bar:
    value, low, high = found[:3]
    shown = f"{value:.1%}".replace("%", "\N{NO-BREAK SPACE}%")  # as its interval is
    return Bar(label, shown, value, low, high, note)


def _splits() -> Figure:
    found = MEASURED["splits-and-why"]
    depths, known, held = found["depths"], found["known"], found["held"]
    best = depths[held.index(max(held))]
    return Curves(
        title="A tree that may ask more and more questions",
        told=f"Two lines over the number of questions, {depths[0]} to {depths[-1]}. On "
        f"rows it learnt from the tree rises to {known[-1]:.1%}. On held-out rows it is "
        f"best at {max(held):.1%} with {best}, and ends at {held[-1]:.1%}.",
        caption="Share of right answers on breast masses, benign or malignant: mean of ten "
        "splits of 569 rows, a fifth of them held out.",
        curves=(
            curve("rows it learnt from", known, floor=0.88, ceiling=1.0),
            curve("held-out rows", held, floor=0.88, ceiling=1.0, is_dashed=True),
        ),
        ticks=ticks(depths),
        across="questions that the tree may ask in a row",
        top="100 %",
        bottom="88 %",
        numbers=Table(
            ("Questions", "Rows it learnt from", "Held-out rows"),
            tuple(
                (str(depth), f"{one:.1%}", f"{other:.1%}")
                for depth, one, other in zip(depths, known, held, strict=True)
            ),
        ),
    )


def _leakage() -> Figure:
    found = MEASURED["leakage"]
    return Bars(
        title="How well a model foretells coin flips from noise",
        caption="A hundred rows, two thousand columns of noise, a coin flip to foretell. "
        "The twenty “best” columns are chosen, half the rows learnt from, the other half "
        "judged. Mean of twenty draws; 50 % is the truth.",
        head="Columns chosen",
        of="Right answers on held-out rows",
        bars=(
            Bar("before splitting", f"{found['before']:.1%}", found["before"]),
            Bar("after splitting", f"{found['after']:.1%}", found["after"]),
        ),
    )


def _metrics() -> Figure:
    found = MEASURED["metrics"]
    never, model = found["never"], found["model"]
    return Bars(
        title="Two models, two metrics",
        caption=f"{found['rows']} held-out breast masses, {found['malignant']} of them "
        "malignant. Accuracy hardly sees that the first model finds none of these.",
        head="Model and metric",
        of="Score with its interval, from 0 to 100 %",
        bars=(
            _share("Always “benign”: accuracy", never["accuracy"]),
            _share("Always “benign”: balanced accuracy", never["balanced"]),
            _share("Trained model: accuracy", model["accuracy"]),
            _share("Trained model: balanced accuracy", model["balanced"]),
        ),
    )


def _calibration() -> Figure:
    found = MEASURED["calibration-and-uncertainty"]
    before, after = found["before_bins"], found["after_bins"]
    lowest = before[0]
    return Reliability(
        title="Confidence stated, and how often it was right",
        told="A square with a diagonal. As the model was trained, its points lie below the "
        f"diagonal: where it says {lowest[0]:.0%} it is right in {lowest[1]:.0%}. After "
        "tempering they lie closer to it. The calibration error falls from "
        f"{found['before'][0]:.1%} to {found['after'][0]:.1%}.",
        caption=f"Naive Bayes on {found['rows']} diabetes patients: will they get worse? "
        "Its answers are the same before and after; only its confidence is divided by "
        f"{found['temperature']:g}, on the scale of logarithms. Lines are 95 % intervals.",
        curves=(
            reliability("as trained", before, is_dashed=False),
            reliability("tempered", after, is_dashed=True),
        ),
        numbers=Table(
            ("Which", "It says", "It is right in", "Interval"),
            tuple(
                (name, f"{said:.0%}", f"{right:.0%}", f"{low:.0%} to {high:.0%}")
                for name, bins in (("as trained", before), ("tempered", after))
                for said, right, low, high in bins
            ),
        ),
    )


def _unknown() -> Figure:
    found = MEASURED["unknown-inputs"]
    return Bars(
        title="How often the model is at least 90 % sure",
        caption=f"A model of scanned digits right in {found['accuracy']:.1%} of them. It "
        "has never met noise, nor a digit upside down, and is sure all the same.",
        head="What it is shown",
        of="Answers given with 90 % confidence or more",
        bars=(
            _share("Digits like those it learnt", found["digits"]),
            _share("Digits upside down", found["upended"]),
            _share("Pure noise", found["noise"]),
        ),
    )


def _groups() -> Figure:
    found = MEASURED["bias-and-fairness"]
    named = {
        "all": "Everyone",
        "sex 1": "Sex “1”",
        "sex 2": "Sex “2”",
        "youngest": "The youngest third",
        "middle": "The middle third",
        "oldest": "The oldest third",
    }
    return Bars(
        title="How many of the patients who got worse the model finds",
        caption="Diabetes data: 442 patients, “got worse” is above the median after a "
        "year. Bars are what was found, the dark stretch is the 95 % interval. The dataset "
        "does not say which sex is 1.",
        head="Group",
        of="Found, with its interval",
        noted="Patients",
        bars=tuple(
            _share(label, found[name], str(found[name][3]))
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
        for which, value in (("first", one), ("second", other))
    ]
    return Bars(
        title="What two equally good models hang on",
        caption="Two forests, each from half of the same rows, right in "
        f"{found['scores'][0]:.1%} and {found['scores'][1]:.1%} of held-out ones. A bar is "
        "how much the log loss rises when the column is put in disorder.",
        head="Column and model",
        of="How much worse without it",
        bars=tuple(bars),
        ceiling=ceiling,
    )


def _board() -> Figure:
    found = MEASURED["how-to-read-a-leaderboard"]
    return Bars(
        title=f"Six models on the same {found['rows']} held-out rows",
        caption="A range of ranks says where a model may truly stand. Who shares a tier "
        "cannot be told apart from the tier’s first. Computed as our boards are.",
        head="Model",
        of="Accuracy with its interval, from 50 to 100 %",
        floor=0.5,
        noted="Rank",
        bars=tuple(
            _share(name, each[:3], _range(*each[4:]) + f", tier {each[3]}")
            for name, *each in found["entries"]
        ),
    )


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _contest() -> Figure:
    found = MEASURED["how-a-contest-works"]
    rows = found["known"] + found["held"]
    return Bars(
        title="How the rows of a contest are parted",
        caption="The contest “Benign or malignant?” of the demonstration. Contestants get "
        "all measurements; the answers of the held-out rows stay with the host.",
        head="Rows",
        of="Share of all rows",
        bars=(
            Bar(
                "with answers, to learn from",
                str(found["known"]),
                found["known"] / rows,
            ),
            Bar("without, to predict", str(found["held"]), found["held"] / rows),
        ),
    )


def _learners() -> Figure:
    found = MEASURED["training-without-code"]
    return Bars(
        title="Five ways to learn, tried on 178 wines",
        caption="Share of wines whose cultivar is told rightly, by five-fold "
        "cross-validation. The first is no learning at all: what all are measured by.",
        head="Way to learn",
        of="Right answers with their interval",
        bars=tuple(_share(name, each) for name, each in found.items()),
    )


def _digit() -> Figure:
    found = MEASURED["try-a-model"]
    likely = sorted(enumerate(found["told"]), key=lambda each: -each[1])[:4]
    said = ", ".join(f"{digit} with {share:.0%}" for digit, share in likely)
    return Scan(
        title="One scan, and what a model says of it",
        told=f"A blurred handwritten digit of 8 by 8 dots. The model says {said}.",
        caption=f"The held-out scan that the model gets right with the least confidence: "
        f"it is a {found['digit']}.",
        cells=tuple(
            Cell(place % 8, place // 8, ink / 16)
            for place, ink in enumerate(found["pixels"])
        ),
        bars=Bars(
            title="What the model says",
            caption="",
            head="Digit",
            of="Probability",
            bars=tuple(
                Bar(str(digit), f"{share:.0%}", share) for digit, share in likely
            ),
        ),
    )


def _seeds() -> Figure:
    found = MEASURED["run-a-notebook"]
    return Bars(
        title="One script, run ten times",
        caption="A forest of five trees, learnt from the same rows and judged on the same "
        "ones. Only the seed of what is drawn at random differs.",
        head="Run",
        of="Right answers, from 85 to 100 %",
        floor=0.85,
        bars=tuple(
            Bar(f"{label} {number}", f"{value:.1%}", value)
            for label, values in (
                ("A seed of its own,", found["own"]),
                ("A fixed seed,", found["same"]),
            )
            for number, value in enumerate(values, 1)
        ),
    )


def _sizes() -> Figure:
    found = MEASURED["how-to-publish"]
    most = max(rows for rows, _ in found.values())
    return Bars(
        title="What is in it? Four datasets of the demonstration",
        caption="The first line of a card says how much there is. A reader decides by it "
        "whether to read on.",
        head="Dataset",
        of="Rows",
        noted="Columns",
        ceiling=most,
        bars=tuple(
            Bar(name, f"{rows:,}", rows, note=str(columns))
            for name, (rows, columns) in found.items()
        ),
    )


def _programs() -> Figure:
    lines = {
        name: [line for line in PROGRAMS[name].splitlines() if line.strip()]
        for name in ("publish", "sell", "buy")
    }
    return Bars(
        title="How long the three programs of this lesson are",
        caption="Lines that are not empty. Nothing of ours is imported.",
        head="Program",
        of="Lines",
        ceiling=max(map(len, lines.values())),
        bars=tuple(
            Bar(name.capitalize(), str(len(each)), len(each))
            for name, each in lines.items()
        ),
    )


DRAWN: dict[str, Callable[[], Figure]] = {
    "splits-and-why": _splits,
    "leakage": _leakage,
    "how-to-publish": _sizes,
    "metrics": _metrics,
    "calibration-and-uncertainty": _calibration,
    "unknown-inputs": _unknown,
    "bias-and-fairness": _groups,
    "explanations": _explanations,
    "how-a-contest-works": _contest,
    "how-to-read-a-leaderboard": _board,
    "training-without-code": _learners,
    "try-a-model": _digit,
    "run-a-notebook": _seeds,
    "use-it-from-python": _programs,
}
LIVE: dict[str, Callable[[int, str], Figure]] = {
    "what-a-licence-allows": licences_figure,
    "shares-and-royalties": shares_figure,
    "prices-and-fees": prices_figure,
    "how-to-buy": offers_figure,
}
