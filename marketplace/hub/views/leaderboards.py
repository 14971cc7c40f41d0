"""The boards of the contests on a dataset, as `get_dataset_leaderboard` reads them."""

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.hub.asked import flag
from marketplace.hub.errors import NotSupported
from marketplace.hub.http import HubView, address
from marketplace.hub.represented import stamp
from training.contests.columns import ranked_by
from training.contests.models import BoardRow
from training.contests.queries import boards_on

MOST_ROWS = 1000


class Leaderboard(HubView):
    """Every ranked entry, contest by contest; each scored by this site, so verified."""

    def get(self, request: Request, namespace: str, name: str) -> Response:
        if flag(request.query_params, "base_model"):
            raise NotSupported("Entries of contests do not say which are base models.")
        repository = self.repository(namespace, name)
        rows = boards_on(request.user, repository)[:MOST_ROWS]
        return Response([_row_json(request, row) for row in rows])


def _row_json(request: Request, row: BoardRow) -> dict[str, Any]:
    contest, person = row.contest, row.entrant.user
    page = reverse("training:contest-detail", args=[contest.slug])
    return {
        "rank": row.rank,
        "modelId": f"{person.username}/{contest.slug}",
        "value": row.score,
        "filename": f".eval_results/{contest.slug}.yaml",
        "verified": True,
        "author": {
            "type": "user",
            "name": person.username,
            "fullname": person.full_name or person.username,
            "avatarUrl": "",
        },
        "source": {
            "url": address(request, page),
            "name": contest.title,
            "isExternal": False,
        },
        "notes": f"{ranked_by(contest).title}, {row.low:g} to {row.high:g}, "
        f"reached {stamp(row.reached_at)}",
    }
