"""Repositories made, moved, shown, hidden and taken away; branches, tags, squashes."""

from typing import Any

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import User
from marketplace.catalog import services
from marketplace.catalog.git_ids import git_oid_of
from marketplace.catalog.models import Gating, Kind, Repository, Visibility
from marketplace.catalog.permissions import MANAGE, require
from marketplace.catalog.queries import Confines, find_repository
from marketplace.catalog.services import AddFile, NameTaken
from marketplace.hub.errors import NotSupported
from marketplace.hub.http import (
    HubView,
    absence_of_repositories,
    address,
    confines_of,
)
from marketplace.hub.patterns import ATTRIBUTES
from marketplace.kit.errors import Malformed
from marketplace.storage.services import store_many

KINDS = {"dataset": Kind.DATASET, "model": Kind.MODEL}
GATINGS = {"auto": Gating.AUTOMATIC, "manual": Gating.MANUAL, "false": Gating.OPEN}
VISIBILITIES = {"public": Visibility.PUBLIC, "private": Visibility.PRIVATE}


class SeenIn(serializers.Serializer[Repository]):
    """Who may see it: `visibility` of newer clients, `private` of older ones."""

    visibility = serializers.ChoiceField([*VISIBILITIES], allow_null=True, default=None)
    private = serializers.BooleanField(allow_null=True, default=None)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        visibility, private = said.pop("visibility"), said.pop("private")
        if visibility is None and private is not None:
            visibility = "private" if private else "public"
        said["visibility"] = VISIBILITIES.get(visibility)
        return said


class NamedIn(serializers.Serializer[Repository]):
    """Which repository: a name, whose it is, and its type, `model` if none is said."""

    name = serializers.CharField()
    organization = serializers.CharField(allow_null=True, default=None)
    type = serializers.CharField(allow_null=True, default=None)


class CreatedIn(NamedIn, SeenIn):
    license = serializers.CharField(allow_null=True, allow_blank=True, default=None)


class MovedIn(serializers.Serializer[Repository]):
    fromRepo = serializers.CharField()  # noqa: N815  the wire's names
    toRepo = serializers.CharField()  # noqa: N815
    type = serializers.CharField(allow_null=True, default=None)


class SettingsIn(SeenIn):
    gated = serializers.ChoiceField([*GATINGS, False], allow_null=True, default=None)


class MessageIn(serializers.Serializer[Repository]):
    message = serializers.CharField(allow_blank=True, default="")


class Create(HubView):
    """A new repository, with a first commit, so that `main` is there to be asked about."""

    takes_confined_tokens = True

    def post(self, request: MemberApiRequest) -> Response:
        said = valid(CreatedIn, request)
        kind = kind_of(said["type"])
        namespace = said["organization"] or request.user.username
        made: dict[str, Any] = {"kind": kind, "namespace": namespace}
        if (confines := confines_of(request)) is not None:
            raise self._there_already(request, confines, **made, name=said["name"])
        now = timezone.now()
        text = ATTRIBUTES.encode()
        [blob] = store_many([text], stored_at=now)
        try:
            with transaction.atomic():
                repository = services.create_repository(
                    request.user,
                    **made,
                    name=said["name"],
                    visibility=said["visibility"] or Visibility.PUBLIC,
                    licence_id=said["license"] or "",
                    title="",
                    created_at=now,
                )
                services.commit_files(
                    request.user,
                    repository=repository,
                    changes=[AddFile(".gitattributes", blob, git_oid_of(text))],
                    message="Initial commit",
                    committed_at=now,
                )
        except NameTaken as clash:
            url = address(request, _page_of(request.user, **made, name=said["name"]))
            raise NameTaken(str(clash), url=url) from clash
        url = address(request, repository.get_absolute_url())
        return Response({"url": url, "name": str(repository), "id": str(repository.pk)})

    def _there_already(
        self, request: MemberApiRequest, confines: Confines, **at: Any
    ) -> Exception:
        """Return what to say to a token for one repository: clients make it anyway."""
        held = Repository.objects.filter(pk=confines.repository)
        named = held.filter(
            kind=at["kind"],
            namespace__name__iexact=at["namespace"],
            name__iexact=at["name"],
        )
        found = named.select_related("namespace").first()
        if found is None:
            return PermissionDenied(
                "This token is for one repository that is there, and makes no others.",
                code="confined_token",
            )
        url = address(request, found.get_absolute_url())
        return NameTaken(f"{found} is there already.", url=url)


class NamedInBody(HubView):
    """What says in its body, not its address, which repository it is about."""

    def of_kind(self, said: str | None, namespace: str, name: str) -> Repository:
        with absence_of_repositories():
            return find_repository(
                self.request.user,
                kind=kind_of(said),
                namespace=namespace,
                name=name,
                follow=True,
            )


class Delete(NamedInBody):
    def delete(self, request: MemberApiRequest) -> Response:
        said = valid(NamedIn, request)
        namespace = said["organization"] or request.user.username
        repository = self.of_kind(said["type"], namespace, said["name"])
        services.delete_repository(
            request.user, repository=repository, deleted_at=timezone.now()
        )
        return Response({"success": True})


class Move(NamedInBody):
    def post(self, request: MemberApiRequest) -> Response:
        said = valid(MovedIn, request)
        source = parts_of_name(said["fromRepo"], field="fromRepo")
        namespace, name = parts_of_name(said["toRepo"], field="toRepo")
        repository = self.of_kind(said["type"], *source)
        with absence_of_repositories():
            services.move_repository(
                request.user,
                repository=repository,
                namespace=namespace,
                name=name,
                moved_at=timezone.now(),
            )
        url = address(request, repository.get_absolute_url())
        return Response({"success": True, "url": url})


class Settings(HubView):
    """Who may see a repository, and whether its gate is shut."""

    def put(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        said = valid(SettingsIn, request)
        repository = self.repository(namespace, name)
        require(request.user, MANAGE, repository)
        now = timezone.now()
        with transaction.atomic():
            if said["visibility"] is not None:
                services.set_visibility(
                    request.user,
                    repository=repository,
                    visibility=said["visibility"],
                    changed_at=now,
                )
            if said["gated"] is not None:
                services.set_gating(
                    request.user,
                    repository=repository,
                    gating=GATINGS[str(said["gated"]).lower()],
                    changed_at=now,
                )
        words = {gating: word for word, gating in GATINGS.items()}
        word = words[Gating(repository.gating)]
        return Response(
            {
                "private": not repository.is_public,
                "visibility": repository.visibility.lower(),
                "gated": False if word == "false" else word,
            }
        )


def _page_of(user: User, *, kind: Kind, namespace: str, name: str) -> str:
    """Return the page of what has a name, or had it; of what is hidden, its address."""
    try:
        held = find_repository(
            user, kind=kind, namespace=namespace, name=name, follow=True
        )
    except Http404:
        return reverse(f"catalog:{kind.lower()}-detail", args=[namespace, name])
    return held.get_absolute_url()


def valid(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what a body says, or refuse it naming the field."""
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    said: dict[str, Any] = body.validated_data
    return said


def kind_of(said: str | None) -> Kind:
    """Return the kind that `type` names.

    Raises:
        NotSupported: clients know it, and this site has none of it.
    """
    if (kind := KINDS.get(said or "model")) is None:
        raise NotSupported(
            f"type: this site has datasets and models, and no “{str(said)[:40]}”."
        )
    return kind


def parts_of_name(said: str, *, field: str) -> tuple[str, str]:
    namespace, slash, name = said.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise Malformed(f"{field}: give a namespace and a name, as in ada/birds.")
    return namespace, name
