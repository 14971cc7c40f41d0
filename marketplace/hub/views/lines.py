"""Branches and tags, made and forgotten; histories made short."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.catalog import services
from marketplace.catalog.models import Ref
from marketplace.catalog.models.commits import MAIN
from marketplace.hub.http import HubView
from marketplace.hub.views.repositories import valid


class BranchIn(serializers.Serializer[Ref]):
    startingPoint = serializers.CharField(  # noqa: N815  the wire's name
        allow_null=True, default=None
    )


class TagIn(serializers.Serializer[Ref]):
    tag = serializers.CharField()
    message = serializers.CharField(allow_blank=True, allow_null=True, default="")


class SquashIn(serializers.Serializer[Ref]):
    message = serializers.CharField(allow_blank=True, default="")


class Branch(HubView):
    takes_confined_tokens = True

    def post(
        self, request: MemberApiRequest, namespace: str, name: str, branch: str
    ) -> Response:
        said = valid(BranchIn, request)
        services.create_branch(
            request.user,
            repository=self.repository(namespace, name),
            name=branch,
            starting_point=said["startingPoint"] or MAIN,
            created_at=timezone.now(),
        )
        return Response({"success": True})

    def delete(
        self, request: MemberApiRequest, namespace: str, name: str, branch: str
    ) -> Response:
        services.delete_branch(
            request.user,
            repository=self.repository(namespace, name),
            name=branch,
            deleted_at=timezone.now(),
        )
        return Response({"success": True})


class Tag(HubView):
    """POST names the revision of the address; DELETE forgets the name there."""

    takes_confined_tokens = True

    def post(
        self, request: MemberApiRequest, namespace: str, name: str, revision: str
    ) -> Response:
        said = valid(TagIn, request)
        services.create_tag(
            request.user,
            repository=self.repository(namespace, name),
            name=said["tag"],
            revision=revision,
            message=said["message"] or "",
            created_at=timezone.now(),
        )
        return Response({"success": True})

    def delete(
        self, request: MemberApiRequest, namespace: str, name: str, revision: str
    ) -> Response:
        services.delete_tag(
            request.user,
            repository=self.repository(namespace, name),
            name=revision,
            deleted_at=timezone.now(),
        )
        return Response({"success": True})


class SuperSquash(HubView):
    """Make all commits of a branch one; what they alone held is given back."""

    def post(
        self, request: MemberApiRequest, namespace: str, name: str, branch: str
    ) -> Response:
        said = valid(SquashIn, request)
        commit = services.squash_branch(
            request.user,
            repository=self.repository(namespace, name),
            name=branch,
            message=said["message"] or f"Squash the history of {branch}",
            squashed_at=timezone.now(),
        )
        return Response({"success": True, "commitOid": commit.oid})
