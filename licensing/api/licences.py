"""Licences and verdicts over HTTP; anyone may ask, as often as anything else."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import cases, catalogue
from licensing.api.serializers import (
    LicenceDetailOut,
    LicenceListOut,
    LicenceOut,
    VerdictIn,
    VerdictOut,
)
from licensing.catalogue import Listed
from licensing.declared import facts_of
from licensing.facts import DECLARED
from licensing.licence_facts import TABLE
from licensing.permissions import visible_terms
from licensing.queries import book_seen_by
from licensing.terms import Reading
from licensing.texts import digest_of, text_of
from marketplace.kit.keyset import size_from

LONGEST_WORDS = 200


class LicenceList(APIView):
    """The licences that are known here: those whose terms were read, then the others."""

    @extend_schema(
        operation_id="licences_list",
        parameters=[
            OpenApiParameter("q", str, description="Words of the id or the name."),
            OpenApiParameter(
                "analysed", bool, description="Only those that were read."
            ),
            OpenApiParameter("cursor", str, description="As `next` gave it."),
            OpenApiParameter("limit", int, description="1 to 100, 20 if absent."),
        ],
        responses=LicenceListOut,
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        only_read = asked.get("analysed", "").lower() in ("1", "true")
        found = catalogue.find(asked.get("q", "")[:LONGEST_WORDS], only_read=only_read)
        shown, after = catalogue.page(
            found, after=asked.get("cursor", ""), size=size_from(asked)
        )
        query = {key: asked[key] for key in ("q", "analysed", "limit") if key in asked}
        further = urlencode({**query, "cursor": after}) if after else ""
        return Response(
            {
                "results": [LicenceOut(one).data for one in shown],
                "next": request.build_absolute_uri(f"?{further}") if further else None,
            }
        )


class LicenceDetail(APIView):
    """What a licence says, clause by clause, and its text by digest."""

    @extend_schema(operation_id="licences_retrieve", responses=LicenceDetailOut)
    def get(self, request: Request, licence_id: str) -> Response:
        if licence_id.startswith(DECLARED):
            one, text = _declared(request, licence_id)
        else:
            one, text = catalogue.listed(licence_id), text_of(licence_id)
        if one is None:
            raise Http404
        context = {
            "table": TABLE,
            "text": text,
            "text_sha256": digest_of(text) if text else None,
        }
        return Response(LicenceDetailOut(one, context=context).data)


class LicenceVerdict(APIView):
    """What follows from what: one case, as the tables of the licence engine put it.

    Engineering material and not legal advice.
    """

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="licences_verdict", request=VerdictIn, responses=VerdictOut
    )
    def post(self, request: Request) -> Response:
        body = VerdictIn(data=request.data)
        body.is_valid(raise_exception=True)
        said: dict[str, Any] = body.validated_data
        case = cases.Case(
            scenario=said["scenario"],
            inputs=said["inputs"],
            outbound=said["outbound"],
            is_sold=said["sold"],
            has_extra_terms=said["extra_terms"],
            reading=Reading(said["stance"]),
        )
        book = book_seen_by(request.user, cases.ids_of(case))
        answer = cases.ask(case, book=book)
        return Response(
            {
                "id": said["id"],
                "verdict": answer.verdict,
                "obligations": answer.obligations,
                "reasons": answer.reasons,
            }
        )


def _declared(request: Request, licence_id: str) -> tuple[Listed | None, str | None]:
    seen = visible_terms(request.user).filter(licence=licence_id.replace("\0", ""))
    version = seen.first()
    if version is None:
        return None, None
    facts = facts_of(version.declared())
    one = Listed(facts.id, facts.name, facts.url, "Set here", facts)
    return one, version.licence.text.body
