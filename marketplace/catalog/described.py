"""What is told of one version of a repository to programs that describe or cite it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from licensing.licence_facts import BY_ID
from licensing.models import (
    Contribution,
    ContributionRole,
    Offer,
    Party,
    PartyKind,
    Work,
)
from licensing.queries import ownership_of
from licensing.usage import address_of, live_offers
from marketplace.catalog.citation import Author, Cited, doi_in
from marketplace.catalog.misuse import not_for
from marketplace.catalog.models import Commit, Kind, Readme, Repository
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import tags_of

SEMANTIC = re.compile(
    r"v?((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)?)"
)


@dataclass(frozen=True, slots=True)
class Described:
    """One version as one reader may know it; `site` is the address people use."""

    repository: Repository
    commit: Commit
    site: str
    cited: Cited
    offers: Sequence[Offer]
    not_for: Sequence[str] = ()

    @property
    def url(self) -> str:
        return f"{self.site}{self.repository.get_absolute_url()}"

    @property
    def work(self) -> Work:
        return self.repository.work

    def file_url(self, path: str) -> str:
        """Return the address of a file's bytes, which are the same for good."""
        return f"{self.url}/resolve/{self.commit.oid}/{path}"


def described(
    user: AnyUser, *, repository: Repository, commit: Commit, site: str
) -> Described:
    """Return a version as `user` may know it.

    Args:
        user: who asks, and may see the repository.
        repository: with its `work`, and that with `owner` and `licence`.
        commit: of the version.
        site: the address people use.

    Cost: some seven queries.
    """
    work = repository.work
    readme = Readme.objects.filter(pk=repository.pk).values_list("card", flat=True)
    card = readme.first() or {}
    told = briefly(
        repository, commit=commit, offers=live_offers(work, user=user), site=site
    )
    made = ownership_of(work, user=user).contributions
    cited = replace(
        told.cited,
        authors=_authors(work.owner, made),
        version=_tagged(repository, commit) or told.cited.version,
        doi=doi_in(card),
    )
    return replace(told, cited=cited, not_for=not_for(card))


def briefly(
    repository: Repository, *, commit: Commit, offers: Sequence[Offer], site: str
) -> Described:
    """Return a version as its row tells it: the owner as author, no tag, no DOI.

    Its number counts the commits and names its own, as semantic versioning allows for.
    """
    work, licence = repository.work, repository.work.licence_id or ""
    cited = Cited(
        title=repository.title,
        authors=_authors(work.owner, []),
        is_dataset=repository.kind == Kind.DATASET,
        version=f"0.0.{commit.position}+{commit.oid[:12]}",
        commit=commit.oid,
        released_on=commit.committed_at.date(),
        url=f"{site}{repository.get_absolute_url()}",
        licence=licence if licence in BY_ID else "",
        licence_url=terms_url(work, site=site),
        abstract=repository.summary,
        keywords=[
            *repository.task_categories,
            *repository.modalities,
            *repository.tags,
        ],
    )
    return Described(repository, commit, site, cited, offers)


def terms_url(work: Work, *, site: str) -> str:
    """Return where its terms are: its licence, or its offers if it has none."""
    if work.licence is None:
        return f"{site}/works/{work.pk}"
    return address_of(work.licence, site=site)


def _tagged(repository: Repository, commit: Commit) -> str:
    """Return the number that a tag such as `v1.2.0` gives a version, empty if none does."""
    for name in (
        tags_of(repository).filter(commit=commit).values_list("name", flat=True)
    ):
        if found := SEMANTIC.fullmatch(name):
            return found[1]
    return ""


def _authors(owner: Party, made: Sequence[Contribution]) -> list[Author]:
    """Return who made it, in the order they were named; the owner if nobody was.

    Who has an account is an author once they have confirmed it.
    """
    makers = [
        each.party
        for each in made
        if each.role != ContributionRole.FUNDED
        and (each.confirmed_at or each.party.is_described)
    ]
    return [
        Author(party.name, party.kind == PartyKind.PERSON)
        for party in dict.fromkeys(makers or [owner])
    ]
