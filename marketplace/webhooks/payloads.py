"""What is sent: Hugging Face's report of an event, version 3."""

from dataclasses import dataclass
from typing import Any

from marketplace.catalog.models import Repository
from marketplace.community.models import Discussion
from marketplace.community.models import Event as Said
from marketplace.webhooks.models import Domain, Webhook

VERSION = 3
HEADS, TAGS = "refs/heads/", "refs/tags/"


@dataclass(frozen=True, slots=True)
class UpdatedRef:
    """A name that points elsewhere now; None is where there was, or is, nothing."""

    ref: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Happening:
    """What an act means to the world: an action on a scope of one repository."""

    action: str
    scope: str
    repository: Repository
    head: str | None = None
    refs: tuple[UpdatedRef, ...] = ()
    discussion: Discussion | None = None
    comment: Said | None = None
    moved_from: str = ""

    @property
    def domain(self) -> Domain:
        return Domain(self.scope.partition(".")[0])

    @property
    def name(self) -> str:
        return f"{self.action} {self.scope}"


def full_ref(name: str) -> str:
    """Return the whole name of a branch or a proposal."""
    return name if name.startswith("refs/") else f"{HEADS}{name}"


def payload_of(
    happening: Happening, *, webhook: Webhook, base_url: str
) -> dict[str, Any]:
    """Return the JSON for one webhook.

    Args:
        happening: with its repository's namespace and its discussion's author loaded.
        webhook: whom it is for.
        base_url: the address of this site, without a slash at the end.
    """
    said: dict[str, Any] = {
        "event": {"action": happening.action, "scope": happening.scope},
        "repo": _repository(happening, base_url),
        "webhook": {"id": str(webhook.pk), "version": VERSION},
    }
    if happening.refs:
        said["updatedRefs"] = [
            {"ref": one.ref, "oldSha": one.old, "newSha": one.new}
            for one in happening.refs
        ]
    if happening.moved_from:
        said["movedTo"] = {
            "name": str(happening.repository),
            "owner": {"id": happening.repository.namespace.name},
        }
    if happening.discussion is not None:
        said["discussion"] = _discussion(happening, base_url)
    if happening.comment is not None:
        said["comment"] = _comment(happening, happening.comment, base_url)
    return said


def _repository(happening: Happening, base_url: str) -> dict[str, Any]:
    repository = happening.repository
    said = {
        "type": repository.kind.lower(),
        "name": happening.moved_from or str(repository),
        "id": str(repository.pk),
        "private": not repository.is_public,
        "owner": {"id": repository.namespace.name},
        "url": _urls(base_url, repository),
    }
    return {**said, "headSha": happening.head} if happening.head else said


def _discussion(happening: Happening, base_url: str) -> dict[str, Any]:
    discussion = happening.discussion
    assert discussion is not None  # noqa: S101  the caller has looked
    said = {
        "id": f"{happening.repository.pk.hex}-{discussion.number}",
        "num": discussion.number,
        "title": discussion.title,
        "status": discussion.status.lower(),
        "isPullRequest": discussion.is_pull_request,
        "author": {"id": discussion.author.username},
        "url": _urls(base_url, happening.repository, number=discussion.number),
    }
    if discussion.is_pull_request:
        changes = {"base": full_ref(discussion.base)}
        if discussion.merge_oid:
            changes["mergeCommitId"] = discussion.merge_oid
        return {**said, "changes": changes}
    return said


def _comment(happening: Happening, comment: Said, base_url: str) -> dict[str, Any]:
    number = happening.discussion.number if happening.discussion else 0
    web = _urls(base_url, happening.repository, number=number)["web"]
    said = {
        "id": comment.pk.hex,
        "author": {"id": comment.author.username},
        "hidden": comment.hidden_at is not None,
        "url": {"web": f"{web}#{comment.pk.hex}"},
    }
    return said if said["hidden"] else {**said, "content": comment.text}


def _urls(
    base_url: str, repository: Repository, *, number: int | None = None
) -> dict[str, str]:
    tail = "" if number is None else f"/discussions/{number}"
    return {
        "web": f"{base_url}{repository.get_absolute_url()}{tail}",
        "api": f"{base_url}/api/{repository.plural}/{repository}{tail}",
    }
