"""Lessons on contests and their boards."""

from django.utils.translation import gettext_lazy as _

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question

CONTEST = "benign-or-malignant"

CONTESTS = Lesson(
    slug="how-a-contest-works",
    title=_("How a contest works"),
    summary=_(
        "Held-out answers, submissions, and what happens to your model on our workers."
    ),
    minutes=5,
    words=_("submit submission host baseline rules sandbox prize purse team"),
    live=Live(
        "contests",
        CONTEST,
        _("Read its rules, download its rows, and look at what others handed in."),
        _("Open any contest and find its rules, its metric and its files."),
    ),
    questions=(
        Question(
            _(
                "Your model scores 0.99 on the training rows and 0.81 on the board. "
                "What has "
                "happened?"
            ),
            (
                Choice(
                    _("It learnt the training rows by heart."),
                    _("Yes, it overfits. The held-out 0.81 is the honest score."),
                    is_right=True,
                ),
                Choice(
                    _("The board has made a mistake."),
                    _(
                        "The board asked about rows that the model had not seen. That is "
                        "the point of it."
                    ),
                ),
                Choice(
                    _("The board’s rows are harder."),
                    _("They were drawn from the same rows by chance."),
                ),
            ),
        ),
        Question(
            _(
                "Your submission was refused: “row 5: id 900001 is not asked for”. What do "
                "you do?"
            ),
            (
                Choice(
                    _("Predict exactly the ids listed, each once, and hand in again."),
                    _(
                        "Yes. A refused file has no score, so nothing is lost on the board."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Take the row out and hand in the rest."),
                    _("That is half of it: the id that it stood for is still missing."),
                ),
                Choice(
                    _("Write to the host."),
                    _("You can mend it yourself: the message names the row."),
                ),
            ),
        ),
    ),
)
BOARDS = Lesson(
    slug="how-to-read-a-leaderboard",
    title=_("How to read a leaderboard"),
    summary=_(
        "Why the first place may be luck, what a range of ranks says, and why the "
        "public board misleads."
    ),
    minutes=5,
    words=_("rank tie interval holdout public private board shake-up luck"),
    live=Live(
        "contests",
        CONTEST,
        _("Open its leaderboard and find out who cannot be told apart from the first."),
        _("Open the leaderboard of any contest and read its ranges of ranks."),
    ),
    questions=(
        Question(
            _(
                "Entry A has 0.91 (0.88 to 0.94) and rank 1–3, entry B 0.90 and rank "
                "1–3. Is "
                "A better?"
            ),
            (
                Choice(
                    _("It cannot be told from these rows."),
                    _("Yes. More held-out rows would be needed to part them."),
                    is_right=True,
                ),
                Choice(
                    _("Yes, by 0.01."),
                    _("Both ranges begin at 1: on other rows B might lead."),
                ),
                Choice(
                    _("No, B is as good."),
                    _(
                        "Nor can that be told. They may differ by more than is seen here."
                    ),
                ),
            ),
        ),
        Question(
            _(
                "You hand in 200 variants and keep the one that the public board likes "
                "best. "
                "What will happen on the hidden rows?"
            ),
            (
                Choice(
                    _("It will likely score lower there."),
                    _(
                        "Yes. The best of 200 was partly lucky with those very rows, and "
                        "luck does not come along."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("It will be the best there, too."),
                    _(
                        "Only if variants differ by more than chance does. Look at the "
                        "intervals."
                    ),
                ),
                Choice(
                    _("It will score higher, having been tuned."),
                    _("It was tuned to the rows that were shown, and not to these."),
                ),
            ),
        ),
    ),
)
ON_CONTESTS = Chapter(_("Contests"), (CONTESTS, BOARDS))
