"""Versions: immutable commits in lines, and the names that point at them."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Exists, OuterRef, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.catalog.models.repositories import Repository

MAIN = "main"
MAIN_LINE = 0
OID = r"^[0-9a-f]{40}$"
PROPOSAL_NAME = r"^refs/pr/[1-9][0-9]{0,8}$"
REF_CHARACTERS = 100

Layers = list[tuple[int, int]]


class CommitQuerySet(models.QuerySet["Commit"]):
    def known(self) -> Self:
        """Those that a revision may name: on an open line, pointed at, or ordered."""
        closed = ClosedLine.objects.filter(
            repository=OuterRef("repository"), line=OuterRef("line")
        )
        pointed_at = Ref.objects.filter(commit=OuterRef("pk"))
        kept = KeptVersion.objects.filter(commit=OuterRef("pk"))
        return self.filter(~Exists(closed) | Exists(pointed_at) | Exists(kept))

    def before(self, commit: "Commit") -> Self:
        """Those of the history that ends with `commit`."""
        reached = Q()
        for line, position in commit.layers:
            reached |= Q(line=line, position__lte=position)
        return self.filter(reached, repository=commit.repository_id)


class Commit(models.Model):
    """One version of a repository. Rows are never changed or deleted (a trigger says so).

    `position` counts the commits of a line from 1, and is what tree entries are valid
    between. A line that left another lies over the version where it did, and over those
    that one lies over: `under` has the line and position of each, nearest first, and is
    the same for all commits of a line. See decisions/0005-lines-lie-over-lines.md.

    `oid` is a digest over tree, parents, author, message and time. `asked` is one over
    what its author asked for, by which the same request sent again is known.
    """

    repository = models.ForeignKey(
        Repository, models.PROTECT, related_name="commits", db_index=False
    )
    oid = models.CharField(max_length=40)
    line = models.PositiveIntegerField(default=MAIN_LINE)
    position = models.PositiveIntegerField()
    under = models.JSONField(default=list, blank=True)
    tree_oid = models.CharField(max_length=40)
    parents = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    message = models.TextField()
    committed_at = models.DateTimeField()
    asked = models.CharField(max_length=64, blank=True)

    objects = CommitQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_commit_oid_unique", fields=["repository", "oid"]
            ),
            UniqueConstraint(
                name="catalog_commit_position_unique",
                fields=["repository", "line", "position"],
            ),
            CheckConstraint(
                name="catalog_commit_oids_are_hex",
                condition=Q(oid__regex=OID, tree_oid__regex=OID),
            ),
            CheckConstraint(
                name="catalog_commit_position_from_one", condition=Q(position__gte=1)
            ),
            CheckConstraint(
                name="catalog_commit_only_a_first_has_no_parent",
                condition=Q(position=1) | Q(parents__len__gt=0),
            ),
        ]
        indexes = [
            models.Index(name="catalog_commit_newest", fields=["repository", "id"]),
        ]

    def __str__(self) -> str:
        return self.oid

    @property
    def title(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def layers(self) -> Layers:
        """Line and position of this version and of those it lies over, topmost first."""
        below = [(line, position) for line, position in self.under]
        return [(self.line, self.position), *below]


class ClosedLine(models.Model):
    """A line that no branch goes on from: what is on it is forgotten, refs' own aside.

    Rows of a closed line may be deleted once no version that is still known needs them.
    """

    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="closed_lines", db_index=False
    )
    line = models.PositiveIntegerField()
    closed_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_closedline_once", fields=["repository", "line"]
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of {self.repository_id}"


class KeptVersion(models.Model):
    """A version that was the newest when somebody ordered the work: it stays known."""

    commit = models.OneToOneField(
        Commit, models.PROTECT, primary_key=True, related_name="kept"
    )
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.commit_id)


class RefKind(models.TextChoices):
    BRANCH = "BRANCH", _("Branch")
    TAG = "TAG", _("Tag")
    PROPOSAL = "PROPOSAL", _("Proposal")


class RefQuerySet(models.QuerySet["Ref"]):
    def move(self, ref: "Ref", *, to: Commit) -> bool:
        """Point `ref` from the commit it was read with to another; False if it moved."""
        held = Q(commit=ref.commit_id) if ref.commit_id else Q(commit__isnull=True)
        unmoved = self.filter(held, pk=ref.pk)
        return unmoved.update(commit=to, line=to.line) == 1


class Ref(models.Model):
    """A name for a commit: a branch or a proposal, which moves, or a tag, which does not.

    What moves adds to its own `line`, or begins one with its first commit. A proposal,
    `refs/pr/1`, is to be merged `into` a branch.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="refs")
    name = models.CharField(max_length=REF_CHARACTERS)
    kind = models.CharField(max_length=8, choices=RefKind.choices)
    commit = models.ForeignKey(
        Commit, models.PROTECT, null=True, blank=True, related_name="refs"
    )
    line = models.PositiveIntegerField(null=True, blank=True)
    into = models.CharField(max_length=REF_CHARACTERS, blank=True)
    message = models.TextField(blank=True)
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    objects = RefQuerySet.as_manager()

    class Meta:
        constraints = [
            UniqueConstraint(
                name="catalog_ref_name_unique", fields=["repository", "name"]
            ),
            UniqueConstraint(
                name="catalog_ref_line_unique",
                fields=["repository", "line"],
                condition=Q(line__isnull=False),
            ),
            CheckConstraint(
                name="catalog_ref_kind_known", condition=Q(kind__in=RefKind.values)
            ),
            CheckConstraint(
                name="catalog_ref_tag_has_commit",
                condition=~Q(kind=RefKind.TAG)
                | Q(commit__isnull=False, line__isnull=True),
            ),
            CheckConstraint(
                name="catalog_ref_name_is_no_oid", condition=~Q(name__regex=OID)
            ),
            CheckConstraint(
                name="catalog_ref_proposal_has_number_opener_and_aim",
                condition=(
                    Q(kind=RefKind.PROPOSAL, name__regex=PROPOSAL_NAME)
                    & Q(created_by__isnull=False)
                    & ~Q(into="")
                )
                | (~Q(kind=RefKind.PROPOSAL) & ~Q(name__startswith="refs/")),
            ),
        ]

    def __str__(self) -> str:
        return self.name
