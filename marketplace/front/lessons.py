"""The lessons: what they are called and what they ask; the text is a template each."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Question:
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """One short lesson, with questions and their answers to check oneself."""

    slug: str
    title: str
    summary: str
    minutes: int
    questions: tuple[Question, ...]

    @property
    def template(self) -> str:
        return f"front/lessons/{self.slug}.html"


LESSONS = (
    Lesson(
        slug="what-a-licence-allows",
        title="What a licence allows",
        summary="Four questions that tell you what you may do with data or a model, "
        "and what you owe in return.",
        minutes=4,
        questions=(
            Question(
                "A company wants to use a dataset under CC BY-NC 4.0 in its product. "
                "May it?",
                "Not under that licence: it excludes commercial use. The owner may "
                "grant it separately, so the company looks for a commercial offer on "
                "the page, or asks.",
            ),
            Question(
                "You corrected errors in a dataset under CC BY-SA 4.0 and publish the "
                "result. Which licence may you choose?",
                "The same one (or a later version or one declared compatible), because "
                "share-alike passes on; and you name the authors and what you changed.",
            ),
        ),
    ),
    Lesson(
        slug="how-a-contest-works",
        title="How a contest works",
        summary="Held-out answers, submissions, and what happens to your model on our "
        "workers.",
        minutes=4,
        questions=(
            Question(
                "Your model scores 0.99 on the training rows and 0.81 on the board. "
                "What has happened?",
                "It learnt the training rows by heart and did not learn what they have "
                "in common with new ones: it overfits. The held-out 0.81 is the honest "
                "score.",
            ),
            Question(
                "Your submission was refused: “row 5: id 900001 is not asked for”. "
                "What do you do?",
                "Predict exactly the ids that the contest’s held-out file lists, each "
                "once, and submit again. A refused file is no score, so nothing "
                "is lost on the board.",
            ),
        ),
    ),
    Lesson(
        slug="how-to-read-a-leaderboard",
        title="How to read a leaderboard",
        summary="Why the first place may be luck, and which columns deserve a look "
        "beside the score.",
        minutes=3,
        questions=(
            Question(
                "Entry A has 0.91 (0.88 to 0.94), entry B 0.90 (0.87 to 0.93). Is A "
                "better?",
                "We cannot tell. The intervals overlap almost wholly; more held-out "
                "rows would be needed to part them.",
            ),
            Question(
                "Two entries tie in score. One takes 2 ms a row, the other 200 ms. "
                "Which would you use?",
                "Most likely the first: it answers a hundred times faster and costs "
                "less to run. Look at calibration and memory too.",
            ),
        ),
    ),
    Lesson(
        slug="how-to-publish",
        title="How to publish and sell",
        summary="From an empty repository to a listing that others understand, may "
        "use, and can buy.",
        minutes=5,
        questions=(
            Question(
                "You published version 1 under CC BY 4.0 and now want to sell it. Can "
                "you stop people from using version 1?",
                "No. The licence cannot be withdrawn from those who have a copy, and "
                "they may pass it on. You can offer new versions under other terms.",
            ),
            Question(
                "Your dataset contains rows that a colleague measured. May you offer "
                "it alone?",
                "No: enter the colleague’s share. The offer goes live when both of you "
                "have accepted it, and both are paid.",
            ),
        ),
    ),
    Lesson(
        slug="how-to-buy",
        title="How to buy and download",
        summary="Choosing the right offer, paying for it, and fetching the files "
        "by page or program.",
        minutes=3,
        questions=(
            Question(
                "You ordered the free research offer. May your start-up use the data "
                "in its product?",
                "No. Free is the price; the licence says what for. Order the "
                "commercial offer.",
            ),
            Question(
                "You transferred the money an hour ago and cannot download. Why?",
                "The operator confirms transfers by hand when they arrive. The order’s "
                "page says whether it is still waiting.",
            ),
        ),
    ),
    Lesson(
        slug="use-it-from-python",
        title="Use it from Python",
        summary="Publish, sell, buy and load with the libraries you know: one address to "
        "set, nothing else to install.",
        minutes=6,
        questions=(
            Question(
                "Your colleague’s script loads a dataset from Hugging Face. What must "
                "change to load it from here?",
                "The name of the dataset, and the environment: HF_ENDPOINT is the address "
                "of this site, HF_TOKEN a token of theirs.",
            ),
            Question(
                "A download ends with GatedRepoError. Is the dataset gone?",
                "No. Its owner lets people in, or sells it. The message names the page "
                "where access is asked for or bought.",
            ),
        ),
    ),
)
BY_SLUG = {lesson.slug: lesson for lesson in LESSONS}
PROGRAMS = {
    path.stem: path.read_text()
    for path in Path(__file__).with_name("examples").glob("*.py")
}
PEOPLE = """\
stoa=".venv/bin/python manage.py"
$stoa create_account sally --email sally@example.org
$stoa create_account bob --email bob@example.org
$stoa create_account olga --email olga@example.org --staff
echo export SELLER_TOKEN=$($stoa issue_token sally --scopes read repo:write order:write)
echo export BUYER_TOKEN=$($stoa issue_token bob --scopes read order:write)
echo export OPERATOR_TOKEN=$($stoa issue_token olga --scopes read staff money:write)
"""
CONNECT = """\
pip install huggingface_hub datasets
export HF_ENDPOINT={base_url}
"""


def examples(base_url: str) -> dict[str, str]:
    """Return the text of every example by name, for the site at `base_url`."""
    connect = CONNECT.format(base_url=base_url)
    return {**PROGRAMS, "people": PEOPLE, "connect": connect}
