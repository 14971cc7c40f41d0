"""What a stock client commits to a team's repository is handed in to the contest."""

import json
import time
from datetime import timedelta

import urllib3
from django.utils import timezone

from tests.servers.celeries import beat

TRUTH = "id,label\n" + "".join(f"r{n},{n % 2}\n" for n in range(20))
RIGHT = "id,probability\n" + "".join(f"r{n},{n % 2}\n" for n in range(20))
WITHIN_SECONDS = 90


def opened(site, slug):
    """Have bruno open a contest, and ada enter it; return its repository."""
    site.call(
        "POST", "datasets", who="bruno", json={"namespace": "bruno", "name": slug}
    )
    began = timezone.now() - timedelta(minutes=1)
    fields = {
        "namespace": "bruno",
        "dataset": f"bruno/{slug}",
        "slug": slug,
        "title": "Which is which",
        "task": "BINARY",
        "metric": "auc",
        "daily_limit": "9",
        "is_guarded": "false",
        "starts_at": began.isoformat(),
        "ends_at": (began + timedelta(days=1)).isoformat(),
        "truth": ("truth.csv", TRUTH.encode()),
    }
    answer = urllib3.request(
        "POST",
        f"{site.address}/api/v1/contests",
        fields=fields,
        headers={"Authorization": f"Bearer {site.tokens['bruno']}"},
    )
    assert answer.status == 201, answer.data
    rules = site.call("GET", f"contests/{slug}", who="ada")["rules_sha256"]
    site.call("POST", f"contests/{slug}/join", who="ada", json={"rules_sha256": rules})
    made = site.call("POST", f"contests/{slug}/repositories", who="ada", json={})
    return made["repository"]


def test_what_a_client_uploads_is_handed_in_and_no_stranger_sees_it(newest, tmp_path):
    site, slug = newest.site, f"hand-in-{newest.client.version.replace('.', '-')}"
    repository = opened(site, slug)

    said = newest.run(
        "hand_in",
        repository=repository,
        right=RIGHT,
        wrong="id,cat\nr1,1\n",
        folder=str(tmp_path / "folder"),
        as_stranger=False,
    )
    stranger = newest.run(
        "hand_in", who="clio", repository=repository, as_stranger=True
    )
    assert stranger["seen"]["error"] == "RepositoryNotFoundError"

    give_up_at = time.monotonic() + WITHIN_SECONDS
    with beat(site.variables):
        rows = []
        while len(rows) < 2 and time.monotonic() < give_up_at:
            rows = site.call("GET", f"contests/{slug}/uploads", who="ada")["results"]
        found = {row["commit"]: row for row in rows}
        assert found.keys() == set(said["commits"]), json.dumps(rows)
        first, second = (found[oid] for oid in said["commits"])
        assert (first["path"], first["code"]) == ("predictions.csv", "")
        assert (second["path"], second["code"]) == ("more.csv", "wrong_header")
    told = site.call("GET", f"submissions/{first['submission']}", who="ada")
    assert (told["note"], told["filename"]) == ("The first try", "predictions.csv")
    assert told["run"]["status"] in {"QUEUED", "RUNNING", "SUCCEEDED"}
