"""Where each part of a report is explained; lessons of their own come by this function."""

ABOUT = {
    "score": "A score measured on some rows would come out a little different on others. "
    "The interval beside it covers the true value in 95 of 100 such tests.",
    "baseline": "The simplest guess says the same of every row: how often each class "
    "came, or the mean. A model is worth something once it beats that for certain.",
    "calibration": "If a model says 80 %, it should be right in 80 of 100 such cases. The "
    "calibration error is how far what it says strays from that, averaged over rows. Few "
    "rows make it look worse than it is, so what chance alone would show stands beside it.",
    "conformal": "Instead of one answer, a model can give a set of answers, or an "
    "interval, that holds the truth with a share promised beforehand. The surer it may be, "
    "the smaller the set. This holds for rows that come about like those it was judged on.",
    "unknown": "A model answers whatever it is shown, a row of noise too, and often with "
    "great confidence. Here it is shown rows that make no sense, and it is measured "
    "whether they can be recognised: by its confidence, and by how far they lie from rows "
    "it knows.",
    "groups": "A model can be right on the whole and wrong for some people. Groups are "
    "compared as far as there are rows; what chance may have done counts for nobody. Too "
    "few rows to tell is not the same as fair.",
    "explanation": "Each column is put in disorder, and it is measured how much worse the "
    "model gets: by that its answers hang on the column. It is done twice; an explanation "
    "that changes from one look to the next explains nothing.",
    "confusion": "Each line is what a row really is, each column what the model said. What "
    "stands off the diagonal was confused.",
    "slices": "Where the model fails more often than elsewhere, for certain and not by "
    "chance. It should not be relied on there.",
    "leakage": "A column that tells the answer alone is often one that is filled in only "
    "afterwards. The model then looks perfect, and is of no use when it matters.",
    "drift": "The world changes, and a model keeps what it learnt. Here the newest version "
    "of the table is compared with the rows it learnt from.",
}


def lesson_url(slug: str) -> str:
    """Return where to read about a part of a report: an explanation on the page itself."""
    return f"#about-{slug}"
