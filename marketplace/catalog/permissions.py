"""Who may see, change and share a repository (a first cut)."""

from django.contrib.auth.backends import BaseBackend


class RepositoryOwnerBackend(BaseBackend):
    pass
