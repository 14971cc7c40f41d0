"""Figures of lessons on what people do here."""

from django.utils.translation import gettext

from marketplace.front.learn.drawing import Bar, Bars, Cell, Figure, Scan, share_bar
from marketplace.front.learn.examples import PROGRAMS
from marketplace.front.learn.measured import MEASURED


def learners_figure() -> Figure:
    """Show what each way to learn gets right, the simplest guess first."""
    found = MEASURED["training-without-code"]
    return Bars(
        title=gettext("Five ways to learn, tried on 178 wines"),
        caption=gettext(
            "Share of wines whose cultivar is told rightly, by five-fold "
            "cross-validation. The first is no learning at all: what all are measured by."
        ),
        head=gettext("Way to learn"),
        of=gettext("Right answers with their interval"),
        bars=tuple(share_bar(name, each) for name, each in found.items()),
    )


def digit_figure() -> Figure:
    """Draw a scan and what a model says of it."""
    found = MEASURED["try-a-model"]
    likely = sorted(enumerate(found["told"]), key=lambda each: -each[1])[:4]
    said = ", ".join(f"{digit} with {share:.0%}" for digit, share in likely)
    return Scan(
        title=gettext("One scan, and what a model says of it"),
        told=gettext(
            "A blurred handwritten digit of 8 by 8 dots. The model says %(said)s."
        )
        % {"said": said},
        caption=gettext(
            "The held-out scan that the model gets right with the least "
            "confidence: it is a %(found)s."
        )
        % {"found": found["digit"]},
        cells=tuple(
            Cell(place % 8, place // 8, ink / 16)
            for place, ink in enumerate(found["pixels"])
        ),
        bars=Bars(
            title=gettext("What the model says"),
            caption="",
            head=gettext("Digit"),
            of=gettext("Probability"),
            bars=tuple(
                Bar(str(digit), f"{share:.0%}", share) for digit, share in likely
            ),
        ),
    )


def seeds_figure() -> Figure:
    """Show the scores of one script run ten times."""
    found = MEASURED["run-a-notebook"]
    return Bars(
        title=gettext("One script, run ten times"),
        caption=gettext(
            "A forest of five trees, learnt from the same rows and judged on the same "
            "ones. Only the seed of what is drawn at random differs."
        ),
        head=gettext("Run"),
        of=gettext("Right answers, from 85 to 100 %"),
        floor=0.85,
        bars=tuple(
            Bar(f"{label} {number}", f"{value:.1%}", value)
            for label, values in (
                (gettext("A seed of its own,"), found["own"]),
                (gettext("A fixed seed,"), found["same"]),
            )
            for number, value in enumerate(values, 1)
        ),
    )


def sizes_figure() -> Figure:
    """Show how many rows each dataset of the demonstration has."""
    found = MEASURED["how-to-publish"]
    most = max(rows for rows, _ in found.values())
    return Bars(
        title=gettext("What is in it? Four datasets of the demonstration"),
        caption=gettext(
            "The first line of a card says how much there is. A reader decides by it "
            "whether to read on."
        ),
        head=gettext("Dataset"),
        of=gettext("Rows"),
        noted=gettext("Columns"),
        ceiling=most,
        bars=tuple(
            Bar(name, f"{rows:,}", rows, note=str(columns))
            for name, (rows, columns) in found.items()
        ),
    )


def programs_figure() -> Figure:
    """Count the lines of the three programs."""
    lines = {
        name: [line for line in PROGRAMS[name].splitlines() if line.strip()]
        for name in ("publish", "sell", "buy")
    }
    return Bars(
        title=gettext("How long the three programs of this lesson are"),
        caption=gettext("Lines that are not empty. Nothing of ours is imported."),
        head=gettext("Program"),
        of=gettext("Lines"),
        ceiling=max(map(len, lines.values())),
        bars=tuple(
            Bar(name.capitalize(), str(len(each)), len(each))
            for name, each in lines.items()
        ),
    )
