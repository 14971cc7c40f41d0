"""People and organisations, as far as anyone may know of them; members to members."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import is_member, require_member
from marketplace.accounts.queries import (
    MEMBERS_ORDER,
    find_organisation,
    find_person,
    members_of,
    memberships_of,
)
from marketplace.catalog.models import Kind
from marketplace.catalog.queries.shelves import public_counts
from marketplace.hub.asked import number
from marketplace.hub.http import HubView, next_link
from marketplace.kit.keyset import LARGEST_SIZE, next_url, page_of


class PersonOverview(HubView):
    def get(self, request: Request, person: str) -> Response:
        found = find_person(person)
        orgs = []
        if request.user == found:  # to which they belong is told to members alone
            orgs = [
                {
                    "name": membership.organisation.namespace.name,
                    "fullname": membership.organisation.title,
                    "avatarUrl": "",
                }
                for membership in memberships_of(found)
            ]
        return Response(
            {
                **_person_json(found),
                "details": found.about,
                "orgs": orgs,
                **_counts(found.namespace),
            }
        )


class OrganisationOverview(HubView):
    def get(self, request: Request, organisation: str) -> Response:
        found = find_organisation(organisation)
        told: dict[str, Any] = {
            "name": found.namespace.name,
            "fullname": found.title,
            "avatarUrl": "",
            "details": found.about,
            "isVerified": False,
            **_counts(found.namespace),
        }
        if is_member(request.user, found):
            told["numUsers"] = members_of(found).count()
        return Response(told)


class OrganisationMembers(HubView):
    def get(self, request: Request, organisation: str) -> Response:
        found = find_organisation(organisation)
        require_member(request.user, found)
        query = request.query_params
        page = page_of(
            members_of(found),
            order=MEMBERS_ORDER,
            cursor=query.get("cursor", ""),
            size=number(query, "limit", default=LARGEST_SIZE, most=LARGEST_SIZE),
        )
        return Response(
            [_person_json(membership.user) for membership in page.rows],
            headers=next_link(request, next_url(request, page)),
        )


def _person_json(person: User) -> dict[str, Any]:
    return {
        "type": "user",
        "user": person.username,
        "fullname": person.full_name or person.username,
        "avatarUrl": "",
        "isPro": False,
    }


def _counts(namespace: Namespace) -> dict[str, int]:
    counts = public_counts(namespace)
    return {
        "numModels": counts.get(Kind.MODEL, 0),
        "numDatasets": counts.get(Kind.DATASET, 0),
        "numSpaces": 0,
    }
