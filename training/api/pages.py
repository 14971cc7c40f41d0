"""The pages of a contest and its starting kits over HTTP."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.parsers import JSONParser
from marketplace.storage.delivery import blob_response
from training.api.contests import contest_of
from training.api.entering import hosted
from training.contests import services
from training.contests.entries import kits_of, pages_of
from training.contests.models import ContestPage, StartingKit
from training.contests.revisions import commit_named, tree_path
from training.contests.services.pages import MOST_PAGES, MOST_TEXT, MOST_TITLE


class ContestPageIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=MOST_TITLE)
    text = serializers.CharField(max_length=MOST_TEXT, help_text="Markdown.")


class ContestPageChangeIn(ContestPageIn):
    number = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PAGES,
        required=False,
        help_text="Its place among the pages; left out, it stays where it is.",
    )


class ContestPageOut(serializers.ModelSerializer[ContestPage]):
    class Meta:
        model = ContestPage
        fields = read_only_fields = ["number", "slug", "title", "text"]


class ContestPagesOut(serializers.Serializer[Any]):
    pages = ContestPageOut(many=True, read_only=True)


class StartingKitIn(serializers.Serializer[Any]):
    file = serializers.FileField(
        required=False, help_text="Either this or `repository`."
    )
    repository = serializers.CharField(
        required=False,
        max_length=300,
        help_text="Such as datasets/lab/birds, in place of a file.",
    )
    revision = serializers.CharField(
        required=False,
        max_length=250,
        allow_blank=True,
        default="",
        help_text="A branch, a tag or a commit; left out, main.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("file" in attrs) == ("repository" in attrs):
            raise serializers.ValidationError(
                {"file": ["Give a file or a repository, one of both."]}
            )
        return attrs


class StartingKitOut(serializers.ModelSerializer[StartingKit]):
    size_bytes = serializers.IntegerField(
        source="blob.size_bytes", default=None, read_only=True, allow_null=True
    )
    sha256 = serializers.CharField(
        source="blob_id",
        read_only=True,
        allow_null=True,
        help_text="Of the file; null for a version of a repository.",
    )
    repository = serializers.SerializerMethodField()
    commit = serializers.CharField(
        source="commit.oid", default=None, read_only=True, allow_null=True
    )
    url = serializers.SerializerMethodField()

    class Meta:
        model = StartingKit
        fields = read_only_fields = [
            *("id", "name", "size_bytes", "sha256", "repository", "commit", "url"),
            "added_at",
        ]

    def get_repository(self, kit: StartingKit) -> str | None:
        if kit.commit is None:
            return None
        return f"{kit.commit.repository.plural}/{kit.commit.repository}"

    def get_url(self, kit: StartingKit) -> str:
        path = reverse("training:kit", args=[self.context["slug"], kit.pk])
        return str(self.context["request"].build_absolute_uri(path))


class StartingKitsOut(serializers.Serializer[Any]):
    kits = StartingKitOut(many=True, read_only=True)


class ContestPages(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_pages", responses=ContestPagesOut)
    def get(self, request: Request, slug: str) -> Response:
        """List the pages of a contest in their order, 30 at most."""
        pages = pages_of(contest_of(request, slug))
        return Response(ContestPagesOut({"pages": pages}).data)

    @extend_schema(
        operation_id="contest_page_add",
        request=ContestPageIn,
        responses={201: ContestPageOut},
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Add a page after those there are; its address is made of its title."""
        contest = hosted(request, slug)
        body = ContestPageIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.add_page(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return Response(ContestPageOut(made).data, status.HTTP_201_CREATED)


class ContestPageDetail(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_page", responses=ContestPageOut)
    def get(self, request: Request, slug: str, page: str) -> Response:
        """Return one page of a contest."""
        found = get_object_or_404(pages_of(contest_of(request, slug)), slug=page)
        return Response(ContestPageOut(found).data)

    @extend_schema(
        operation_id="contest_page_change",
        request=ContestPageChangeIn,
        responses=ContestPageOut,
    )
    def put(self, request: MemberApiRequest, slug: str, page: str) -> Response:
        """Change the words of a page, and its place where one is given."""
        contest, now = hosted(request, slug), timezone.now()
        body = ContestPageChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        changed = services.change_page(
            request.user,
            contest=contest,
            slug=page,
            title=said["title"],
            text=said["text"],
            number=said.get("number"),
            at=now,
        )
        return Response(ContestPageOut(changed).data)

    @extend_schema(operation_id="contest_page_remove", responses={204: None})
    def delete(self, request: MemberApiRequest, slug: str, page: str) -> Response:
        """Take a page away."""
        services.remove_page(
            request.user,
            contest=contest_of(request, slug),
            slug=page,
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContestKits(APIView):
    write_scope = Scope.RUN_WRITE
    parser_classes = [MultiPartParser, JSONParser]

    @extend_schema(operation_id="contest_kits", responses=StartingKitsOut)
    def get(self, request: Request, slug: str) -> Response:
        """List the starting kits of a contest, 20 at most, with their digests."""
        kits = kits_of(contest_of(request, slug))
        context = {"slug": slug, "request": request}
        return Response(StartingKitsOut({"kits": kits}, context=context).data)

    @extend_schema(
        operation_id="contest_kit_add",
        request={
            "multipart/form-data": StartingKitIn,
            "application/json": StartingKitIn,
        },
        responses={201: StartingKitOut},
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Give entrants a file to begin from, or a repository as it is now."""
        contest, now = hosted(request, slug), timezone.now()
        body = StartingKitIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        if "repository" in said:
            made = services.add_kit(
                request.user,
                contest=contest,
                what=commit_named(request.user, said["repository"], said["revision"]),
                at=now,
            )
        else:
            made = services.add_kit_file(
                request.user,
                contest=contest,
                name=said["file"].name,
                source=said["file"],
                limit_bytes=settings.STOA.max_upload_bytes,
                at=now,
            )
        context = {"slug": slug, "request": request}
        answer = StartingKitOut(made, context=context).data
        return Response(answer, status.HTTP_201_CREATED)


class ContestKitDetail(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_kit",
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            302: None,
        },
    )
    def get(
        self, request: MemberApiRequest, slug: str, kit_id: uuid.UUID
    ) -> HttpResponseBase:
        """Download a kit; that of a repository leads to its files at the commit."""
        contest = contest_of(request, slug)
        found = services.kit_for(request.user, contest=contest, kit_id=kit_id)
        if found.blob is None:
            return HttpResponseRedirect(tree_path(found))
        return blob_response(
            request,
            blob=found.blob,
            filename=found.name,
            content_type="application/octet-stream",
            now=timezone.now(),
        )

    @extend_schema(operation_id="contest_kit_remove", responses={204: None})
    def delete(
        self, request: MemberApiRequest, slug: str, kit_id: uuid.UUID
    ) -> Response:
        """Take a kit away."""
        services.remove_kit(
            request.user,
            contest=contest_of(request, slug),
            kit_id=kit_id,
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
