"""Lessons on contests and their boards."""

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question

CONTEST = "benign-or-malignant"

CONTESTS = Lesson(
    slug="how-a-contest-works",
    title="How a contest works",
    summary="Held-out answers, submissions, and what happens to your model on our "
    "workers.",
    minutes=5,
    words="submit submission host baseline rules sandbox prize purse team",
    live=Live(
        "contests",
        CONTEST,
        "Read its rules, download its rows, and look at what others handed in.",
        "Open any contest and find its rules, its metric and its files.",
    ),
    questions=(
        Question(
            "Your model scores 0.99 on the training rows and 0.81 on the board. What has "
            "happened?",
            (
                Choice(
                    "It learnt the training rows by heart.",
                    "Yes, it overfits. The held-out 0.81 is the honest score.",
                    is_right=True,
                ),
                Choice(
                    "The board has made a mistake.",
                    "The board asked about rows that the model had not seen. That is "
                    "the point of it.",
                ),
                Choice(
                    "The board’s rows are harder.",
                    "They were drawn from the same rows by chance.",
                ),
            ),
        ),
        Question(
            "Your submission was refused: “row 5: id 900001 is not asked for”. What do "
            "you do?",
            (
                Choice(
                    "Predict exactly the ids listed, each once, and hand in again.",
                    "Yes. A refused file has no score, so nothing is lost on the board.",
                    is_right=True,
                ),
                Choice(
                    "Take the row out and hand in the rest.",
                    "That is half of it: the id that it stood for is still missing.",
                ),
                Choice(
                    "Write to the host.",
                    "You can mend it yourself: the message names the row.",
                ),
            ),
        ),
    ),
)
BOARDS = Lesson(
    slug="how-to-read-a-leaderboard",
    title="How to read a leaderboard",
    summary="Why the first place may be luck, what a range of ranks says, and why the "
    "public board misleads.",
    minutes=5,
    words="rank tie interval holdout public private board shake-up luck",
    live=Live(
        "contests",
        CONTEST,
        "Open its leaderboard and find out who cannot be told apart from the first.",
        "Open the leaderboard of any contest and read its ranges of ranks.",
    ),
    questions=(
        Question(
            "Entry A has 0.91 (0.88 to 0.94) and rank 1–3, entry B 0.90 and rank 1–3. Is "
            "A better?",
            (
                Choice(
                    "It cannot be told from these rows.",
                    "Yes. More held-out rows would be needed to part them.",
                    is_right=True,
                ),
                Choice(
                    "Yes, by 0.01.",
                    "Both ranges begin at 1: on other rows B might lead.",
                ),
                Choice(
                    "No, B is as good.",
                    "Nor can that be told. They may differ by more than is seen here.",
                ),
            ),
        ),
        Question(
            "You hand in 200 variants and keep the one that the public board likes best. "
            "What will happen on the hidden rows?",
            (
                Choice(
                    "It will likely score lower there.",
                    "Yes. The best of 200 was partly lucky with those very rows, and "
                    "luck does not come along.",
                    is_right=True,
                ),
                Choice(
                    "It will be the best there, too.",
                    "Only if variants differ by more than chance does. Look at the "
                    "intervals.",
                ),
                Choice(
                    "It will score higher, having been tuned.",
                    "It was tuned to the rows that were shown, and not to these.",
                ),
            ),
        ),
    ),
)
ON_CONTESTS = Chapter("Contests", (CONTESTS, BOARDS))
