"""The inbox over HTTP: what one was told, what is read, and how one wants to be told."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts import services
from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import LEGAL, Letter, Notice, Scope, User
from marketplace.accounts.queries import (
    INBOX_ORDER,
    find_notice,
    inbox_of,
    unread_of,
)
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import KeysetPagination

CHOSEN = [(kind.value, kind.label) for kind in Letter if kind not in LEGAL]


class NoticeOut(serializers.ModelSerializer[Notice]):
    id = serializers.UUIDField(source="key", read_only=True)
    told_at = serializers.DateTimeField(source="due_at", read_only=True)

    class Meta:
        model = Notice
        fields = read_only_fields = [
            *("id", "kind", "subject", "text", "path", "told_at", "read_at"),
        ]


class NoticeChangeIn(serializers.Serializer[Any]):
    is_read = serializers.BooleanField()


class NoticesReadIn(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(
        choices=Letter.choices, required=False, allow_blank=True, default=""
    )


class UnreadOut(serializers.Serializer[Any]):
    unread = serializers.IntegerField(read_only=True, help_text="100 means or more.")


class ChoicesIn(serializers.Serializer[Any]):
    by_letter = serializers.ListField(
        child=serializers.ChoiceField(choices=CHOSEN), max_length=len(CHOSEN)
    )
    in_inbox = serializers.ListField(
        child=serializers.ChoiceField(choices=CHOSEN), max_length=len(CHOSEN)
    )


class ChoicesOut(serializers.Serializer[Any]):
    by_letter = serializers.ListField(child=serializers.CharField(), read_only=True)
    in_inbox = serializers.ListField(child=serializers.CharField(), read_only=True)
    always = serializers.ListField(child=serializers.CharField(), read_only=True)


class Notices(generics.ListAPIView[Notice]):
    permission_classes = [MemberOnly]
    pagination_class = KeysetPagination
    keyset = INBOX_ORDER
    serializer_class = NoticeOut

    def get_queryset(self) -> QuerySet[Notice]:
        if getattr(self, "swagger_fake_view", False):
            return Notice.objects.none()
        asked = self.request.GET
        kind, unread = asked.get("kind", ""), asked.get("unread", "false")
        if kind and kind not in Letter.values:
            raise Malformed(f"kind: give one of {', '.join(Letter.values)}.")
        if unread not in {"true", "false"}:
            raise Malformed("unread: give true or false.")
        user = self.request.user
        if not isinstance(user, User):
            return Notice.objects.none()
        return inbox_of(user, at=timezone.now(), kind=kind, is_unread=unread == "true")

    @extend_schema(
        operation_id="notice_list",
        parameters=[
            OpenApiParameter("kind", str, enum=Letter.values),
            OpenApiParameter("unread", bool, description="Only what was not read."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what one was told, the newest first."""
        return super().get(request, *args, **kwargs)


class NoticeDetail(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(
        operation_id="notice_mark", request=NoticeChangeIn, responses=NoticeOut
    )
    def patch(self, request: MemberApiRequest, notice_id: UUID) -> Response:
        """Mark a notice as read, or as not read yet."""
        notice = find_notice(request.user, notice_id)
        body = NoticeChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.mark_notice(
            request.user, notice=notice, at=timezone.now(), **body.validated_data
        )
        return Response(NoticeOut(find_notice(request.user, notice_id)).data)


class NoticesRead(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(operation_id="notice_unread_count", responses=UnreadOut)
    def get(self, request: MemberApiRequest) -> Response:
        """Say how much was not read."""
        unread = unread_of(request.user, at=timezone.now())
        return Response(UnreadOut({"unread": unread}).data)

    @extend_schema(
        operation_id="notice_mark_all", request=NoticesReadIn, responses=UnreadOut
    )
    def post(self, request: MemberApiRequest) -> Response:
        """Mark all there is as read, or all of a kind; says what is left unread."""
        body = NoticesReadIn(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        services.mark_all_notices(request.user, at=now, **body.validated_data)
        return Response(UnreadOut({"unread": unread_of(request.user, at=now)}).data)


class NoticeChoices(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.ACCOUNT_WRITE

    @extend_schema(operation_id="notice_choices_read", responses=ChoicesOut)
    def get(self, request: MemberApiRequest) -> Response:
        """Say of what one is told by letter, and of what in the inbox."""
        return _choices(request.user)

    @extend_schema(
        operation_id="notice_choices_set", request=ChoicesIn, responses=ChoicesOut
    )
    def put(self, request: MemberApiRequest) -> Response:
        """Choose of what one is told by letter, and of what in the inbox."""
        body = ChoicesIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.choose_letters(
            request.user,
            wanted=body.validated_data["by_letter"],
            shown=body.validated_data["in_inbox"],
            at=timezone.now(),
        )
        return _choices(request.user)


def _choices(user: User) -> Response:
    free = [str(kind) for kind in Letter if kind not in LEGAL]
    told = {
        "by_letter": [kind for kind in free if kind not in user.unwanted],
        "in_inbox": [kind for kind in free if kind not in user.unshown],
        "always": [str(kind) for kind in LEGAL],
    }
    return Response(ChoicesOut(told).data)
