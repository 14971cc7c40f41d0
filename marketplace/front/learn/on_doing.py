"""Lessons on doing it: the studio, models that answer, notebooks, programs."""

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question

STUDIO = Lesson(
    slug="training-without-code",
    title="Training without code",
    summary="Choose a table, say what to predict, press train: what the studio does "
    "then, and what to believe of it.",
    minutes=5,
    words="studio automl learner budget target column train picture text",
    live=Live(
        "datasets",
        "ada/wine",
        "178 wines and three cultivars: small enough to train on in a minute. Name it in "
        "the studio.",
        "Any table will do: drop a file of yours into the studio.",
    ),
    questions=(
        Question(
            "The studio says “no better than the commonest answer”. What now?",
            (
                Choice(
                    "Look for other columns or more rows.",
                    "Yes. What is asked cannot be told from these columns yet; a larger "
                    "budget would not help.",
                    is_right=True,
                ),
                Choice(
                    "Choose the most complicated model.",
                    "It was tried, and did not beat saying the same of every row.",
                ),
                Choice(
                    "Publish it all the same.",
                    "Its report would block it: it knows nothing that a constant does "
                    "not.",
                ),
            ),
        ),
        Question(
            "Which score of a finished project do you tell others?",
            (
                Choice(
                    "That on the test rows, with its interval.",
                    "Yes. Those rows were looked at once, at the end, by the model that "
                    "was chosen.",
                    is_right=True,
                ),
                Choice(
                    "The best of all that were tried.",
                    "The best of many was partly lucky; the choice was made by it.",
                ),
                Choice(
                    "That on the rows it learnt from.",
                    "Those it may know by heart.",
                ),
            ),
        ),
    ),
)
TRYING = Lesson(
    slug="try-a-model",
    title="Try a model",
    summary="Asking a model on its own page: what it takes, what its percentages say, "
    "and when it says that it does not know.",
    minutes=4,
    words="predict prediction inference widget signature probability answer ask",
    live=Live(
        "datasets",
        "ada/digits",
        "Take a picture of it to the page “Try it” of a model that reads digits; train "
        "one in the studio if there is none.",
        "Open a model and press “Try it”: whoever may take it may ask it.",
    ),
    questions=(
        Question(
            "A model answers “3: 46 %, 8: 41 %”. What do you do?",
            (
                Choice(
                    "Treat it as undecided and look myself.",
                    "Yes. Both are about as likely. The second-best answer is worth as "
                    "much as the first.",
                    is_right=True,
                ),
                Choice("Write down 3.", "It would be wrong more often than right."),
                Choice(
                    "Ask until it is surer.",
                    "The same picture gets the same answer. Take a better picture.",
                ),
            ),
        ),
        Question(
            "A model’s page says that it was not cleared. What does that mean?",
            (
                Choice(
                    "Its report found something, or nobody has made one.",
                    "Yes, so it answers only those who may change it, until that is "
                    "settled.",
                    is_right=True,
                ),
                Choice(
                    "It has a virus.",
                    "Files are scanned besides; the page says so under Safety.",
                ),
                Choice(
                    "I have not paid.",
                    "Then the page would lead you to its offers.",
                ),
            ),
        ),
    ),
)
NOTEBOOKS = Lesson(
    slug="run-a-notebook",
    title="Run a notebook",
    summary="Your own code on our workers: what it may read, what is kept, and how to "
    "get the same result twice.",
    minutes=4,
    words="jupyter script job schedule environment seed reproducible gpu python",
    live=Live(
        "datasets",
        "ada/breast-cancer-wisconsin",
        "Make a job that reads it: its files are below /data while the job runs.",
        "Make a job with any dataset that you may download: it is below /data.",
    ),
    questions=(
        Question(
            "Your notebook wants to download a file from the web. What happens?",
            (
                Choice(
                    "It fails: jobs have no network.",
                    "Yes. Put the file into a dataset and name that as an input, so that "
                    "everyone knows which version was read.",
                    is_right=True,
                ),
                Choice(
                    "It works, but slowly.",
                    "There is no network at all behind the walls that jobs run in.",
                ),
                Choice(
                    "It asks me first.",
                    "Nobody is asked; the connection is refused.",
                ),
            ),
        ),
        Question(
            "Two runs of one notebook differ in the third decimal. What is likely?",
            (
                Choice(
                    "Something is drawn at random without a fixed seed.",
                    "Yes. Fix the seed, and tell how far the result moves with others.",
                    is_right=True,
                ),
                Choice(
                    "The worker is broken.",
                    "Possible, and far less likely than a seed that is not fixed.",
                ),
                Choice(
                    "The dataset has changed.",
                    "A run reads one version, which cannot change. The page of the run "
                    "names it.",
                ),
            ),
        ),
    ),
)
PYTHON = Lesson(
    slug="use-it-from-python",
    title="Use it from Python",
    summary="Publish, sell, buy and load with the libraries you know: one address to "
    "set, nothing else to install.",
    minutes=6,
    words="huggingface_hub datasets transformers api token developer curl program",
    live=Live(
        "datasets",
        "ada/wine",
        "Its page ends with the lines of Python that load it.",
        "Every dataset’s page ends with the lines of Python that load it.",
    ),
    questions=(
        Question(
            "Your colleague’s script loads a dataset from Hugging Face. What must change "
            "to load it from here?",
            (
                Choice(
                    "The dataset’s name, HF_ENDPOINT and HF_TOKEN.",
                    "Yes: the address of this site, and a token of theirs.",
                    is_right=True,
                ),
                Choice(
                    "It has to be written anew.",
                    "The same libraries work here; they are told another address.",
                ),
                Choice(
                    "Nothing.",
                    "It would still ask huggingface.co.",
                ),
            ),
        ),
        Question(
            "A download ends with GatedRepoError. Is the dataset gone?",
            (
                Choice(
                    "No: its owner lets people in, or sells it.",
                    "Yes. The message names the page where access is asked for or "
                    "bought.",
                    is_right=True,
                ),
                Choice(
                    "Yes, it was deleted.",
                    "Then the error would be RepositoryNotFoundError.",
                ),
                Choice(
                    "My token has run out.",
                    "Then nothing at all would be loaded, public things neither.",
                ),
            ),
        ),
    ),
)
ON_DOING = Chapter("Doing it", (STUDIO, TRYING, NOTEBOOKS, PYTHON))
