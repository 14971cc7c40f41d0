"""The second half of reports in words: groups, what answers hang on, mistakes, drift."""

from collections.abc import Iterator

from training.figures.schema import Figures, Gradients, Group
from training.figures.wording import WORDINGS
from training.learning import Modality
from training.reports.words import Line, Section, Table, between, plain

MUCH_DRIFT, SOME_DRIFT = 0.25, 0.1  # of the population stability index
MOST_CONFUSED = 12
TITLE = "What its answers hang on"
TITLES = {
    "accuracy": "Right",
    "tpr": "Found",
    "fpr": "False alarms",
    "mae": "Mean error",
}


def _rows(figures: Figures) -> str:
    return WORDINGS[figures.modality].rows.capitalize()


def groups(figures: Figures) -> Iterator[Section]:
    if not figures.groups:
        yield Section(
            "groups",
            "Whether groups are served alike",
            WORDINGS[figures.modality].ungrouped,
        )
    for found in figures.groups:
        metrics = sorted({name for one in found.groups for name in one.values})
        told = " ".join(
            f"{TITLES[gap.metric]}: {gap.value:.2f} apart between “{gap.between[0]}” and "
            f"“{gap.between[1]}”, "
            + (f"at least {gap.low:.2f}." if gap.low > 0 else "which may be chance.")
            for gap in found.gaps
        )
        yield Section(
            "groups",
            f"Whether groups are served alike: {found.column}",
            told or "Not enough rows to tell, which is not the same as fair.",
            table=Table(
                f"By {found.column}",
                ("Group", _rows(figures), *(TITLES[name] for name in metrics)),
                tuple(_group(one, metrics) for one in found.groups),
            ),
        )


def _group(group: Group, metrics: list[str]) -> tuple[str, ...]:
    told = (group.values.get(name) for name in metrics)
    cells = (
        "not enough rows to tell" if one is None else between(one, few=True)
        for one in told
    )
    return (group.name, f"{group.rows:,}", *cells)


def explanation(figures: Figures) -> Iterator[Section]:
    found = figures.explanation
    if found is None:
        return
    if not found.columns:
        yield Section("explanation", TITLE, found.skipped or "Not known.")
        return
    words = WORDINGS[figures.modality]
    has_shap = any(one.shap is not None for one in found.columns)
    lines: tuple[Line, ...] = ()
    if found.stability is not None:
        lines = (
            Line(
                "Two looks agree by",
                between(found.stability),
                f"1 is the same order of {words.parts}; below 0.5 it explains little.",
            ),
        )
    first = found.columns[0]
    told = f"It hangs most on “{first.column}”"
    told += f", which speaks for “{first.speaks_for}”." if first.speaks_for else "."
    if first.first + first.second <= 0:
        told = f"No {words.part} by itself makes a difference."
    if found.grid:
        told += " The table is laid out as pictures are, from above and from the left."
        yield Section("explanation", TITLE, told, lines, _grid(found.grid))
        if found.gradients is not None:
            yield _gradients(found.gradients)
        return
    is_of_words = figures.modality is Modality.TEXT
    head = (
        words.part.capitalize(),
        "Moves the answer by" if is_of_words else "Worse without it",
        "In the second look",
        *(["Speaks for"] if is_of_words else []),
        *(["Moves answers by (SHAP)"] if has_shap else []),
    )
    yield Section(
        "explanation",
        TITLE,
        told,
        lines,
        Table(
            f"{words.parts.capitalize()} by what hangs on them",
            head,
            tuple(
                (
                    one.column,
                    f"{one.first:.4g}",
                    f"{one.second:.4g}",
                    *([one.speaks_for] if is_of_words else []),
                    *([plain(one.shap)] if has_shap else []),
                )
                for one in found.columns
            ),
        ),
    )


def _gradients(found: Gradients) -> Section:
    lines = [Line("What it misses", f"{found.gap:.1%}", "Of all there is to explain.")]
    if found.agreement is not None:
        told = "1 is the same order of fields as by covering them."
        lines.insert(0, Line("Agrees with covering", between(found.agreement), told))
    if found.stability is not None:
        told = "From black, and from the mean picture; 1 is the same order of fields."
        lines.insert(0, Line("Two looks agree by", between(found.stability), told))
    return Section(
        "gradients",
        "What each field adds to its answers",
        "Added up dot by dot through the network. Where this and covering fields disagree, "
        "believe neither.",
        tuple(lines),
        _grid(found.grid),
    )


