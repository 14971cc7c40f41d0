"""Which columns the files of each kind of task have, beside the ids."""

from collections.abc import Sequence

from training.kinds.facts import Kind, Needs
from training.marked import gettext_noop

EVENT, QUERY, SERIES, SCALE = "event", "query", "series", "scale"
DOCUMENT, CLASS, SCORE = "document", "class", "score"
BOX = ("x", "y", "width", "height")
PROBABILITY = "probability"
BETWEEN_LABELS = "|"
LEVELS = ("0.1", "0.25", "0.5", "0.75", "0.9")

IN_TRUTH: dict[Kind, tuple[str, ...]] = {
    Kind.FORECAST: (SERIES, SCALE),
    Kind.SURVIVAL: (EVENT,),
    Kind.RANKING: (QUERY,),
    Kind.RETRIEVAL: (DOCUMENT,),
    Kind.SEGMENTATION: (CLASS,),
    Kind.DETECTION: (CLASS, *BOX),
}
MANY_ROWS = frozenset({Kind.RETRIEVAL, Kind.SEGMENTATION, Kind.DETECTION})
HAS_CLASSES = frozenset(
    {
        Kind.BINARY,
        Kind.MULTICLASS,
        Kind.MULTILABEL,
        Kind.SEGMENTATION,
        Kind.DETECTION,
    }
)
RUNS_MODELS = frozenset({Kind.BINARY, Kind.MULTICLASS, Kind.REGRESSION})


TARGET = ""  # the contest names this column
ONE_LAYOUT: dict[Kind, tuple[str, tuple[str, ...]]] = {
    Kind.REGRESSION: ("values", (TARGET,)),
    Kind.RANKING: ("values", (TARGET,)),
    Kind.RETRIEVAL: ("hits", (DOCUMENT, SCORE)),
    Kind.SEGMENTATION: ("masks", (CLASS, TARGET)),
    Kind.DETECTION: ("boxes", (CLASS, SCORE, *BOX)),
    Kind.TEXT: ("texts", (TARGET,)),
    Kind.SPEECH: ("texts", (TARGET,)),
}
TWO_LAYOUTS = {  # a column for each class, level or horizon; or one for them all
    Kind.BINARY: ("probabilities", "labels"),
    Kind.MULTICLASS: ("probabilities", "labels"),
    Kind.MULTILABEL: ("scores", "sets"),
    Kind.FORECAST: ("quantiles", "values"),
    Kind.SURVIVAL: ("survival", "values"),
}
NEED_COLUMNS = frozenset(
    {Needs.PROBABILITIES, Needs.SCORES, Needs.QUANTILES, Needs.SURVIVAL}
)


def layouts(
    kind: Kind,
    *,
    classes: Sequence[str],
    target: str,
    needs_columns: bool,
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the forms a file of predictions may have, each with its columns.

    Args:
        kind: of the task.
        classes: names of columns: classes, labels, levels or horizons.
        target: the column of a single answer.
        needs_columns: whether the metric that ranks needs a column for each class.

    Returns:
        The ids' column left out; the first is the one to recommend.
    """
    if kind in ONE_LAYOUT:
        form, columns = ONE_LAYOUT[kind]
        return [(form, tuple(target if one == TARGET else one for one in columns))]
    form, alone = TWO_LAYOUTS[kind]
    found = [(form, tuple(classes))] if classes else []
    if kind in {Kind.BINARY, Kind.MULTICLASS} and len(classes) == 2:
        found.append(("positive", (PROBABILITY,)))
    return found if needs_columns else [*found, (alone, (target,))]


EXAMPLES = {
    "probabilities": "0.2",
    "positive": "0.8",
    "scores": "0.4",
    "quantiles": "12.5",
    "survival": "0.9",
    "values": "12.5",
    "texts": "the words",
    "masks": "1 5 12 3",
    "boxes": "10",
    "hits": "1.5",
}


def example_cells(
    form: str, columns: Sequence[str], classes: Sequence[str]
) -> list[str]:
    """Return the cells of one row of a sample, for the columns of a layout."""
    cells = []
    for column in columns:
        if column == DOCUMENT and form == "hits":
            cells.append("document-1")
        elif column == CLASS and form in {"masks", "boxes"}:
            cells.append(classes[0] if classes else "1")
        elif form in {"labels", "sets"}:
            cells.append(classes[0])
        elif column == SCORE:
            cells.append("0.9")
        elif form == "probabilities":
            cells.append(f"{1 / len(columns):.6g}")
        else:
            cells.append(EXAMPLES[form])
    return cells


ANSWERS = {
    Kind.BINARY: gettext_noop(
        "A column of probabilities for each class, which sum to 1."
    ),
    Kind.MULTICLASS: gettext_noop(
        "A column of probabilities for each class, which sum to 1."
    ),
    Kind.MULTILABEL: gettext_noop(
        "A column for each label, from 0 to 1; or the labels of each row "
        "in one column, with “|” between them."
    ),
    Kind.REGRESSION: gettext_noop("One number a row."),
    Kind.FORECAST: gettext_noop(
        "A column for each level, such as 0.1: the value that what happens "
        "stays below so often. Levels may not cross."
    ),
    Kind.SURVIVAL: gettext_noop(
        "A column for each horizon: the probability to outlast it. Or one "
        "risk a row, the higher the sooner."
    ),
    Kind.RANKING: gettext_noop(
        "One score a row; the rows of a query are put in order by it, the "
        "highest first. Equal scores count in the worst order."
    ),
    Kind.RETRIEVAL: gettext_noop(
        "Any number of rows a query, each a document with its score. "
        "Equal scores count in the worst order."
    ),
    Kind.SEGMENTATION: gettext_noop(
        "A row for each class in a picture: its pixels as pairs of start "
        "and length, counted from 1 as the truth counts them. No row means no pixel."
    ),
    Kind.DETECTION: gettext_noop(
        "A row for each box: its class, score, and left, top, width and "
        "height in pixels. A picture without boxes has no row."
    ),
    Kind.TEXT: gettext_noop("One text a row, in quotation marks if it has commas."),
    Kind.SPEECH: gettext_noop(
        "One transcript a row, in quotation marks if it has commas."
    ),
}
HELD_BACK = {
    Kind.BINARY: gettext_noop("the class"),
    Kind.MULTICLASS: gettext_noop("the class"),
    Kind.MULTILABEL: gettext_noop(
        "the labels of each row with “|” between them, or nothing"
    ),
    Kind.REGRESSION: gettext_noop("the number"),
    Kind.FORECAST: gettext_noop(
        "what happened, with columns “series” and “scale” (the naive "
        "forecast's mean absolute error in the series' past)"
    ),
    Kind.SURVIVAL: gettext_noop(
        "the time, with a column “event”: 1 if it was seen, else 0"
    ),
    Kind.RANKING: gettext_noop("the gain, 0 and up, with a column “query”"),
    Kind.RETRIEVAL: gettext_noop(
        "the gain, 0 and up, with a column “document”; many rows an id, "
        "which is the query's"
    ),
    Kind.SEGMENTATION: gettext_noop(
        "the pixels as pairs of start and length, with a column "
        "“class”; many rows an id, which is the picture's"
    ),
    Kind.DETECTION: gettext_noop(
        "anything, with columns “class”, “x”, “y”, “width” and “height”; "
        "many rows an id, which is the picture's; an empty class means no box"
    ),
    Kind.TEXT: gettext_noop("the reference"),
    Kind.SPEECH: gettext_noop("the transcript"),
}
