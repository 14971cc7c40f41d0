"""Lists and search: the hottest reads, whose JSON passes through unparsed."""

from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.catalog import services
from marketplace.catalog.api.asked import KIND_PARAMETER, PARAMETERS, Asked, asked_of
from marketplace.catalog.api.represented import repository_json
from marketplace.catalog.api.serializers import (
    FacetsOut,
    ListingPageOut,
    RepositoryIn,
    RepositoryOut,
    SearchOut,
)
from marketplace.catalog.models import Kind
from marketplace.catalog.queries.facets import facets_for
from marketplace.catalog.queries.few import narrowed
from marketplace.catalog.queries.listings import ListedPage, listed_for
from marketplace.catalog.queries.wanted import Wanted
from marketplace.kit.idempotency import idempotent
from marketplace.kit.lean import LeanRead


class RepositoryList(LeanRead):
    """The datasets, or the models, that the caller may see."""

    write_scope = Scope.REPO_WRITE
    kind: Kind = Kind.DATASET
    operation_ids: ClassVar[dict[str, str]] = {}

    @extend_schema(parameters=PARAMETERS, responses=ListingPageOut)
    def get(self, request: Request, *_args: str, **_kwargs: str) -> HttpResponse:
        asked = asked_of(request.query_params, kind=self.kind)
        page = _page(request, asked, narrowed(asked.wanted))
        return _json(f'{{"results":[{",".join(page.rows)}],{_next(request, page)}}}')

    @extend_schema(request=RepositoryIn, responses={201: RepositoryOut})
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Create an empty repository in one's own or an organisation's namespace."""
        body = RepositoryIn(data=request.data)
        body.is_valid(raise_exception=True)
        repository = services.create_repository(
            request.user,
            kind=self.kind,
            created_at=timezone.now(),
            **body.validated_data,
        )
        return Response(
            repository_json(request, repository), status=status.HTTP_201_CREATED
        )


class Search(LeanRead):
    """Datasets and models together, with counts to narrow the search by."""

    @extend_schema(
        operation_id="search",
        parameters=[*PARAMETERS, KIND_PARAMETER],
        responses=SearchOut,
    )
    def get(self, request: Request, *_args: str, **_kwargs: str) -> HttpResponse:
        asked = asked_of(request.query_params)
        wanted = narrowed(asked.wanted)
        page = _page(request, asked, wanted)
        found = facets_for(request.user, wanted=wanted)
        facets = _dumped(FacetsOut(found.facets).data)
        return _json(
            f'{{"results":[{",".join(page.rows)}],{_next(request, page)},'
            f'"count":{found.count},"count_cap":{found.count_cap},"facets":{facets}}}'
        )


def _page(request: Request, asked: Asked, wanted: Wanted) -> ListedPage:
    return listed_for(
        request.user,
        wanted=wanted,
        sort=asked.sort,
        cursor=asked.cursor,
        size=asked.size,
    )


def _next(request: Request, page: ListedPage) -> str:
    if page.next_cursor is None:
        return '"next":null'
    said = [pair for pair in request.GET.lists() if pair[0] != "cursor"]
    query = urlencode([*said, ("cursor", page.next_cursor)], doseq=True)
    address = f"{request.scheme}://{request.get_host()}{request.path}?{query}"
    return f'"next":{_dumped(address)}'


def _dumped(data: Any) -> str:
    return orjson.dumps(data).decode()


def _json(body: str) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")
