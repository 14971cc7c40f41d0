"""The one table of who may do what at which address. `test_permission_walk` holds the
site to it; a route that is not here fails.

A rule names a right of `holders`.
"""

from tests.architecture.permissions_api import API
from tests.architecture.permissions_pages import PAGES as OTHER_PAGES
from tests.architecture.permissions_tables import TABLES
from tests.architecture.verbs import DELETE, GET, PATCH, POST, PUT

__all__ = ["API", "DELETE", "GET", "KINDS", "PAGES", "PATCH", "POST", "PUT", "kind_of"]

PAGES = {**OTHER_PAGES, **TABLES}
KINDS = {  # of things, where the first segment does not say it
    "learn/guides/": "guides",
    "learn/": "lessons",
    "sitemap-": "sitemaps",
    "settings/webhooks/": "webhooks",
    "settings/searches/": "searches",
    "settings/usage/": "budgets",
    "settings/": "tokens",
    "inbox/": "notices",
    "operator/reports/": "reports",
    "operator/takedowns/": "takedowns",
    "operator/refunds/": "refunds",
    "operator/disputes/": "disputes",
    "operator/payouts/": "payouts",
    "operator/purses/": "purses",
    "operator/use/": "prepaid",
    "operator/": "orders",
    "contests/new/": "datasets",
    "studio/new/": "datasets",
    "studio/": "projects",
    "contests/calendar/": "calendars",
    "contests/drafts/": "drafts",
    "<owner:namespace>/": "models",
}


def kind_of(route: str) -> str:
    """Return the kind of thing an address is about, as `HOLDERS` names it."""
    said = (kind for prefix, kind in KINDS.items() if route.startswith(prefix))
    return next(said, route.partition("/")[0])
