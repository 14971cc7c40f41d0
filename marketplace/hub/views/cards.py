"""`validate-yaml`: what is wrong with a card, told before the upload begins."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.catalog.cards import Card
from marketplace.catalog.services.cards import check_card
from marketplace.hub.http import HubView, ReadByAnyMethod
from marketplace.kit.errors import DomainError


class CardIn(serializers.Serializer[Card]):
    content = serializers.CharField(allow_blank=True, trim_whitespace=False)
    repoType = serializers.CharField(required=False, allow_null=True)  # noqa: N815  theirs


class ValidateYaml(HubView):
    """Reads a README.md as a commit of it would."""

    takes_confined_tokens = True
    permission_classes = [ReadByAnyMethod]

    def post(self, request: Request) -> Response:
        body = CardIn(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            _, warnings = check_card(body.validated_data["content"].encode())
        except DomainError as refusal:
            told = {"errors": _told(str(refusal)), "warnings": []}
            return Response(told, status=status.HTTP_400_BAD_REQUEST)
        return Response({"errors": [], "warnings": _told(*warnings)})


def _told(*messages: str) -> list[dict[str, Any]]:
    return [{"message": message} for message in messages]
