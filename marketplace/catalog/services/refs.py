"""Tags: names that stay with one commit."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from marketplace.accounts.models import User
from marketplace.catalog.models import Ref, RefKind, Repository
from marketplace.catalog.models.commits import MAIN, OID
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import commit_at
from marketplace.catalog.services.repositories import lock_writable
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

TAG_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"


class BadTag(Malformed):
    code = "bad_tag"


class TagTaken(DomainError):
    code = "tag_taken"


class NoSuchTag(DomainError):
    code = "tag_not_found"
    status = 404


@transaction.atomic
def create_tag(
    actor: User,
    *,
    repository: Repository,
    name: str,
    revision: str = MAIN,
    created_at: datetime,
) -> Ref:
    """Name the commit that `revision` means now.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        BadTag, TagTaken, RevisionNotFound: say what to change.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    if not re.fullmatch(TAG_PATTERN, name) or re.fullmatch(OID[1:-1], name):
        raise BadTag(
            "name: use 1 to 100 letters a to z, digits, dots, hyphens and underscores, "
            "beginning with a letter or digit, and not 40 hex digits."
        )
    commit = commit_at(repository, revision)
    try:
        with transaction.atomic():
            tag = Ref.objects.create(
                repository=repository,
                name=name,
                kind=RefKind.TAG,
                commit=commit,
                created_at=created_at,
            )
    except IntegrityError as clash:
        raise TagTaken(f"name: {repository} has “{name}” already.") from clash
    record_act(
        actor, "create_tag", repository, at=created_at, tag=name, commit=commit.oid
    )
    return tag


@transaction.atomic
def delete_tag(
    actor: User, *, repository: Repository, name: str, deleted_at: datetime
) -> None:
    """Forget a tag; its commit stays.

    Raises:
        PermissionDenied: `actor` may not change the repository.
        NoSuchTag: there is none of this name.
    """
    require(actor, CHANGE, repository)
    lock_writable(repository)
    tags = repository.refs.filter(kind=RefKind.TAG, name=name)
    if "\0" in name or not tags.delete()[0]:
        raise NoSuchTag(f"name: {repository} has no tag “{name[:100]}”.")
    record_act(actor, "delete_tag", repository, at=deleted_at, tag=name)
