"""Whom a repository takes commits from: listed, trusted, trusted no longer."""

import uuid
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.catalog.api.views.repositories import RepositoryView
from marketplace.catalog.permissions import MANAGE, require
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination
from marketplace.publishers import services
from marketplace.publishers.api.serializers import PublisherIn, PublisherOut
from marketplace.publishers.models import TrustedPublisher
from marketplace.publishers.queries import (
    PUBLISHERS_ORDER,
    find_publisher,
    publishers_of,
)


class RepositoryPublishers(
    RepositoryView, ListModelMixin, GenericAPIView[TrustedPublisher]
):
    """Jobs that may commit to the repository without a stored token; for its owners."""

    queryset = TrustedPublisher.objects.none()
    serializer_class = PublisherOut
    pagination_class = KeysetPagination
    keyset = PUBLISHERS_ORDER

    def get_queryset(self) -> Any:
        repository = self.repository(**self.kwargs)
        require(self.request.user, MANAGE, repository)
        return publishers_of(repository)

    def get(self, request: Request, namespace: str, name: str) -> Response:  # noqa: ARG002  read by get_queryset
        return self.list(request)

    @extend_schema(request=PublisherIn, responses={201: PublisherOut})
    @idempotent
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Trust a publisher. It commits in the name of who trusts it."""
        repository = self.repository(namespace, name)
        require(request.user, MANAGE, repository)
        body = PublisherIn(data=request.data)
        body.is_valid(raise_exception=True)
        publisher = services.trust_publisher(
            request.user,
            repository=repository,
            **{"audience": settings.STOA.base_url, **body.validated_data},
            networks=settings.STOA.webhook_networks,
            trusted_at=timezone.now(),
        )
        told = PublisherOut(publisher).data
        return Response(told, status=status.HTTP_201_CREATED)


class RepositoryPublisher(RepositoryView):
    @extend_schema(responses={204: None})
    def delete(
        self,
        request: MemberApiRequest,
        namespace: str,
        name: str,
        publisher_id: uuid.UUID,
    ) -> Response:
        """Trust a publisher no longer; the tokens it has end at once."""
        repository = self.repository(namespace, name)
        require(request.user, MANAGE, repository)
        services.distrust_publisher(
            request.user,
            publisher=find_publisher(repository, publisher_id),
            distrusted_at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
