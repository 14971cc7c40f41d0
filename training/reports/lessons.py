"""What each part of a report is at all, and the lesson of the site that explains it."""

from collections.abc import Mapping

from training.learning import Modality

ABOUT = {
    "score": "A score measured on some rows would come out a little different on others. "
    "The interval beside it covers the true value in 95 of 100 such tests.",
    "baseline": "The simplest guess says the same of every row: how often each class "
    "came, or the mean. A model is worth something once it beats that for certain.",
    "calibration": "If a model says 80 %, it should be right in 80 of 100 such cases. The "
    "calibration error is how far what it says strays from that, averaged over rows. Few "
    "rows make it look worse than it is, so what chance alone would show is taken off. "
    "Probabilities that stray can be evened out afterwards, which costs no accuracy.",
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
    "gradients": "On the way from a picture that says nothing to a real one, it is seen "
    "how the network's answer changes with each dot, and what each field adds is summed up "
    "(integrated gradients). All fields together add the whole difference. Which picture "
    "says nothing is a choice, so it is made twice: black, and the mean of pictures.",
    "confusion": "Each line is what a row really is, each column what the model said. What "
    "stands off the diagonal was confused.",
    "slices": "Where the model fails more often than elsewhere, for certain and not by "
    "chance. It should not be relied on there.",
    "leakage": "A column that tells the answer alone is often one that is filled in only "
    "afterwards. The model then looks perfect, and is of no use when it matters.",
    "drift": "The world changes, and a model keeps what it learnt. Here the newest version "
    "of the table is compared with the rows it learnt from.",
}


OF_KINDS: Mapping[str, Mapping[str, str]] = {  # where the words above do not fit
    Modality.TEXT: {
        "unknown": "A model answers whatever it is shown, random letters too, and often "
        "with great confidence. Here it is shown texts that make no sense to it, and it is "
        "measured whether they can be recognised: by its confidence, and by how far they "
        "lie from texts it knows, in their letters and in how they look as a whole.",
        "explanation": "Each word is taken out of real texts, and then another is put in "
        "its place, and it is measured how far the answer moves: by that it hangs on the "
        "word. If both ways disagree, the explanation explains nothing.",
        "slices": "Where the model fails more often than elsewhere, for certain and not by "
        "chance: long or short texts, those with links, those that name a group of people. "
        "It should not be relied on there.",
        "leakage": "If the length of a text, or a link in it, tells the answer by itself, "
        "the texts were gathered in a way that gives it away. The model then looks "
        "perfect, and is of no use on others.",
        "drift": "The world changes, and a model keeps what it learnt. Here the texts of "
        "the newest version are compared with those it learnt from, by how they look.",
    },
    Modality.IMAGE: {
        "unknown": "A model answers whatever it is shown, pure noise too, and often with "
        "great confidence. Here it is shown pictures that make no sense, and it is "
        "measured whether they can be recognised: by its confidence, and by how far they "
        "lie from pictures it knows, in their shapes, their brightness and their grain.",
        "explanation": "Each field of a picture is covered, once with what pictures show "
        "there on average and once with other pictures, and it is measured how much worse "
        "the model gets: by that its answers hang on the field. If most hangs on the "
        "border, it may look at the background instead of the thing.",
        "slices": "Where the model fails more often than elsewhere, for certain and not by "
        "chance: dark or blurred pictures, small ones. It should not be relied on there.",
        "leakage": "If the brightness or the size of a picture tells the answer by itself, "
        "the pictures were taken in a way that gives it away. The model then looks "
        "perfect, and is of no use on others.",
    },
}


def about(slug: str, modality: str) -> str:
    """Return what a part of a report is at all, for rows of a kind."""
    return OF_KINDS.get(modality, {}).get(slug, ABOUT[slug])


LESSONS = {  # of the site, by their slugs: a test holds that each is there
    "score": "metrics",
    "baseline": "how-to-read-a-leaderboard",
    "calibration": "calibration-and-uncertainty",
    "conformal": "calibration-and-uncertainty",
    "unknown": "unknown-inputs",
    "groups": "bias-and-fairness",
    "explanation": "explanations",
    "gradients": "explanations",
    "confusion": "metrics",
    "slices": "bias-and-fairness",
    "leakage": "leakage",
    "drift": "unknown-inputs",
}


def lesson_url(slug: str) -> str:
    """Return where on the site a part of a report is explained at length."""
    return f"/learn/{LESSONS[slug]}"
