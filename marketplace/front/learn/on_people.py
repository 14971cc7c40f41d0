"""Lessons on what models do to people, and on explaining them."""

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question
from marketplace.front.learn.on_models import CALIBRATION, METRICS, UNKNOWN

FAIRNESS = Lesson(
    slug="bias-and-fairness",
    title="Bias and fairness",
    summary="A model can be right on the whole and wrong for some. Comparing groups, and "
    "what too few rows cannot tell.",
    minutes=5,
    words="groups subgroup equal opportunity gap discrimination protected sex age",
    live=Live(
        "datasets",
        "bruno/diabetes",
        "It has a column of sex and one of age. Train on it, name them as groups, and "
        "read the part “Groups” of the report.",
        "Find a dataset with a column that says of which group people are, and name it "
        "when a report asks for groups.",
    ),
    questions=(
        Question(
            "A model finds 90 % of the ill among 2,000 men and 80 % among 15 women. Is "
            "it worse for women?",
            (
                Choice(
                    "It cannot be told from 15.",
                    "Yes: 12 of 15 could be anything from 55 % to 93 %. Too few rows to "
                    "tell is not the same as fair, so more are needed.",
                    is_right=True,
                ),
                Choice(
                    "Yes, by ten points.",
                    "With 15 people, three more or fewer change it by twenty points.",
                ),
                Choice(
                    "No, since it is right on the whole.",
                    "The whole is made of men here; it says next to nothing of women.",
                ),
            ),
        ),
        Question(
            "You leave the column “sex” out. Is the model now blind to it?",
            (
                Choice(
                    "No, other columns may stand for it.",
                    "Yes: height, a job, a first name. So groups are compared whether "
                    "or not the model was given the column.",
                    is_right=True,
                ),
                Choice(
                    "Yes, it cannot know it any more.",
                    "It can often be guessed from the others, and models guess well.",
                ),
                Choice(
                    "Yes, if it is trained anew.",
                    "The other columns still tell of it, however often it is trained.",
                ),
            ),
        ),
    ),
)
EXPLANATIONS = Lesson(
    slug="explanations",
    title="Explanations, and their limits",
    summary="What a model’s answers hang on, how that is found, and why it is not what "
    "causes them in the world.",
    minutes=5,
    words="permutation importance shap gradients feature attribution cause stability",
    live=Live(
        "datasets",
        "ada/breast-cancer-wisconsin",
        "Train on it and read “What its answers hang on” in the report. Many of its "
        "columns say nearly the same.",
        "Open the report of any model and read “What its answers hang on”.",
    ),
    questions=(
        Question(
            "Two equally good models of the same table hang on different columns. How "
            "can that be?",
            (
                Choice(
                    "Columns that go together can stand in for each other.",
                    "Yes. Radius, perimeter and area say nearly the same; which is taken "
                    "is chance.",
                    is_right=True,
                ),
                Choice(
                    "One of the explanations was computed wrongly.",
                    "Both can be right: each is of one model, and not of the world.",
                ),
                Choice(
                    "One of them is overfitted.",
                    "They are equally good on rows that neither has seen.",
                ),
            ),
        ),
        Question(
            "A model of house prices hangs on the number of bathrooms. Will another "
            "bathroom raise the price?",
            (
                Choice(
                    "That cannot be told from it.",
                    "Yes. Large, new houses have more bathrooms. The model uses the "
                    "sign, which need not be the cause.",
                    is_right=True,
                ),
                Choice(
                    "Yes, by what the explanation says.",
                    "It says how the model’s answer moves, and not how prices would.",
                ),
                Choice(
                    "Yes, if the explanation is stable.",
                    "Stable means that it comes out the same twice. It is still of the "
                    "model alone.",
                ),
            ),
        ),
    ),
)
ON_MODELS = Chapter("Models", (METRICS, CALIBRATION, UNKNOWN, FAIRNESS, EXPLANATIONS))
