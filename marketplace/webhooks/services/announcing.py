"""From acts to deliveries: what the audit trail says, told to who watches it.

Acts write their audit row in their own transaction, so nothing that happened is missed
and nothing that was undone is told. This reads the rows that were not told yet, and
marks them in the transaction that writes the deliveries.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from marketplace.catalog.models import Commit, Ref, Repository
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import may_see
from marketplace.community.models import Discussion
from marketplace.community.models import Event as Said
from marketplace.kit.models import AuditRecord
from marketplace.webhooks.models import Delivery, Watched, Webhook
from marketplace.webhooks.payloads import (
    TAGS,
    Happening,
    UpdatedRef,
    full_ref,
    payload_of,
)

BATCH = 200
ACTS_ON_REPOSITORIES = {
    "create_repository": ("create", "repo"),
    "restore_repository": ("create", "repo"),
    "delete_repository": ("delete", "repo"),
    "move_repository": ("move", "repo"),
    "commit_files": ("update", "repo.content"),
    "open_proposal": ("update", "repo.content"),
    "merge_proposal": ("update", "repo.content"),
    "squash_branch": ("update", "repo.content"),
    "create_branch": ("update", "repo.content"),
    "delete_branch": ("update", "repo.content"),
    "create_tag": ("update", "repo.content"),
    "delete_tag": ("update", "repo.content"),
    "set_visibility": ("update", "repo.config"),
    "set_gating": ("update", "repo.config"),
    "describe_repository": ("update", "repo.config"),
    "archive_repository": ("update", "repo.config"),
    "reopen_repository": ("update", "repo.config"),
}
ACTS_IN_DISCUSSIONS = {
    "open_discussion": ("create", "discussion"),
    "open_pull_request": ("create", "discussion"),
    "rename_discussion": ("update", "discussion"),
    "change_status": ("update", "discussion"),
    "merge_pull_request": ("update", "discussion"),
    "comment_discussion": ("create", "discussion.comment"),
    "edit_comment": ("update", "discussion.comment"),
    "hide_comment": ("update", "discussion.comment"),
}
REPOSITORY, DISCUSSION = "catalog.repository", "community.discussion"


@transaction.atomic
def announce_acts(*, base_url: str, now: datetime) -> int:
    """Turn the next acts that nobody was told of into deliveries; return how many acts.

    Args:
        base_url: the address of this site, for the links inside.
        now: from when on they may be sent.

    Cost: about a dozen queries a batch, and a few for each act that somebody watches.
    """
    untold = AuditRecord.objects.select_for_update(skip_locked=True, of=("self",))
    records = list(untold.filter(is_told=False).order_by("at", "id")[:BATCH])
    told = AuditRecord.objects.filter(pk__in=[record.pk for record in records])
    told.update(is_told=True)
    news = [record for record in records if _is_news(record)]
    watchers = Watchers(_repositories_of(news))
    deliveries = [
        Delivery(
            webhook=webhook,
            repository=happening.repository,
            record=record.pk,
            event=happening.name,
            payload=payload_of(happening, webhook=webhook, base_url=base_url),
            created_at=now,
            next_attempt_at=now,
        )
        for record in news
        if (repository := watchers.repository_of(record))
        if (webhooks := watchers.of(repository))
        if (happening := happening_of(record, repository))
        for webhook in webhooks
        if happening.domain in webhook.domains
    ]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return len(records)


def _is_news(record: AuditRecord) -> bool:
    acts = {REPOSITORY: ACTS_ON_REPOSITORIES, DISCUSSION: ACTS_IN_DISCUSSIONS}
    return record.act in acts.get(record.target_kind, {})


def _repository_id(record: AuditRecord) -> UUID:
    if record.target_kind == DISCUSSION:
        return UUID(record.details["repository_id"])
    return UUID(record.target_id)


def _repositories_of(records: Iterable[AuditRecord]) -> list[Repository]:
    ids = {_repository_id(record) for record in records}
    if not ids:
        return []
    return list(Repository.objects.filter(pk__in=ids).select_related("namespace"))


class Watchers:
    """Who watches which of some repositories, and may know of it."""

    def __init__(self, repositories: list[Repository]) -> None:
        self._repositories = {each.pk: each for each in repositories}
        self._by_repository: dict[UUID, list[Webhook]] = defaultdict(list)
        self._by_namespace: dict[int, list[Webhook]] = defaultdict(list)
        self._of: dict[UUID, list[Webhook]] = {}
        namespaces = {each.namespace_id for each in repositories}
        watched = Watched.objects.filter(
            Q(repository__in=self._repositories) | Q(namespace__in=namespaces),
            webhook__disabled_at__isnull=True,
            webhook__owner__is_active=True,
        )
        for each in watched.select_related("webhook__owner") if repositories else ():
            if each.repository_id is not None:
                self._by_repository[each.repository_id].append(each.webhook)
            elif each.namespace_id is not None:
                self._by_namespace[each.namespace_id].append(each.webhook)

    def repository_of(self, record: AuditRecord) -> Repository | None:
        return self._repositories.get(_repository_id(record))

    def of(self, repository: Repository) -> list[Webhook]:
        """Return each webhook once, whose owner may see the repository."""
        if repository.pk not in self._of:
            either = [
                *self._by_repository[repository.pk],
                *self._by_namespace[repository.namespace_id],
            ]
            self._of[repository.pk] = [
                webhook
                for webhook in {each.pk: each for each in either}.values()
                if may_see(webhook.owner, repository)
            ]
        return self._of[repository.pk]


def happening_of(record: AuditRecord, repository: Repository) -> Happening | None:
    """Return what an act means to the world; None if what it was about is gone."""
    if record.target_kind == DISCUSSION:
        return _in_discussion(record, repository)
    action, scope = ACTS_ON_REPOSITORIES[record.act]
    refs = REFS[record.act](record, repository) if record.act in REFS else ()
    head = Ref.objects.filter(repository=repository, name=MAIN, commit__isnull=False)
    is_gone = record.act == "delete_repository"
    return Happening(
        action,
        scope,
        repository,
        head=None if is_gone else head.values_list("commit__oid", flat=True).first(),
        refs=refs,
        moved_from=str(record.details.get("left", "")) if action == "move" else "",
    )


def _in_discussion(record: AuditRecord, repository: Repository) -> Happening | None:
    action, scope = ACTS_IN_DISCUSSIONS[record.act]
    discussion = (
        Discussion.objects.filter(pk=record.target_id).select_related("author").first()
    )
    if discussion is None:
        return None
    comment = None
    if key := record.details.get("comment"):
        comment = Said.objects.filter(pk=UUID(key)).select_related("author").first()
    if comment is None and scope == "discussion.comment":
        return None
    return Happening(action, scope, repository, discussion=discussion, comment=comment)


def _committed(record: AuditRecord, repository: Repository) -> tuple[UpdatedRef, ...]:
    details = record.details
    name = details.get("ref") or details.get("branch") or MAIN
    oid = str(details.get("commit", ""))
    return (UpdatedRef(full_ref(name), _parent_of(oid, repository), oid or None),)


def _proposed(record: AuditRecord, repository: Repository) -> tuple[UpdatedRef, ...]:
    name = f"refs/pr/{record.details.get('proposal')}"
    pointing = Ref.objects.filter(repository=repository, name=name)
    return (
        UpdatedRef(name, None, pointing.values_list("commit__oid", flat=True).first()),
    )


def _merged(record: AuditRecord, repository: Repository) -> tuple[UpdatedRef, ...]:
    number, oid = record.details.get("proposal"), str(record.details.get("commit", ""))
    proposed = Discussion.objects.filter(repository=repository, number=number)
    base = proposed.values_list("base", flat=True).first() or MAIN
    return (UpdatedRef(full_ref(base), _parent_of(oid, repository), oid or None),)


def _branch_made(record: AuditRecord, _: Repository) -> tuple[UpdatedRef, ...]:
    details = record.details
    return (UpdatedRef(full_ref(details["branch"]), None, details.get("commit")),)


def _branch_gone(record: AuditRecord, _: Repository) -> tuple[UpdatedRef, ...]:
    details = record.details
    return (UpdatedRef(full_ref(details["branch"]), details.get("commit"), None),)


def _tag_made(record: AuditRecord, _: Repository) -> tuple[UpdatedRef, ...]:
    details = record.details
    return (UpdatedRef(f"{TAGS}{details['tag']}", None, details.get("commit")),)


def _tag_gone(record: AuditRecord, _: Repository) -> tuple[UpdatedRef, ...]:
    details = record.details
    return (UpdatedRef(f"{TAGS}{details['tag']}", details.get("commit"), None),)


def _parent_of(oid: str, repository: Repository) -> str | None:
    commits = Commit.objects.filter(repository=repository, oid=oid)
    parents = commits.values_list("parents", flat=True).first()
    return parents[0] if parents else None


REFS: dict[str, Callable[[AuditRecord, Repository], tuple[UpdatedRef, ...]]] = {
    "commit_files": _committed,
    "squash_branch": _committed,
    "open_proposal": _proposed,
    "merge_proposal": _merged,
    "create_branch": _branch_made,
    "delete_branch": _branch_gone,
    "create_tag": _tag_made,
    "delete_tag": _tag_gone,
}
