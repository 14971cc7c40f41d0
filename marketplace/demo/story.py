"""The main job from end to end, with a line for each step."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from marketplace.catalog.services import learn_words
from marketplace.demo.cast import PARTS, Say, gather
from marketplace.demo.compete import compete, leaderboard
from marketplace.demo.publishing import publish
from marketplace.demo.trade import Trade, trade
from training.contests.models import Contest


@dataclass(frozen=True, slots=True)
class Told:
    """What the story left behind, for those who want to look at it."""

    contest: Contest
    bought: Trade
    password: str
    stand_in: str  # for Stripe, or nothing

    def guide(self, address: str) -> str:
        """Return the addresses and log-ins to try."""
        pages = {
            "the data": "/datasets",
            "an adaptation, its owners and offers": "/datasets/ada/digits-features",
            "the order (as clio or olga)": f"/orders/{self.bought.order_number}",
            "an offer to buy (as dora)": f"/offers/{self.bought.offer_id}",
            "the ledger (as olga)": "/operator/ledger",
            "the contest": f"/contests/{self.contest.slug}",
            "the leaderboard": f"/contests/{self.contest.slug}/leaderboard",
            "the same over the API": f"/api/v1/contests/{self.contest.slug}/leaderboard",
            "every endpoint": "/api/",
        }
        lines = ["", "Look at it:"]
        lines += [f"  {address + path:<70} {what}" for what, path in pages.items()]
        if self.stand_in:
            lines.append(
                f"  {self.stand_in + '/':<70} what happened at Stripe's stand-in"
            )
        lines += ["", f"Log in at {address}/accounts/login/ as"]
        lines += [
            f"  {name:<9} {self.password}   {part}" for name, part in PARTS.items()
        ]
        return "\n".join(lines) + "\n"


def tell(say: Say, *, address: str) -> Told:
    """Do the main job; a second time it finds what is there and adds nothing.

    Args:
        say: takes a line of progress.
        address: where the site runs, for what is done over HTTP.

    Raises:
        StoryBroken: a step did not do what it promises.
    """
    cast = gather(password_file=settings.STOA.data_dir / "demo_password")
    say("1. Publish: real data with cards, sources and licences")
    repositories = publish(say, cast)
    say("2. License and buy: two owners, two offers, one order")
    bought = trade(say, cast, features=repositories["digits-features"], address=address)
    say("3. Submit and benchmark: predictions, two models, and two that must fail")
    contest = compete(say, cast, dataset=repositories["benign-or-malignant"])
    learn_words()
    say("4. Leaderboard\n")
    say(leaderboard(contest, now=timezone.now()))
    return Told(contest, bought, cast.password, settings.STOA.stripe_api_base)
