"""One handover: read it, accept it, decline it or take it back."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing.api.serializers.ownership import HandoverOut
from licensing.queries import find_handover
from licensing.services import close_handover
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.catalog import services


class HandoverDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="handovers_retrieve", responses=HandoverOut)
    def get(self, request: Request, handover_id: UUID) -> Response:
        """What goes to whom, as far as it has come; for giver and taker."""
        return Response(HandoverOut(find_handover(request.user, handover_id)).data)


class HandoverAccept(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(operation_id="handovers_accept", request=None, responses=HandoverOut)
    def post(self, request: MemberApiRequest, handover_id: UUID) -> Response:
        """Accept it: the work, or the right, is yours, its files under your name."""
        handover = find_handover(request.user, handover_id)
        services.accept_handover(
            request.user, handover=handover, accepted_at=timezone.now()
        )
        return Response(HandoverOut(handover).data)


class HandoverClose(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(operation_id="handovers_close", request=None, responses=HandoverOut)
    def post(self, request: MemberApiRequest, handover_id: UUID) -> Response:
        """Decline what is offered to you, or take back what you offer."""
        handover = find_handover(request.user, handover_id)
        close_handover(request.user, handover=handover, closed_at=timezone.now())
        return Response(HandoverOut(handover).data)
