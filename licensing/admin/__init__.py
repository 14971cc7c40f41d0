"""Rights and money for staff to look at; acts are on the site's own pages."""

from licensing.admin import money, rights

__all__ = ["money", "rights"]