def _grid(grid: list[list[float]]) -> Table:
    """Return how much hangs on each field of a picture, as it lies in it."""
    most = max(*(max(row) for row in grid), 1e-12)
    return Table(
        "What hangs on each field, by row and column, of the field that matters most",
        ("Row", *(str(column) for column in range(1, len(grid) + 1))),
        tuple(
            (
                str(place),
                *(f"{100 * max(one, 0.0) / most:.0f} %" for one in row),
            )
            for place, row in enumerate(grid, 1)
        ),
    )


def confusion(figures: Figures) -> Iterator[Section]:
    counts, names = figures.confusion, figures.classes
    if not counts:
        return
    mistakes = sorted(
        (
            (counts[at][to], names[at], names[to])
            for at in range(len(names))
            for to in range(len(names))
            if at != to and counts[at][to]
        ),
        reverse=True,
    )
    told = "It confused nothing."
    if mistakes:
        count, is_truly, said = mistakes[0]
        told = f"Most often it takes “{is_truly}” for “{said}”: {count:,} times."
    table = None
    if len(names) <= MOST_CONFUSED:
        table = Table(
            "What was told as what",
            ("Truly", *(f"told as {name}" for name in names)),
            tuple(
                (name, *(f"{one:,}" for one in row))
                for name, row in zip(names, counts, strict=True)
            ),
        )
    yield Section("confusion", "What it confuses", told, table=table)


def slices(figures: Figures) -> Iterator[Section]:
    if not figures.slices:
        told = f"Nowhere for certain, among single {WORDINGS[figures.modality].asides}."
        yield Section("slices", "Where it fails", told)
        return
    what = "wrong answers" if figures.has_classes else "the mean error"
    yield Section(
        "slices",
        "Where it fails",
        f"There {what} are more than elsewhere, for certain.",
        table=Table(
            f"{_rows(figures)} on which it is worse",
            ("Where", _rows(figures), "There", "Elsewhere"),
            tuple(
                (
                    f"{one.column} is {one.holds}",
                    f"{one.rows:,}",
                    between(one.error),
                    f"{one.elsewhere:.4g}",
                )
                for one in figures.slices
            ),
        ),
    )


def leakage(figures: Figures) -> Iterator[Section]:
    found = figures.leakage
    if found is None:
        return
    words = WORDINGS[figures.modality]
    rows = words.rows
    lines: tuple[Line, ...] = ()
    if found.copies is not None:
        lines = (
            Line(
                f"{rows.capitalize()} judged on that are copies of {rows} learnt from",
                f"{found.copies:,}",
                "Scores on copies say little.",
            ),
        )
    yield Section(
        "leakage",
        "Whether it knows too much",
        f"How well each {words.aside} tells the answer by itself; 1 tells it all.",
        lines,
        Table(
            f"{words.asides.capitalize()} that tell most by themselves",
            (words.aside.capitalize(), "Tells the answer by"),
            tuple((one.column, between(one.value)) for one in found.columns),
        ),
    )


def drift(figures: Figures) -> Iterator[Section]:
    found = figures.drift
    if found is None:
        return
    much = [one.column for one in found.columns if one.psi >= MUCH_DRIFT]
    words = WORDINGS[figures.modality]
    told = f"The newest version has {found.rows:,} {words.rows}. "
    if much:
        told += (
            f"{len(much)} of its {words.asides} have changed much, such as “{much[0]}”."
        )
    else:
        told += f"No {words.aside} has changed much."
    yield Section(
        "drift",
        "Whether the world has moved on",
        told,
        (
            Line(
                f"Old and new {words.rows} told apart by",
                between(found.apart),
                f"0.5 if nothing has changed, 1 if every {words.row} shows it.",
            ),
        ),
        Table(
            f"{words.asides.capitalize()}, the most changed first",
            (words.aside.capitalize(), "Stability index", "p", "Change"),
            tuple(
                (one.column, f"{one.psi:.3f}", f"{one.p:.2g}", _change(one.psi))
                for one in found.columns
            ),
        ),
    )


def _change(psi: float) -> str:
    if psi >= MUCH_DRIFT:
        return "much"
    return "some" if psi >= SOME_DRIFT else "little"
