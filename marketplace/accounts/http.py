"""Who is asking, for both edges (a first cut: the room's owner completes it)."""

from django.http import HttpRequest
from rest_framework import authentication, permissions
from rest_framework.request import Request

from marketplace.accounts.models import User


class MemberRequest(HttpRequest):
    user: User


class MemberApiRequest(Request):
    user: User


class TokenAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request):
        return None


class SessionAuthentication(authentication.SessionAuthentication):
    pass


class MemberOrReadOnly(permissions.IsAuthenticatedOrReadOnly):
    pass
