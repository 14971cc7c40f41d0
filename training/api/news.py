"""Announcements, calendars, signals and clones over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.kit.keyset import KeysetPagination, Order
from training.api.contests import contest_of, contest_out
from training.api.entering import hosted
from training.api.serializers import ContestOut
from training.contests import calendars, integrity, services
from training.contests.entries import announcements_of
from training.contests.models import SLUG, Announcement


class AnnouncementIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=20_000, help_text="Markdown.")


class AnnouncementOut(serializers.ModelSerializer[Announcement]):
    author = serializers.CharField(source="author.username", read_only=True)

    class Meta:
        model = Announcement
        fields = read_only_fields = ["id", "title", "text", "author", "announced_at"]


class CloneIn(serializers.Serializer[Any]):
    slug = serializers.RegexField(SLUG.replace("$", r"\Z"), max_length=80)
    title = serializers.CharField(max_length=200)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True, required=False, default=None)


class CalendarOut(serializers.Serializer[Any]):
    made_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="Null while there is no address."
    )
    url = serializers.URLField(
        read_only=True, allow_null=True, help_text="Only when it is made."
    )


class DuplicateOut(serializers.Serializer[Any]):
    sha256 = serializers.CharField(read_only=True)
    teams = serializers.ListField(child=serializers.CharField(), read_only=True)
    submissions = serializers.ListField(child=serializers.UUIDField(), read_only=True)


class NearDuplicateOut(serializers.Serializer[Any]):
    teams = serializers.ListField(
        source="names", child=serializers.CharField(), read_only=True
    )
    share = serializers.FloatField(
        read_only=True, help_text="Of the rows on which one of them errs."
    )
    error_rows = serializers.IntegerField(read_only=True)


class StrangerOut(serializers.Serializer[Any]):
    name = serializers.CharField(read_only=True)
    team = serializers.CharField(read_only=True)
    age_seconds = serializers.SerializerMethodField()

    def get_age_seconds(self, stranger: integrity.Stranger) -> float:
        return stranger.age.total_seconds()


class IntegrityOut(serializers.Serializer[Any]):
    duplicates = DuplicateOut(many=True, read_only=True)
    near_duplicates = NearDuplicateOut(many=True, read_only=True)
    young_accounts = StrangerOut(many=True, read_only=True)
    staff_teams = serializers.ListField(child=serializers.CharField(), read_only=True)


class ContestAnnouncements(generics.ListAPIView[Announcement]):
    pagination_class = KeysetPagination
    keyset = Order(("announced_at", "id"), descending=True)
    serializer_class = AnnouncementOut
    write_scope = Scope.RUN_WRITE

    def get_queryset(self) -> QuerySet[Announcement]:
        if getattr(self, "swagger_fake_view", False):
            return Announcement.objects.none()
        return announcements_of(contest_of(self.request, self.kwargs["slug"]))

    @extend_schema(operation_id="announcement_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what the hosts announce, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="announcement_create",
        request=AnnouncementIn,
        responses={201: AnnouncementOut},
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Announce something; who competes gets a letter."""
        contest = hosted(request, slug)
        body = AnnouncementIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.announce(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        return Response(AnnouncementOut(made).data, status.HTTP_201_CREATED)


class ContestClone(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="contest_clone", request=CloneIn, responses={201: ContestOut}
    )
    def post(self, request: MemberApiRequest, slug: str) -> Response:
        """Open a contest like this one, without its entrants and submissions."""
        contest = hosted(request, slug)
        body = CloneIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.clone_contest(
            request.user, contest=contest, at=timezone.now(), **body.validated_data
        )
        answer = contest_out(request, contest_of(request, made.slug))
        return Response(answer, status.HTTP_201_CREATED)


class ContestIntegrity(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="contest_integrity", responses=IntegrityOut)
    def get(self, request: MemberApiRequest, slug: str) -> Response:
        """Show the hosts what may tell that teams are not apart; it decides nothing."""
        contest = hosted(request, slug)
        told = {
            "duplicates": [
                {
                    "sha256": each.sha256,
                    "teams": list(dict.fromkeys(name for name, _ in each.found)),
                    "submissions": [submission for _, submission in each.found],
                }
                for each in integrity.duplicates_in(contest)
            ],
            "near_duplicates": integrity.near_duplicates_in(contest),
            "young_accounts": integrity.strangers_in(contest),
            "staff_teams": [each.name for each in integrity.insiders_in(contest)],
        }
        return Response(IntegrityOut(told).data)


class OwnCalendar(APIView):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="contest_calendar_read", responses=CalendarOut)
    def get(self, request: MemberApiRequest) -> Response:
        """Say whether one's calendar has a secret address."""
        feed = calendars.feed_of(request.user)
        told = {"made_at": feed and feed.made_at, "url": None}
        return Response(CalendarOut(told).data)

    @extend_schema(
        operation_id="contest_calendar_make",
        request=None,
        responses={201: CalendarOut},
    )
    def post(self, request: MemberApiRequest) -> Response:
        """Make a secret address of one's calendar; one there was works no more."""
        now = timezone.now()
        secret = services.make_calendar_feed(request.user, at=now)
        path = reverse("training:calendar-feed", args=[secret])
        told = {"made_at": now, "url": request.build_absolute_uri(path)}
        return Response(CalendarOut(told).data, status.HTTP_201_CREATED)

    @extend_schema(operation_id="contest_calendar_drop", responses={204: None})
    def delete(self, request: MemberApiRequest) -> Response:
        """Have the secret address work no more."""
        services.drop_calendar_feed(request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
