"""Lessons on data: why rows are split, how answers leak, and publishing."""

from django.utils.translation import gettext_lazy as _

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question

TUMOURS = "ada/breast-cancer-wisconsin"

ON_DATA = Chapter(
    _("Data"),
    (
        Lesson(
            slug="splits-and-why",
            title=_("Splits, and why"),
            summary=_(
                "Rows to learn from, rows to choose by, rows to judge by: why a "
                "model must be asked about what it has not seen."
            ),
            minutes=4,
            words=_(
                "train validation test holdout held-out overfitting cross-validation"
            ),
            live=Live(
                "datasets",
                "dora/benign-or-malignant",
                _(
                    "Open its two tables: the rows to learn from have labels, the rows to "
                    "predict have none."
                ),
                _(
                    "Open any dataset and look whether its files say which rows are for "
                    "learning and which for judging."
                ),
            ),
            questions=(
                Question(
                    _(
                        "A model is right in 100 of 100 rows that it learnt from, and "
                        "in 81 "
                        "of 100 that it did not. How good is it?"
                    ),
                    (
                        Choice(
                            _("About 81 in 100."),
                            _(
                                "Yes. Only rows that it had not seen tell how it does "
                                "on new "
                                "ones. The rest is memory."
                            ),
                            is_right=True,
                        ),
                        Choice(
                            _("About 90 in 100, the mean of both."),
                            _(
                                "The rows it learnt from say nothing of new ones, so there "
                                "is nothing to average. 81 is the honest number."
                            ),
                        ),
                        Choice(
                            _("100 in 100; the others were harder."),
                            _(
                                "Both were drawn alike, so neither is harder. It knows its "
                                "own rows by heart."
                            ),
                        ),
                    ),
                ),
                Question(
                    _(
                        "Your table has five scans of each of 200 patients. How do you "
                        "split "
                        "it?"
                    ),
                    (
                        Choice(
                            _("By patient, all five scans on one side."),
                            _(
                                "Yes. Otherwise the model is judged on people it has met, "
                                "and looks better than it will be with new ones."
                            ),
                            is_right=True,
                        ),
                        Choice(
                            _("By scan, at random."),
                            _(
                                "Then nearly every patient is on both sides, and the model "
                                "can recognise the person in place of the illness."
                            ),
                        ),
                        Choice(
                            _("The first 800 scans to learn, the rest to judge."),
                            _(
                                "That is only right if the order means nothing; and a "
                                "patient may still be on both sides."
                            ),
                        ),
                    ),
                ),
            ),
        ),
        Lesson(
            slug="leakage",
            title=_("Leakage"),
            summary=_(
                "How answers seep into the rows a model learns from, and why a score "
                "that is too good is a bad sign."
            ),
            minutes=5,
            words=_(
                "duplicates target leak contamination preprocessing scaling future"
            ),
            live=Live(
                "datasets",
                TUMOURS,
                _(
                    "Train on it in the studio and read the part “Leakage” of the report: "
                    "it asks of each column whether it tells the answer alone."
                ),
                _(
                    "Train on a table of yours in the studio and read the part "
                    "“Leakage” of "
                    "the report."
                ),
            ),
            questions=(
                Question(
                    _(
                        "A model foresees with 0.999 who will be in hospital. One of its "
                        "columns is “days on the ward”. What has happened?"
                    ),
                    (
                        Choice(
                            _("The column is filled in after the answer is known."),
                            _(
                                "Yes. When the model is asked, nobody is on a ward yet. "
                                "Without the column it will be much worse, and of use."
                            ),
                            is_right=True,
                        ),
                        Choice(
                            _("The model is excellent."),
                            _(
                                "It reads the answer off a column that will not be there "
                                "when it matters."
                            ),
                        ),
                        Choice(
                            _("There are too few rows."),
                            _(
                                "More rows would tell the same: the column holds the "
                                "answer."
                            ),
                        ),
                    ),
                ),
                Question(
                    _("You scale all columns by their mean and spread. When?"),
                    (
                        Choice(
                            _(
                                "After splitting, with the mean of the rows to learn from."
                            ),
                            _(
                                "Yes: first split, then fit everything, the scaling "
                                "too, on "
                                "the rows to learn from alone."
                            ),
                            is_right=True,
                        ),
                        Choice(
                            _("Before splitting, so that all rows are treated alike."),
                            _(
                                "Then the mean knows the rows to judge by. With "
                                "scaling the "
                                "harm is small; with choosing columns it is what the "
                                "figure "
                                "shows."
                            ),
                        ),
                        Choice(
                            _("Twice, each part with its own mean."),
                            _(
                                "Then the same measurement means two things. Use the mean "
                                "of the rows to learn from for both."
                            ),
                        ),
                    ),
                ),
            ),
        ),
        Lesson(
            slug="how-to-publish",
            title=_("How to publish and sell"),
            summary=_(
                "From an empty repository to a listing that others understand, may "
                "use, and can buy."
            ),
            minutes=5,
            words=_("upload card readme repository dataset misuse version commit"),
            live=Live(
                "datasets",
                "ada/wine",
                _(
                    "Read its card and its history as an example of a small dataset "
                    "that is "
                    "described whole."
                ),
                _("Open any dataset and look for the five answers in its card."),
            ),
            questions=(
                Question(
                    _(
                        "You published version 1 under CC BY 4.0 and now want to sell it. "
                        "Can you stop people from using version 1?"
                    ),
                    (
                        Choice(
                            _("No, but I can offer new versions under other terms."),
                            _(
                                "Yes. The licence cannot be withdrawn from those who "
                                "have a "
                                "copy, and they may pass it on."
                            ),
                            is_right=True,
                        ),
                        Choice(
                            _("Yes, by making it private."),
                            _(
                                "Then nobody new finds it here. Whoever has a copy keeps "
                                "the licence, and may pass it on."
                            ),
                        ),
                        Choice(
                            _("Yes, by changing the licence."),
                            _(
                                "A new licence holds for what you give out from now "
                                "on; the "
                                "old one stays with what was given."
                            ),
                        ),
                    ),
                ),
                Question(
                    _(
                        "Your dataset has rows that a colleague measured. May you offer it "
                        "alone?"
                    ),
                    (
                        Choice(
                            _("No: the colleague’s share is entered, and both accept."),
                            _(
                                "Yes. The offer goes live when every owner has "
                                "accepted it, "
                                "and everyone is paid by their share."
                            ),
                            is_right=True,
                        ),
                        Choice(
                            _("Yes, if I thank them in the card."),
                            _(
                                "Credit is owed besides. Who owns a part decides on offers "
                                "and is paid."
                            ),
                        ),
                        Choice(
                            _("Yes, if most rows are mine."),
                            _(
                                "A smaller share is still a share: it takes the consent of "
                                "all."
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
)
