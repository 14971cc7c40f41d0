"""Lessons on what models do to people, and on explaining them."""

from django.utils.translation import gettext_lazy as _

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question
from marketplace.front.learn.on_models import CALIBRATION, METRICS, UNKNOWN

FAIRNESS = Lesson(
    slug="bias-and-fairness",
    title=_("Bias and fairness"),
    summary=_(
        "A model can be right on the whole and wrong for some. Comparing groups, and "
        "what too few rows cannot tell."
    ),
    minutes=5,
    words=_("groups subgroup equal opportunity gap discrimination protected sex age"),
    live=Live(
        "datasets",
        "bruno/diabetes",
        _(
            "It has a column of sex and one of age. Train on it, name them as groups, and "
            "read the part “Groups” of the report."
        ),
        _(
            "Find a dataset with a column that says of which group people are, and name it "
            "when a report asks for groups."
        ),
    ),
    questions=(
        Question(
            _(
                "A model finds 90 per cent of the ill among 2,000 men and 80 per cent "
                "among 15 women. Is "
                "it worse for women?"
            ),
            (
                Choice(
                    _("It cannot be told from 15."),
                    _(
                        "Yes: 12 of 15 could be anything from 55 % to 93 %. Too few "
                        "rows to "
                        "tell is not the same as fair, so more are needed."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Yes, by ten points."),
                    _(
                        "With 15 people, three more or fewer change it by twenty points."
                    ),
                ),
                Choice(
                    _("No, since it is right on the whole."),
                    _(
                        "The whole is made of men here; it says next to nothing of women."
                    ),
                ),
            ),
        ),
        Question(
            _("You leave the column “sex” out. Is the model now blind to it?"),
            (
                Choice(
                    _("No, other columns may stand for it."),
                    _(
                        "Yes: height, a job, a first name. So groups are compared whether "
                        "or not the model was given the column."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Yes, it cannot know it any more."),
                    _(
                        "It can often be guessed from the others, and models guess well."
                    ),
                ),
                Choice(
                    _("Yes, if it is trained anew."),
                    _(
                        "The other columns still tell of it, however often it is trained."
                    ),
                ),
            ),
        ),
    ),
)
EXPLANATIONS = Lesson(
    slug="explanations",
    title=_("Explanations, and their limits"),
    summary=_(
        "What a model’s answers hang on, how that is found, and why it is not what "
        "causes them in the world."
    ),
    minutes=5,
    words=_(
        "permutation importance shap gradients feature attribution cause stability"
    ),
    live=Live(
        "datasets",
        "ada/breast-cancer-wisconsin",
        _(
            "Train on it and read “What its answers hang on” in the report. Many of its "
            "columns say nearly the same."
        ),
        _("Open the report of any model and read “What its answers hang on”."),
    ),
    questions=(
        Question(
            _(
                "Two equally good models of the same table hang on different columns. How "
                "can that be?"
            ),
            (
                Choice(
                    _("Columns that go together can stand in for each other."),
                    _(
                        "Yes. Radius, perimeter and area say nearly the same; which is "
                        "taken "
                        "is chance."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("One of the explanations was computed wrongly."),
                    _("Both can be right: each is of one model, and not of the world."),
                ),
                Choice(
                    _("One of them is overfitted."),
                    _("They are equally good on rows that neither has seen."),
                ),
            ),
        ),
        Question(
            _(
                "A model of house prices hangs on the number of bathrooms. Will another "
                "bathroom raise the price?"
            ),
            (
                Choice(
                    _("That cannot be told from it."),
                    _(
                        "Yes. Large, new houses have more bathrooms. The model uses the "
                        "sign, which need not be the cause."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Yes, by what the explanation says."),
                    _(
                        "It says how the model’s answer moves, and not how prices would."
                    ),
                ),
                Choice(
                    _("Yes, if the explanation is stable."),
                    _(
                        "Stable means that it comes out the same twice. It is still of the "
                        "model alone."
                    ),
                ),
            ),
        ),
    ),
)
ON_MODELS = Chapter(
    _("Models"), (METRICS, CALIBRATION, UNKNOWN, FAIRNESS, EXPLANATIONS)
)
