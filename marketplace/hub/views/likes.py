"""Likes: giving and taking them back, who gave them, what somebody gave."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.queries import find_person
from marketplace.community.queries import likers_of, likes_of
from marketplace.community.queries.likes import LIKES_ORDER
from marketplace.community.services import like, unlike
from marketplace.hub.community import like_given, liker
from marketplace.hub.http import HubView, next_link
from marketplace.kit.keyset import LARGEST_SIZE, next_url, page_of


class Likes(HubView):
    """What the caller thinks of a repository; saying it twice is saying it once."""

    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        like(request.user, repository=repository, liked_at=timezone.now())
        return Response({"liked": True})

    def delete(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        repository = self.repository(namespace, name)
        unlike(request.user, repository=repository, unliked_at=timezone.now())
        return Response({"liked": False})


class Likers(HubView):
    """Who likes a repository, the latest first."""

    def get(self, request: Request, namespace: str, name: str) -> Response:
        page = page_of(
            likers_of(self.repository(namespace, name)),
            order=LIKES_ORDER,
            cursor=request.query_params.get("cursor", ""),
            size=LARGEST_SIZE,
        )
        told = [liker(row) for row in page.rows]
        return Response(told, headers=next_link(request, next_url(request, page)))


class LikesOfPerson(HubView):
    """What a person likes, as far as the caller may know of it, the latest first."""

    def get(self, request: Request, person: str) -> Response:
        page = page_of(
            likes_of(find_person(person), user=request.user),
            order=LIKES_ORDER,
            cursor=request.query_params.get("cursor", ""),
            size=LARGEST_SIZE,
        )
        told = [like_given(row) for row in page.rows]
        return Response(told, headers=next_link(request, next_url(request, page)))
