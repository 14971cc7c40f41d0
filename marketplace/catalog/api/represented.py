"""A repository as JSON, with what lies beside its row."""

from typing import Any

from rest_framework.request import Request

from licensing.queries import listing_terms, reached_among
from marketplace.catalog.api.serializers import RepositoryOut
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import rights_of
from marketplace.catalog.queries import head_of


def repository_json(request: Request, repository: Repository) -> dict[str, Any]:
    """Return `RepositoryOut` for the caller. Cost: five queries at most."""
    context = {
        "terms": listing_terms([repository.work_id]),
        "head": head_of(repository),
        "reached": reached_among([repository.work_id]),
        "rights": rights_of(request.user, repository),
    }
    return dict(RepositoryOut(repository, context=context).data)
