"""Lessons on judging models: metrics, confidence, unknown inputs."""

from django.utils.translation import gettext_lazy as _

from marketplace.front.learn.lesson import Choice, Lesson, Live, Question

CONTEST = "benign-or-malignant"

METRICS = Lesson(
    slug="metrics",
    title=_("Metrics: which, and when"),
    summary=_(
        "What a score counts, which end of it is good, and which mistakes it does "
        "not see."
    ),
    minutes=6,
    words=_("accuracy log loss auc f1 rmse mae brier dice wer precision recall range"),
    live=Live(
        "contests",
        CONTEST,
        _("See which metric its host chose, and why its rules ask for probabilities."),
        _("Open any contest: its page says what is ranked by, and which end is good."),
    ),
    questions=(
        Question(
            _(
                "One in a hundred payments is fraud. A model that calls none fraud has an "
                "accuracy of 0.99. What do you look at in its place?"
            ),
            (
                Choice(
                    _("Balanced accuracy, or how many frauds are found."),
                    _(
                        "Yes. They count each class alike, so saying “never” scores what a "
                        "coin would."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Accuracy with more decimals."),
                    _(
                        "However exact, it would still praise a model that finds nothing."
                    ),
                ),
                Choice(
                    _("RMSE."),
                    _("That is for amounts. Here the answer is one of two classes."),
                ),
            ),
        ),
        Question(
            _(
                "Two models rank patients equally well. You will act on the probabilities "
                "themselves. Which metric sees the difference?"
            ),
            (
                Choice(
                    _("Log loss or the Brier score."),
                    _(
                        "Yes. Both ask whether a stated 80 % is right in 80 of 100 cases."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Area under the ROC curve."),
                    _(
                        "It looks at the order alone: probabilities divided by ten score "
                        "the same."
                    ),
                ),
                Choice(
                    _("Accuracy."),
                    _("It sees only which class is likeliest, and not by how much."),
                ),
            ),
        ),
    ),
)
CALIBRATION = Lesson(
    slug="calibration-and-uncertainty",
    title=_("Calibration and uncertainty"),
    summary=_(
        "Whether a model that says 80 per cent is right in 80 of 100 cases, and how "
        "far its "
        "score could be off."
    ),
    minutes=5,
    words=_("reliability diagram ece temperature conformal interval confidence"),
    live=Live(
        "contests",
        CONTEST,
        _(
            "On its board the column ECE is the calibration error. Open an entry to "
            "see its "
            "reliability diagram."
        ),
        _(
            "Open the report of any model, or the page of a scored submission, and "
            "find the "
            "reliability diagram."
        ),
    ),
    questions=(
        Question(
            _(
                "A model says 95 per cent in a thousand cases and is right in 800 of them. "
                "What is "
                "it?"
            ),
            (
                Choice(
                    _("Too sure of itself."),
                    _(
                        "Yes: in its diagram the point lies below the line. Its "
                        "answers may "
                        "be good; its confidence is not."
                    ),
                    is_right=True,
                ),
                Choice(_("Well calibrated."), _("Then about 950 would be right.")),
                Choice(
                    _("Too careful."),
                    _(
                        "That would be a model that says 60 % and is right in 80 of 100."
                    ),
                ),
            ),
        ),
        Question(
            _(
                "A score is 0.91, its interval 0.88 to 0.94. What does the interval say?"
            ),
            (
                Choice(
                    _("On other rows of the same kind it would likely fall in there."),
                    _("Yes, in 95 of 100 such tests. More rows make it narrower."),
                    is_right=True,
                ),
                Choice(
                    _("Single rows score between 0.88 and 0.94."),
                    _("It is about the mean over all rows, not about single ones."),
                ),
                Choice(
                    _("It will be that good at another hospital, too."),
                    _("It knows only chance. Rows of another kind can be anything."),
                ),
            ),
        ),
    ),
)
UNKNOWN = Lesson(
    slug="unknown-inputs",
    title=_("Inputs a model does not know"),
    summary=_(
        "A model answers whatever it is shown. How one notices that it should not have."
    ),
    minutes=4,
    words=_("out of distribution ood novelty abstain confidence noise drift"),
    live=Live(
        "datasets",
        "ada/digits",
        _(
            "Train on its pictures in the studio; the report then shows the model "
            "noise, and "
            "tells whether that is recognised."
        ),
        _("Open the report of any model and read the part “What it does not know”."),
    ),
    questions=(
        Question(
            _(
                "A model of handwritten digits is shown a photograph of a cat and says “8, "
                "97 %”. Why?"
            ),
            (
                Choice(
                    _("It must choose among ten digits, and one fits least badly."),
                    _(
                        "Yes. Its percentages share out among what it knows; “none of "
                        "these” is not among them."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("The cat looks like an 8."),
                    _("Perhaps a little, but noise gets such answers, too."),
                ),
                Choice(
                    _("It is badly calibrated on digits."),
                    _(
                        "It may be well calibrated on digits and still know nothing of "
                        "cats."
                    ),
                ),
            ),
        ),
        Question(
            _("Our answers say “unknown” for some inputs. What do you do with one?"),
            (
                Choice(
                    _("Let a person decide it."),
                    _(
                        "Yes. It lies too far from what the model learnt from for its "
                        "answer "
                        "to mean anything."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Take the likeliest class all the same."),
                    _("That is the answer the word warns of."),
                ),
                Choice(
                    _("Ask again."),
                    _("The same input gets the same answer."),
                ),
            ),
        ),
    ),
)
