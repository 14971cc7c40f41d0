"""The one rule for names of people and organisations, and so for namespaces."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LONGEST_NAME = 96
SHAPE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$"  # PostgreSQL reads it too, as a constraint
RULE = _(
    "Use 1 to 96 letters a to z, digits, dots, hyphens and underscores. Begin with a "
    "letter or digit, do not end with a dot or hyphen, and write no “--” or “..”."
)
FOREIGN_ENDINGS = (".git", ".ipynb")  # clients cut these off
FORMER = "former-member-"  # begins the pseudonym of whose account was erased

# The first part of every address of this site, now or soon; words that would mislead.
RESERVED = frozenset(
    """
    about acceptances account accounts admin administrator algorithms all anonymous api
    assets audit auth billing blob blog board boards buckets buy cart cas checkout code
    collections commit commits contact contest contests dashboard dataset datasets demo
    device discounts docs doctor download downloads earnings earnings.csv embed everyone
    explore export favicon.ico feed feeds file files ftp git guest handovers health
    healthz help home hub import imports inbox index index.html info invoices jobs join
    kernels language leaderboard leaderboards learn ledger legal lfs licence licences
    license licenses licensing lineage localhost login logout mail main manage
    manifest.json market marketplace me media members metrics model model-reports models
    moderator new news nobody none notebook notebooks notifications null oauth oauth2
    offer offers official opensearch.xml operator order orders orders.csv organisation
    organisations organization organizations orgs owner papers password payees payment
    payments payouts people person ping postmaster predictions press pricing privacy
    prizes profile profiles public query raw readyz receipts register reports repositories
    repository resolve reviews robots.txt root rss run runs sandbox schema search security
    self sell seller server service services session sessions settings setup shop signin
    signout signup sitemap.xml smtp spaces staff static stats status stoa storage store
    studio style submission submissions submit subscriptions support system table tags
    takedowns team teams terms test token tokens tree trending undefined upload uploads
    user users v1 v2 verify viewer webhook webhooks well-known words.js work workers works
    www xet
    """.split()  # noqa: SIM905  a paragraph is easier to keep sorted than a list
)


def fault_of(name: str) -> str | None:
    """Say in a sentence why `name` cannot name anyone here, or None if it can."""
    if not re.fullmatch(SHAPE[1:-1], name) or name.endswith((".", "-")):
        return str(RULE)
    if "--" in name or ".." in name:
        return str(RULE)
    if name.lower().endswith(FOREIGN_ENDINGS):
        return gettext("A name cannot end with %s or %s.") % FOREIGN_ENDINGS
    if name.lower() in RESERVED or name.lower().startswith(FORMER):
        return gettext(
            "The name “%(name)s” is reserved for the site. Choose another."
        ) % {"name": name}
    return None


def validate_name(name: str) -> None:
    """Be a Django validator for the rule.

    Raises:
        ValidationError: `name` breaks it; the message is `fault_of`'s.
    """
    if fault := fault_of(name):
        raise ValidationError(fault, code="name_not_allowed")


USERNAME_VALIDATORS = [validate_name]  # allauth takes them by this path
