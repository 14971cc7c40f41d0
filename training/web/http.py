"""Requests as these pages get them: htmx says whether it asks for a part."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from marketplace.accounts.http import MemberRequest


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


class HtmxMemberRequest(MemberRequest):
    htmx: HtmxDetails
