"""Guides by role: the site's own pages in the order somebody needs them."""

from dataclasses import dataclass

from marketplace.front.learn.catalogue import BY_SLUG
from marketplace.front.learn.lesson import Lesson


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: `page` is the name of a route without parameters.

    Attributes:
        title: what to do.
        text: how, and what to look at.
        page: where; none, if it is done on a page found before.
        label: of the link.
        slugs: of lessons that explain it.
        is_for_staff: the page opens for operators alone.
    """

    title: str
    text: str
    page: str = ""
    label: str = ""
    slugs: tuple[str, ...] = ()
    is_for_staff: bool = False

    @property
    def lessons(self) -> list[Lesson]:
        return [BY_SLUG[slug] for slug in self.slugs]


@dataclass(frozen=True, slots=True)
class Guide:
    slug: str
    title: str
    summary: str
    steps: tuple[Step, ...]


GUIDES = (
    Guide(
        "publisher",
        "Publish and sell",
        "From files on your disk to a listing that somebody can buy.",
        (
            Step(
                "Make a repository",
                "Choose dataset or model, a short name and a licence. It stays private.",
                "catalog:repository-new",
                "New dataset or model",
                ("how-to-publish",),
            ),
            Step(
                "Put the files in, and a card",
                "The page of the new repository takes files. Begin with README.md: what "
                "is in it, where it comes from, what it is for and what it is not for.",
                slugs=("splits-and-why", "leakage"),
            ),
            Step(
                "Say what others may do",
                "Compare licences by what you want to allow; the chooser knows which "
                "ones your sources permit.",
                "licensing:licence-choose",
                "Choose a licence",
                ("what-a-licence-allows",),
            ),
            Step(
                "Enter who owns it",
                "Under “Rights and offers” of the repository, enter co-owners and their "
                "shares. Each of them accepts.",
                slugs=("shares-and-royalties",),
            ),
            Step(
                "Offer it",
                "On the same page, add an offer: for whom, under which licence, at what "
                "price. Look at what others ask for alike.",
                "catalog:compare",
                "Compare offers",
                ("prices-and-fees",),
            ),
            Step(
                "Make it public, and see what is sold",
                "Set the visibility under “Settings” of the repository. Sales and "
                "statements are on your own page.",
                "licensing:earnings",
                "Your sales",
            ),
        ),
    ),
    Guide(
        "buyer",
        "Buy data or a model",
        "Find what fits, know what you may do with it, pay, and fetch it.",
        (
            Step(
                "Find it",
                "Search by words, then narrow by task, licence, price or size.",
                "front:search",
                "Search",
            ),
            Step(
                "Look before you buy",
                "On its page read the card, what it is not for, and the data card: how it "
                "was obtained, and whether people are in it.",
                slugs=("bias-and-fairness",),
            ),
            Step(
                "Compare what is offered for your task",
                "Offers side by side, with what each allows and costs.",
                "catalog:compare",
                "Compare offers",
                ("what-a-licence-allows", "prices-and-fees"),
            ),
            Step(
                "Put it in the cart and order",
                "You read the licence’s text and accept it before you pay.",
                "licensing:cart",
                "Your cart",
                ("how-to-buy",),
            ),
            Step(
                "Pay, and fetch it",
                "The order says how to pay and when it is granted. Then its page has the "
                "files.",
                "licensing:orders",
                "Your orders",
            ),
            Step(
                "Keep what you may do with it at hand",
                "Every licence you hold, with the text as you accepted it.",
                "licensing:licences-held",
                "Licences you hold",
            ),
        ),
    ),
    Guide(
        "contestant",
        "Enter a contest",
        "From reading the rules to a place on the board that means something.",
        (
            Step(
                "Choose a contest",
                "Each says what is asked, until when, and what it is ranked by.",
                "training:contest-list",
                "Contests",
                ("how-a-contest-works",),
            ),
            Step(
                "Understand the metric",
                "Which end is good, and which mistakes it does not see.",
                "training:metric-list",
                "All metrics",
                ("metrics",),
            ),
            Step(
                "Join, and download the rows",
                "Accept the rules on the contest’s page. Split what you get once more, "
                "to choose by.",
                slugs=("splits-and-why", "leakage"),
            ),
            Step(
                "Hand in",
                "A table of predictions, a model or code. The page shows the live log, "
                "then the scores or what was wrong.",
                "training:submission-list",
                "Your submissions",
                ("calibration-and-uncertainty",),
            ),
            Step(
                "Read the board",
                "Look at ranges of ranks, not at places.",
                slugs=("how-to-read-a-leaderboard",),
            ),
        ),
    ),
    Guide(
        "host",
        "Host a contest",
        "A question of yours, asked of many models and judged on rows nobody saw.",
        (
            Step(
                "Publish the rows to learn from",
                "A dataset with labels for everyone; keep the held-out labels to "
                "yourself.",
                "catalog:repository-new",
                "New dataset",
                ("splits-and-why",),
            ),
            Step(
                "Choose what to rank by",
                "The metric should see the mistakes that matter to you.",
                "training:metric-list",
                "All metrics",
                ("metrics",),
            ),
            Step(
                "Open the contest",
                "Name the dataset, upload the held-out labels, and set the rules. A "
                "bundle from elsewhere can be imported.",
                "training:contest-choose",
                "Open a contest",
                ("how-a-contest-works",),
            ),
            Step(
                "Enter a baseline",
                "On the page “Host” of the contest: a simple entry that shows what no "
                "effort achieves.",
                slugs=("how-to-read-a-leaderboard",),
            ),
            Step(
                "Guard it, then freeze it",
                "Decide which rows the board shows before the end. After it, look the "
                "board through and freeze it; prizes follow.",
            ),
        ),
    ),
    Guide(
        "beginner",
        "Train a first model",
        "No code, no account elsewhere: a table in, a model with a report out.",
        (
            Step(
                "Understand the one idea behind it",
                "A model is judged on what it has not seen.",
                slugs=("splits-and-why",),
            ),
            Step(
                "Find a table",
                "Small and clean is best at first. Its page shows its columns.",
                "front:datasets",
                "Datasets",
            ),
            Step(
                "Train",
                "Name the dataset, or drop a file of yours; say what to predict; press "
                "train. A few minutes are enough.",
                "training:studio-list",
                "Studio",
                ("training-without-code",),
            ),
            Step(
                "Read the report",
                "Is it better than guessing? Is it as sure as it should be? For whom "
                "does it fail?",
                slugs=(
                    "metrics",
                    "calibration-and-uncertainty",
                    "bias-and-fairness",
                    "explanations",
                ),
            ),
            Step(
                "Ask it something",
                "Publish it, privately if you like, and press “Try it” on its page.",
                "front:models",
                "Models",
                ("try-a-model", "unknown-inputs"),
            ),
        ),
    ),
    Guide(
        "operator",
        "Run this site",
        "What an operator looks at each day, and where.",
        (
            Step(
                "See what waits",
                "Orders to confirm, the queue, workers and reports on one page.",
                "front:operator",
                "Operator’s page",
                is_for_staff=True,
            ),
            Step(
                "Confirm transfers",
                "Compare the reference and the amount with the bank’s statement. Money "
                "is granted by this alone.",
                "licensing:transfers",
                "Transfers",
                ("prices-and-fees",),
                is_for_staff=True,
            ),
            Step(
                "Keep workers well",
                "Which are alive, what they run, and how strong their walls are.",
                "training:workers",
                "Workers",
                ("how-a-contest-works",),
                is_for_staff=True,
            ),
            Step(
                "Decide reports",
                "What people reported, with the files in question and the acts you have.",
                "catalog:moderation",
                "Reports",
                ("what-a-licence-allows",),
                is_for_staff=True,
            ),
            Step(
                "Pay owners out",
                "Who is owed what, as a file for the bank; then the ledger closes.",
                "licensing:payouts-made",
                "Payouts",
                ("shares-and-royalties",),
                is_for_staff=True,
            ),
            Step(
                "Let the doctor look",
                "It examines settings, storage, queues and clocks, and says what to do.",
                "operator-doctor",
                "Doctor",
                is_for_staff=True,
            ),
        ),
    ),
    Guide(
        "developer",
        "Use it from programs",
        "Tokens, the libraries you know, the API, and what tells your programs of news.",
        (
            Step(
                "Make a token",
                "Choose as few scopes as will do. It is shown once.",
                "accounts:tokens",
                "Tokens",
            ),
            Step(
                "Load and publish with the libraries you know",
                "Two variables point the libraries of Hugging Face here.",
                slugs=("use-it-from-python",),
            ),
            Step(
                "Read the API",
                "Every operation, with what it takes, answers and refuses. Try it in "
                "the page.",
                "api-docs",
                "API reference",
            ),
            Step(
                "Be told of news",
                "Webhooks send what happens to an address of yours, signed.",
                "webhooks:webhooks",
                "Webhooks",
            ),
            Step(
                "Run code on our workers",
                "Notebooks and scripts, by hand or on a schedule.",
                "training:job-list",
                "Jobs",
                ("run-a-notebook",),
            ),
        ),
    ),
)
BY_ROLE = {guide.slug: guide for guide in GUIDES}
