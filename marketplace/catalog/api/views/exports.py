"""What goes out beside the bytes: obligations, provenance, how to cite."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from licensing.provenance import MEDIA_TYPES, Form
from marketplace.catalog.api.views.repositories import RepositoryView
from marketplace.catalog.api.views.versions import REVISION
from marketplace.catalog.bundles import bundle_of, citation_of, provenance_of
from marketplace.catalog.citation import CITATION
from marketplace.catalog.described import Described, described
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at
from marketplace.kit.errors import Malformed
from marketplace.kit.spreadsheets import as_file

FORM = OpenApiParameter(
    "as", OpenApiTypes.STR, enum=[each.value for each in Form], default=Form.JSON.value
)


class ExportView(RepositoryView):
    """What is common: one version, as the caller may know it, in one form for all."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002  DRF's shape
        return super().perform_content_negotiation(request, force=True)

    def described(self, request: Request, namespace: str, name: str) -> Described:
        repository = self.repository(namespace, name)
        return described(
            request.user,
            repository=repository,
            commit=commit_at(repository, request.query_params.get("revision", MAIN)),
            site=request.build_absolute_uri("/").rstrip("/"),
        )


class RepositoryObligations(ExportView):
    @extend_schema(
        parameters=[REVISION],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, namespace: str, name: str) -> Any:
        """What whoever takes a version owes, as a ZIP to keep with it.

        Notices, attributions, duties in plain words with their clauses, the texts of the
        licences by SHA-256, where it comes from (W3C PROV), and how to cite it.
        """
        told = self.described(request, namespace, name)
        name = f"{told.repository.name}-{told.commit.oid[:12]}-obligations.zip"
        return StreamingHttpResponse(
            bundle_of(request.user, told, at=timezone.now()),
            content_type="application/zip",
            headers=as_file(name),
        )


class RepositoryProvenance(ExportView):
    @extend_schema(
        parameters=[REVISION, FORM],
        responses={
            (200, said.partition(";")[0]): (
                OpenApiTypes.STR if form is Form.NOTATION else OpenApiTypes.OBJECT
            )
            for form, said in MEDIA_TYPES.items()
        },
    )
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """Where a version comes from, in W3C PROV: as JSON, PROV-N or JSON-LD."""
        asked = request.query_params.get("as", Form.JSON.value)
        if asked not in {each.value for each in Form}:
            forms = ", ".join(each.value for each in Form)
            raise Malformed(f"as: choose one of {forms}.")
        told = self.described(request, namespace, name)
        return HttpResponse(
            provenance_of(request.user, told, Form(asked)),
            content_type=MEDIA_TYPES[Form(asked)],
        )


class RepositoryCitation(ExportView):
    @extend_schema(
        parameters=[REVISION],
        responses={(200, "application/yaml"): OpenApiTypes.ANY},
    )
    def get(self, request: Request, namespace: str, name: str) -> HttpResponse:
        """How to cite a version: its own CITATION.cff, or one made of what is known."""
        told = self.described(request, namespace, name)
        return HttpResponse(
            citation_of(request.user, told, at=timezone.now()),
            content_type="application/yaml; charset=utf-8",
            headers=as_file(CITATION),
        )
