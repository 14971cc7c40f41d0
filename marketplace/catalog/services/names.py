"""What repositories may be called, and whose a name is."""

import re

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from marketplace.catalog.models import Repository, RepositoryAlias
from marketplace.catalog.models.repositories import NAME_PATTERN
from marketplace.kit.errors import DomainError, Malformed


class BadName(Malformed):
    code = "bad_name"


class NameTaken(DomainError):
    code = "name_taken"


def checked_name(name: str) -> str:
    """Return `name`, if a repository can be called so.

    Raises:
        BadName: it cannot; says what is wrong.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise BadName(
            gettext(
                "name: use 1 to 96 letters a to z, digits, dots, hyphens and underscores, "
                "not beginning or ending with a dot or hyphen, without “--” or “..”, and "
                "not ending in “.git”."
            )
        )
    return name


def save_named(
    repository: Repository,
    *,
    force_insert: bool = False,
    update_fields: list[str] | None = None,
) -> None:
    """Save a repository whose name is new, or present again.

    A former address that leads elsewhere is given up for it, but only by its own owner:
    whoever still uses the address means what was there.

    Raises:
        NameTaken: the name is somebody's, or leads to what somebody else owns.
    """
    try:
        with transaction.atomic():
            repository.save(force_insert=force_insert, update_fields=update_fields)
    except IntegrityError as clash:
        if "catalog_repository_name_unique" not in str(clash):
            raise
        raise _taken(repository) from clash
    former = RepositoryAlias.objects.filter(
        kind=repository.kind,
        namespace=repository.namespace,
        name__iexact=repository.name,
    )
    leads_to = former.select_related("repository__work").first()
    if leads_to is None:
        return
    if leads_to.repository.work.owner_id != repository.work.owner_id:
        raise _taken(repository)
    leads_to.delete()


def _taken(repository: Repository) -> NameTaken:
    """Say so in the same words, whether or not the other one may be known of."""
    return NameTaken(
        gettext(
            "name: “%(repository)s” is taken by a %(lower)s that is called so, or "
            "was before it moved. Choose another name."
        )
        % {"repository": repository, "lower": repository.kind.lower()}
    )
