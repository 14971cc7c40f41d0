"""`validate-yaml`: what is wrong with a card, told before the upload begins."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from licensing.services.licences import canonical_id, is_outside_spdx
from marketplace.catalog.cards import README, Card, parse_card
from marketplace.hub.http import HubView, ReadByAnyMethod
from marketplace.kit.errors import DomainError

EMPTY = (
    "The card says nothing to programs: begin it with front matter, between lines ---."
)
VAGUE = (
    "this word names no licence of the SPDX list, so the work keeps the licence it has "
    "here; without one, all rights are reserved."
)


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
            card = parse_card(body.validated_data["content"].encode())
            where = f"{README} line {card.licence_line}, license"
            if is_outside_spdx(card.licence_id):
                return Response({"errors": [], "warnings": _told(f"{where}: {VAGUE}")})
            if card.licence_id:
                canonical_id(card.licence_id, field=where)
        except DomainError as refusal:
            told = {"errors": _told(str(refusal)), "warnings": []}
            return Response(told, status=status.HTTP_400_BAD_REQUEST)
        return Response({"errors": [], "warnings": [] if card.data else _told(EMPTY)})


def _told(message: str) -> list[dict[str, Any]]:
    return [{"message": message}]
