"""Lessons on doing it: the studio, models that answer, notebooks, programs."""

from django.utils.translation import gettext_lazy as _

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question

STUDIO = Lesson(
    slug="training-without-code",
    title=_("Training without code"),
    summary=_(
        "Choose a table, say what to predict, press train: what the studio does "
        "then, and what to believe of it."
    ),
    minutes=5,
    words=_("studio automl learner budget target column train picture text"),
    live=Live(
        "datasets",
        "ada/wine",
        _(
            "178 wines and three cultivars: small enough to train on in a minute. Name "
            "it in "
            "the studio."
        ),
        _("Any table will do: drop a file of yours into the studio."),
    ),
    questions=(
        Question(
            _("The studio says “no better than the commonest answer”. What now?"),
            (
                Choice(
                    _("Look for other columns or more rows."),
                    _(
                        "Yes. What is asked cannot be told from these columns yet; a "
                        "larger "
                        "budget would not help."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Choose the most complicated model."),
                    _("It was tried, and did not beat saying the same of every row."),
                ),
                Choice(
                    _("Publish it all the same."),
                    _(
                        "Its report would block it: it knows nothing that a constant does "
                        "not."
                    ),
                ),
            ),
        ),
        Question(
            _("Which score of a finished project do you tell others?"),
            (
                Choice(
                    _("That on the test rows, with its interval."),
                    _(
                        "Yes. Those rows were looked at once, at the end, by the model "
                        "that "
                        "was chosen."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("The best of all that were tried."),
                    _("The best of many was partly lucky; the choice was made by it."),
                ),
                Choice(
                    _("That on the rows it learnt from."),
                    _("Those it may know by heart."),
                ),
            ),
        ),
    ),
)
TRYING = Lesson(
    slug="try-a-model",
    title=_("Try a model"),
    summary=_(
        "Asking a model on its own page: what it takes, what its percentages say, "
        "and when it says that it does not know."
    ),
    minutes=4,
    words=_("predict prediction inference widget signature probability answer ask"),
    live=Live(
        "datasets",
        "ada/digits",
        _(
            "Take a picture of it to the page “Try it” of a model that reads digits; train "
            "one in the studio if there is none."
        ),
        _("Open a model and press “Try it”: whoever may take it may ask it."),
    ),
    questions=(
        Question(
            _("A model answers “3: 46 %, 8: 41 %”. What do you do?"),
            (
                Choice(
                    _("Treat it as undecided and look myself."),
                    _(
                        "Yes. Both are about as likely. The second-best answer is worth as "
                        "much as the first."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Write down 3."), _("It would be wrong more often than right.")
                ),
                Choice(
                    _("Ask until it is surer."),
                    _("The same picture gets the same answer. Take a better picture."),
                ),
            ),
        ),
        Question(
            _("A model’s page says that it was not cleared. What does that mean?"),
            (
                Choice(
                    _("Its report found something, or nobody has made one."),
                    _(
                        "Yes, so it answers only those who may change it, until that is "
                        "settled."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("It has a virus."),
                    _("Files are scanned besides; the page says so under Safety."),
                ),
                Choice(
                    _("I have not paid."),
                    _("Then the page would lead you to its offers."),
                ),
            ),
        ),
    ),
)
NOTEBOOKS = Lesson(
    slug="run-a-notebook",
    title=_("Run a notebook"),
    summary=_(
        "Your own code on our workers: what it may read, what is kept, and how to "
        "get the same result twice."
    ),
    minutes=4,
    words=_("jupyter script job schedule environment seed reproducible gpu python"),
    live=Live(
        "datasets",
        "ada/breast-cancer-wisconsin",
        _("Make a job that reads it: its files are below /data while the job runs."),
        _("Make a job with any dataset that you may download: it is below /data."),
    ),
    questions=(
        Question(
            _("Your notebook wants to download a file from the web. What happens?"),
            (
                Choice(
                    _("It fails: jobs have no network."),
                    _(
                        "Yes. Put the file into a dataset and name that as an input, "
                        "so that "
                        "everyone knows which version was read."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("It works, but slowly."),
                    _("There is no network at all behind the walls that jobs run in."),
                ),
                Choice(
                    _("It asks me first."),
                    _("Nobody is asked; the connection is refused."),
                ),
            ),
        ),
        Question(
            _("Two runs of one notebook differ in the third decimal. What is likely?"),
            (
                Choice(
                    _("Something is drawn at random without a fixed seed."),
                    _(
                        "Yes. Fix the seed, and tell how far the result moves with others."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("The worker is broken."),
                    _("Possible, and far less likely than a seed that is not fixed."),
                ),
                Choice(
                    _("The dataset has changed."),
                    _(
                        "A run reads one version, which cannot change. The page of the run "
                        "names it."
                    ),
                ),
            ),
        ),
    ),
)
PYTHON = Lesson(
    slug="use-it-from-python",
    title=_("Use it from Python"),
    summary=_(
        "Publish, sell, buy and load with the libraries you know: one address to "
        "set, nothing else to install."
    ),
    minutes=6,
    words=_("huggingface_hub datasets transformers api token developer curl program"),
    live=Live(
        "datasets",
        "ada/wine",
        _("Its page ends with the lines of Python that load it."),
        _("Every dataset’s page ends with the lines of Python that load it."),
    ),
    questions=(
        Question(
            _(
                "Your colleague’s script loads a dataset from Hugging Face. What must "
                "change "
                "to load it from here?"
            ),
            (
                Choice(
                    _("The dataset’s name, HF_ENDPOINT and HF_TOKEN."),
                    _("Yes: the address of this site, and a token of theirs."),
                    is_right=True,
                ),
                Choice(
                    _("It has to be written anew."),
                    _("The same libraries work here; they are told another address."),
                ),
                Choice(
                    _("Nothing."),
                    _("It would still ask huggingface.co."),
                ),
            ),
        ),
        Question(
            _("A download ends with GatedRepoError. Is the dataset gone?"),
            (
                Choice(
                    _("No: its owner lets people in, or sells it."),
                    _(
                        "Yes. The message names the page where access is asked for or "
                        "bought."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Yes, it was deleted."),
                    _("Then the error would be RepositoryNotFoundError."),
                ),
                Choice(
                    _("My token has run out."),
                    _("Then nothing at all would be loaded, public things neither."),
                ),
            ),
        ),
    ),
)
ON_DOING = Chapter(_("Doing it"), (STUDIO, TRYING, NOTEBOOKS, PYTHON))
