"""Taking back a source of a work over HTTP."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing.api.serializers.recalls import ReasonIn
from licensing.permissions import require_writes_for
from licensing.queries import find_derivation
from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.catalog.services.ancestry import withdraw_source


class SourceWithdraw(APIView):
    write_scope = Scope.ORDER_WRITE

    @extend_schema(
        operation_id="works_sources_withdraw", request=ReasonIn, responses={204: None}
    )
    def post(
        self, request: MemberApiRequest, work_id: UUID, source_id: UUID
    ) -> Response:
        """Take back a source that was recorded by mistake; that it was stays told."""
        found = find_derivation(request.user, work_id=work_id, source_id=source_id)
        require_writes_for(request.user, found.work.owner)
        body = ReasonIn(data=request.data)
        body.is_valid(raise_exception=True)
        withdraw_source(
            request.user,
            derivation=found,
            reason=body.validated_data["reason"],
            withdrawn_at=timezone.now(),
        )
        return Response(status=204)
