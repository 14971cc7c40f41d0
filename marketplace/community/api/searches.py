"""Searches that the caller keeps, over HTTP: parse, call one service, answer."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.community import services
from marketplace.community.models import Place, SavedSearch
from marketplace.community.models.searches import NAME_CHARACTERS
from marketplace.community.queries import find_search, searches_of
from marketplace.community.queries.searches import SEARCHES_ORDER
from marketplace.kit.keyset import KeysetPagination

LONGEST_QUERY = 4000  # as it is sent; what is kept of it is shorter


class SearchIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_CHARACTERS)
    place = serializers.ChoiceField(choices=Place.choices)
    query = serializers.CharField(
        max_length=LONGEST_QUERY,
        allow_blank=True,
        default="",
        help_text="As in the address of the page, such as q=waves&task=forecasting.",
    )


class SearchChangeIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=NAME_CHARACTERS, required=False)
    is_told = serializers.BooleanField(
        required=False, help_text="Whether its owner is told of what is new in it."
    )


class SavedSearchOut(serializers.ModelSerializer[SavedSearch]):
    path = serializers.CharField(
        read_only=True, help_text="The page that shows what it finds now."
    )

    class Meta:
        model = SavedSearch
        fields = read_only_fields = [
            *("id", "name", "place", "query", "path", "is_told", "saved_at"),
        ]


class SavedSearches(generics.ListAPIView[SavedSearch]):
    """The searches that the caller keeps."""

    permission_classes = [MemberOnly]
    pagination_class = KeysetPagination
    keyset = SEARCHES_ORDER
    serializer_class = SavedSearchOut
    write_scope = Scope.REPO_WRITE
    request: MemberApiRequest

    def get_queryset(self) -> QuerySet[SavedSearch]:
        return searches_of(self.request.user)

    @extend_schema(
        operation_id="saved_search_create",
        request=SearchIn,
        responses={201: SavedSearchOut},
    )
    def post(self, request: MemberApiRequest) -> Response:
        """Keep a search; once a day the caller is told of what is new in it."""
        body = SearchIn(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        search = services.save_search(
            request.user,
            name=said["name"],
            place=Place(said["place"]),
            query=QueryDict(said["query"]),
            saved_at=timezone.now(),
        )
        return Response(SavedSearchOut(search).data, status=status.HTTP_201_CREATED)


class OneSavedSearch(APIView):
    """One of them."""

    permission_classes = [MemberOnly]
    write_scope = Scope.REPO_WRITE

    @extend_schema(
        operation_id="saved_search_change",
        request=SearchChangeIn,
        responses=SavedSearchOut,
    )
    def patch(self, request: MemberApiRequest, search_id: UUID) -> Response:
        """Rename a search one keeps, or be told of what is new in it or not."""
        body = SearchChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        search = find_search(request.user, search_id)
        services.change_search(
            request.user,
            search=search,
            changed_at=timezone.now(),
            **body.validated_data,
        )
        return Response(SavedSearchOut(search).data)

    @extend_schema(operation_id="saved_search_delete", responses={204: None})
    def delete(self, request: MemberApiRequest, search_id: UUID) -> Response:
        """Keep a search no more; for 30 days its page can take that back."""
        search = find_search(request.user, search_id)
        services.delete_search(request.user, search=search, deleted_at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
