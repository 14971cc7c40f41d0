"""Versions: immutable commits in a line, and the names that point at them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from marketplace.accounts.models import User
from marketplace.catalog.models.repositories import Repository

MAIN = "main"
OID = r"^[0-9a-f]{40}$"


class Commit(models.Model):
    """One version of a repository. Rows are never changed or deleted (a trigger says so).

    `oid` is a digest over tree, parents, author, message and time; `position` counts the
    commits of the repository from 1, and is what tree entries are valid between.
    """

    repository = models.ForeignKey(Repository, models.PROTECT, related_name="commits")
    oid = models.CharField(max_length=40)
    position = models.PositiveIntegerField()
    tree_oid = models.CharField(max_length=40)
    parents = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=150)
    message = models.TextField()
    committed_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_commit_oid_unique", fields=["repository", "oid"]
            ),
            UniqueConstraint(
                name="catalog_commit_position_unique", fields=["repository", "position"]
            ),
            CheckConstraint(
                name="catalog_commit_oids_are_hex",
                condition=Q(oid__regex=OID, tree_oid__regex=OID),
            ),
            CheckConstraint(
                name="catalog_commit_position_from_one", condition=Q(position__gte=1)
            ),
            CheckConstraint(
                name="catalog_commit_first_has_no_parent",
                condition=Q(position=1, parents__len=0)
                | Q(position__gt=1, parents__len__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.oid

    @property
    def title(self) -> str:
        return self.message.partition("\n")[0]


class RefKind(models.TextChoices):
    BRANCH = "BRANCH", "Branch"
    TAG = "TAG", "Tag"


class RefQuerySet(models.QuerySet["Ref"]):
    def move(self, ref: "Ref", *, to: Commit) -> bool:
        """Point `ref` from the commit it was read with to another; False if it moved."""
        held = Q(commit=ref.commit_id) if ref.commit_id else Q(commit__isnull=True)
        unmoved = self.filter(held, pk=ref.pk)
        return unmoved.update(commit=to) == 1


class Ref(models.Model):
    """A name for a commit: the branch `main`, which moves, or a tag, which does not."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="refs")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=6, choices=RefKind.choices)
    commit = models.ForeignKey(
        Commit, models.PROTECT, null=True, blank=True, related_name="refs"
    )
    created_at = models.DateTimeField()

    objects = RefQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_ref_name_unique", fields=["repository", "name"]
            ),
            CheckConstraint(
                name="catalog_ref_kind_known", condition=Q(kind__in=RefKind.values)
            ),
            CheckConstraint(
                name="catalog_ref_tag_has_commit",
                condition=Q(kind=RefKind.BRANCH) | Q(commit__isnull=False),
            ),
            CheckConstraint(
                name="catalog_ref_name_is_no_oid", condition=~Q(name__regex=OID)
            ),
        ]

    def __str__(self) -> str:
        return self.name
