"""Guides by role: the site's own pages in the order somebody needs them."""

from django.utils.translation import gettext_lazy as _

from marketplace.front.learn.guide import Guide, Step

GUIDES = (
    Guide(
        "publisher",
        _("Publish and sell"),
        _("From files on your disk to a listing that somebody can buy."),
        (
            Step(
                _("Make a repository"),
                _(
                    "Choose dataset or model, a short name and a licence. It stays private."
                ),
                "catalog:repository-new",
                _("New dataset or model"),
                ("how-to-publish",),
            ),
            Step(
                _("Put the files in, and a card"),
                _(
                    "The page of the new repository takes files. Begin with README.md: "
                    "what "
                    "is in it, where it comes from, what it is for and what it is not for."
                ),
                slugs=("splits-and-why", "leakage"),
            ),
            Step(
                _("Say what others may do"),
                _(
                    "Compare licences by what you want to allow; the chooser knows which "
                    "ones your sources permit."
                ),
                "licensing:licence-choose",
                _("Choose a licence"),
                ("what-a-licence-allows",),
            ),
            Step(
                _("Enter who owns it"),
                _(
                    "Under “Rights and offers” of the repository, enter co-owners and "
                    "their "
                    "shares. Each of them accepts."
                ),
                slugs=("shares-and-royalties",),
            ),
            Step(
                _("Offer it"),
                _(
                    "On the same page, add an offer: for whom, under which licence, at "
                    "what "
                    "price. Look at what others ask for alike."
                ),
                "catalog:compare",
                _("Compare offers"),
                ("prices-and-fees",),
            ),
            Step(
                _("Make it public, and see what is sold"),
                _(
                    "Set the visibility under “Settings” of the repository. Sales and "
                    "statements are on your own page."
                ),
                "licensing:earnings",
                _("Your sales"),
            ),
        ),
    ),
    Guide(
        "buyer",
        _("Buy data or a model"),
        _("Find what fits, know what you may do with it, pay, and fetch it."),
        (
            Step(
                _("Find it"),
                _("Search by words, then narrow by task, licence, price or size."),
                "front:search",
                _("Search"),
            ),
            Step(
                _("Look before you buy"),
                _(
                    "On its page read the card, what it is not for, and the data card: "
                    "how it "
                    "was obtained, and whether people are in it."
                ),
                slugs=("bias-and-fairness",),
            ),
            Step(
                _("Compare what is offered for your task"),
                _("Offers side by side, with what each allows and costs."),
                "catalog:compare",
                _("Compare offers"),
                ("what-a-licence-allows", "prices-and-fees"),
            ),
            Step(
                _("Put it in the cart and order"),
                _("You read the licence’s text and accept it before you pay."),
                "licensing:cart",
                _("Your cart"),
                ("how-to-buy",),
            ),
            Step(
                _("Pay, and fetch it"),
                _(
                    "The order says how to pay and when it is granted. Then its page "
                    "has the "
                    "files."
                ),
                "licensing:orders",
                _("Your orders"),
            ),
            Step(
                _("Keep what you may do with it at hand"),
                _("Every licence you hold, with the text as you accepted it."),
                "licensing:licences-held",
                _("Licences you hold"),
            ),
        ),
    ),
    Guide(
        "contestant",
        _("Enter a contest"),
        _("From reading the rules to a place on the board that means something."),
        (
            Step(
                _("Choose a contest"),
                _("Each says what is asked, until when, and what it is ranked by."),
                "training:contest-list",
                _("Contests"),
                ("how-a-contest-works",),
            ),
            Step(
                _("Understand the metric"),
                _("Which end is good, and which mistakes it does not see."),
                "training:metric-list",
                _("All metrics"),
                ("metrics",),
            ),
            Step(
                _("Join, and download the rows"),
                _(
                    "Accept the rules on the contest’s page. Split what you get once more, "
                    "to choose by."
                ),
                slugs=("splits-and-why", "leakage"),
            ),
            Step(
                _("Hand in"),
                _(
                    "A table of predictions, a model or code. The page shows the live log, "
                    "then the scores or what was wrong."
                ),
                "training:submission-list",
                _("Your submissions"),
                ("calibration-and-uncertainty",),
            ),
            Step(
                _("Read the board"),
                _("Look at ranges of ranks, not at places."),
                slugs=("how-to-read-a-leaderboard",),
            ),
        ),
    ),
    Guide(
        "host",
        _("Host a contest"),
        _("A question of yours, asked of many models and judged on rows nobody saw."),
        (
            Step(
                _("Publish the rows to learn from"),
                _(
                    "A dataset with labels for everyone; keep the held-out labels to "
                    "yourself."
                ),
                "catalog:repository-new",
                _("New dataset"),
                ("splits-and-why",),
            ),
            Step(
                _("Choose what to rank by"),
                _("The metric should see the mistakes that matter to you."),
                "training:metric-list",
                _("All metrics"),
                ("metrics",),
            ),
            Step(
                _("Open the contest"),
                _(
                    "Name the dataset, upload the held-out labels, and set the rules. A "
                    "bundle from elsewhere can be imported."
                ),
                "training:contest-choose",
                _("Open a contest"),
                ("how-a-contest-works",),
            ),
            Step(
                _("Enter a baseline"),
                _(
                    "On the page “Host” of the contest: a simple entry that shows what no "
                    "effort achieves."
                ),
                slugs=("how-to-read-a-leaderboard",),
            ),
            Step(
                _("Guard it, then freeze it"),
                _(
                    "Decide which rows the board shows before the end. After it, look the "
                    "board through and freeze it; prizes follow."
                ),
            ),
        ),
    ),
    Guide(
        "beginner",
        _("Train a first model"),
        _("No code, no account elsewhere: a table in, a model with a report out."),
        (
            Step(
                _("Understand the one idea behind it"),
                _("A model is judged on what it has not seen."),
                slugs=("splits-and-why",),
            ),
            Step(
                _("Find a table"),
                _("Small and clean is best at first. Its page shows its columns."),
                "front:datasets",
                _("Datasets"),
            ),
            Step(
                _("Train"),
                _(
                    "Name the dataset, or drop a file of yours; say what to predict; press "
                    "train. A few minutes are enough."
                ),
                "training:studio-list",
                _("Studio"),
                ("training-without-code",),
            ),
            Step(
                _("Read the report"),
                _(
                    "Is it better than guessing? Is it as sure as it should be? For whom "
                    "does it fail?"
                ),
                slugs=(
                    "metrics",
                    "calibration-and-uncertainty",
                    "bias-and-fairness",
                    "explanations",
                ),
            ),
            Step(
                _("Ask it something"),
                _("Publish it, privately if you like, and press “Try it” on its page."),
                "front:models",
                _("Models"),
                ("try-a-model", "unknown-inputs"),
            ),
        ),
    ),
    Guide(
        "operator",
        _("Run this site"),
        _("What an operator looks at each day, and where."),
        (
            Step(
                _("See what waits"),
                _("Orders to confirm, the queue, workers and reports on one page."),
                "front:operator",
                _("Operator’s page"),
                is_for_staff=True,
            ),
            Step(
                _("Confirm transfers"),
                _(
                    "Compare the reference and the amount with the bank’s statement. Money "
                    "is granted by this alone."
                ),
                "licensing:transfers",
                _("Transfers"),
                ("prices-and-fees",),
                is_for_staff=True,
            ),
            Step(
                _("Keep workers well"),
                _("Which are alive, what they run, and how strong their walls are."),
                "training:workers",
                _("Workers"),
                ("how-a-contest-works",),
                is_for_staff=True,
            ),
            Step(
                _("Decide reports"),
                _(
                    "What people reported, with the files in question and the acts you "
                    "have."
                ),
                "catalog:moderation",
                _("Reports"),
                ("what-a-licence-allows",),
                is_for_staff=True,
            ),
            Step(
                _("Pay owners out"),
                _("Who is owed what, as a file for the bank; then the ledger closes."),
                "licensing:payouts-made",
                _("Payouts"),
                ("shares-and-royalties",),
                is_for_staff=True,
            ),
            Step(
                _("Let the doctor look"),
                _(
                    "It examines settings, storage, queues and clocks, and says what to do."
                ),
                "operator-doctor",
                _("Doctor"),
                is_for_staff=True,
            ),
        ),
    ),
    Guide(
        "developer",
        _("Use it from programs"),
        _(
            "Tokens, the libraries you know, the API, and what tells your programs of news."
        ),
        (
            Step(
                _("Make a token"),
                _("Choose as few scopes as will do. It is shown once."),
                "accounts:tokens",
                _("Tokens"),
            ),
            Step(
                _("Load and publish with the libraries you know"),
                _("Two variables point the libraries of Hugging Face here."),
                slugs=("use-it-from-python",),
            ),
            Step(
                _("Read the API"),
                _(
                    "Every operation, with what it takes, answers and refuses. Try it in "
                    "the page."
                ),
                "api-docs",
                _("API reference"),
            ),
            Step(
                _("Be told of news"),
                _("Webhooks send what happens to an address of yours, signed."),
                "webhooks:webhooks",
                _("Webhooks"),
            ),
            Step(
                _("Run code on our workers"),
                _("Notebooks and scripts, by hand or on a schedule."),
                "training:job-list",
                _("Jobs"),
                ("run-a-notebook",),
            ),
        ),
    ),
)
BY_ROLE = {guide.slug: guide for guide in GUIDES}
