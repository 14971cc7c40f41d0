"""Discussions and pull requests, read and acted in."""

from contextlib import suppress
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.catalog.downloads import AccessRefused
from marketplace.community import services
from marketplace.community.changes import conflicts_in, diff_of
from marketplace.community.models import Discussion, Event
from marketplace.community.models.discussions import GOING_ON, OVER, Status
from marketplace.community.queries import (
    discussions_of,
    find_comment,
    find_discussion,
    timeline_of,
)
from marketplace.community.queries.discussions import DISCUSSIONS_ORDER
from marketplace.hub.community import discussion_line, discussion_page, event_told
from marketplace.hub.http import HubView, body_of
from marketplace.kit.errors import Malformed

PAGE = 50
LAST_PAGE = 100_000
STATUSES = {"all": tuple(Status), "open": GOING_ON, "closed": OVER}
TYPES = {"all": None, "discussion": False, "pull_request": True}


class NewDiscussionIn(serializers.Serializer[Discussion]):
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True, default="")
    pullRequest = serializers.BooleanField(default=False)  # noqa: N815  the wire's name


class CommentIn(serializers.Serializer[Event]):
    comment = serializers.CharField()


class EditIn(serializers.Serializer[Event]):
    content = serializers.CharField()


class TitleIn(serializers.Serializer[Discussion]):
    title = serializers.CharField()


class StatusIn(serializers.Serializer[Discussion]):
    status = serializers.ChoiceField(["open", "closed"])
    comment = serializers.CharField(allow_blank=True, default="")


class MergeIn(serializers.Serializer[Discussion]):
    comment = serializers.CharField(allow_blank=True, default="")


class DiscussionView(HubView):
    """What is about one discussion or pull request."""

    def discussion(self, namespace: str, name: str, number: int) -> Discussion:
        return find_discussion(self.repository(namespace, name), number)


class Discussions(HubView):
    """Those of a repository, newest first, by page; and a new one."""

    def get(self, request: Request, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        asked = request.query_params
        found = discussions_of(
            repository,
            is_pull_request=_choice(asked, "type", TYPES),
            statuses=_choice(asked, "status", STATUSES),
            author=asked.get("author", ""),
        )
        start = _page(asked) * PAGE
        rows = found.order_by(*DISCUSSIONS_ORDER.clauses())[start : start + PAGE]
        told = [discussion_line(row, repository) for row in rows]
        return Response({"count": found.count(), "start": start, "discussions": told})

    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        asked = body_of(NewDiscussionIn, request)
        if asked["pullRequest"]:
            opened = services.open_pull_request(
                request.user,
                repository=repository,
                title=asked["title"],
                description=asked["description"],
                is_draft=True,
                opened_at=timezone.now(),
            )
        else:
            opened = services.open_discussion(
                request.user,
                repository=repository,
                title=asked["title"],
                text=asked["description"],
                opened_at=timezone.now(),
            )
        told = {
            "num": opened.number,
            "pullRequest": opened.is_pull_request,
        }
        return Response(told)


class OneDiscussion(DiscussionView):
    """One of them, with what happened in it; with what it proposes, by `diff=1`."""

    def get(self, request: Request, namespace: str, name: str, number: int) -> Response:
        found = self.discussion(namespace, name, number)
        told = discussion_page(request, found, timeline_of(found))
        if found.is_pull_request:
            told["filesWithConflicts"] = conflicts_in(found)
            if request.query_params.get("diff") == "1":
                with suppress(
                    AccessRefused
                ):  # whoever may not read files sees no lines
                    told["diff"] = diff_of(request.user, found, at=timezone.now())
        return Response(told)


class Comments(DiscussionView):
    def post(
        self, request: MemberApiRequest, namespace: str, name: str, number: int
    ) -> Response:
        made = services.comment(
            request.user,
            discussion=self.discussion(namespace, name, number),
            text=body_of(CommentIn, request)["comment"],
            commented_at=timezone.now(),
        )
        return Response({"newMessage": event_told(made)})


class EditedComment(DiscussionView):
    def post(
        self,
        request: MemberApiRequest,
        namespace: str,
        name: str,
        number: int,
        comment: str,
    ) -> Response:
        edited = services.edit_comment(
            request.user,
            comment=find_comment(self.discussion(namespace, name, number), comment),
            text=body_of(EditIn, request)["content"],
            edited_at=timezone.now(),
        )
        return Response({"updatedComment": event_told(edited)})


class HiddenComment(DiscussionView):
    def post(
        self,
        request: MemberApiRequest,
        namespace: str,
        name: str,
        number: int,
        comment: str,
    ) -> Response:
        hidden = services.hide_comment(
            request.user,
            comment=find_comment(self.discussion(namespace, name, number), comment),
            hidden_at=timezone.now(),
        )
        return Response({"updatedComment": event_told(hidden)})


class Title(DiscussionView):
    def post(
        self, request: MemberApiRequest, namespace: str, name: str, number: int
    ) -> Response:
        renamed = services.rename_discussion(
            request.user,
            discussion=self.discussion(namespace, name, number),
            title=body_of(TitleIn, request)["title"],
            renamed_at=timezone.now(),
        )
        return Response({"newTitle": event_told(renamed)})


class StatusOf(DiscussionView):
    def post(
        self, request: MemberApiRequest, namespace: str, name: str, number: int
    ) -> Response:
        found = self.discussion(namespace, name, number)
        asked = body_of(StatusIn, request)
        changed = services.change_status(
            request.user,
            discussion=found,
            status=asked["status"].upper(),
            comment=asked["comment"],
            changed_at=timezone.now(),
        )
        return Response({"newStatus": event_told(changed)})


class Merge(DiscussionView):
    def post(
        self, request: MemberApiRequest, namespace: str, name: str, number: int
    ) -> Response:
        found = self.discussion(namespace, name, number)
        merged = services.merge_pull_request(
            request.user,
            discussion=found,
            comment=body_of(MergeIn, request)["comment"],
            merged_at=timezone.now(),
        )
        return Response({"newStatus": event_told(merged)})


def _choice(asked: Any, name: str, known: dict[str, Any]) -> Any:
    value = asked.get(name, "all")
    if value not in known:
        raise Malformed(f"{name}: choose one of {', '.join(known)}.")
    return known[value]


def _page(asked: Any) -> int:
    given = asked.get("p", "0")
    if not (given.isascii() and given.isdigit() and int(given[:9]) <= LAST_PAGE):
        raise Malformed(f"p: give a number from 0 to {LAST_PAGE}.")
    return int(given[:9])
