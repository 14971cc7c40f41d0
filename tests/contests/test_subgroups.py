"""Subgroups of hidden rows: who names them, what the board tells of them, and when."""

import csv
import io

import polars as pl
import pytest
from django.utils import timezone

from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from marketplace.storage.queries import open_blob
from tests.contests.asking import signed_in, text_of, url
from tests.contests.test_columns import choose, computed, metric, whole
from tests.contests.test_privacy import end
from tests.contests.test_sites import ask, bring, client_of
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    file_of,
    hand_in,
    lease_of,
    outcome_of,
)
from training.contests import boards, services
from training.contests.models import (
    BoardRow,
    Contest,
    EditionRow,
    Format,
    SubgroupScores,
)
from training.contests.results import record_outcome
from training.contests.services.columns import RankingSettled
from training.contests.tables import Columns
from training.jobs import SubgroupScore
from training.runs.dispatch import sweep

pytestmark = pytest.mark.django_db
ROWS = 160  # 40 private ones
AREAS = [
    ("north", "south", "isle")[0 if n < 70 else 1 if n < 150 else 2]
    for n in range(ROWS)
]
TRUTH = "id,label,split,area\n" + "".join(
    f"r{n},{n % 2},{'private' if n % 4 == 3 else 'public'},{AREAS[n]}\n"
    for n in range(ROWS)
)
INPUTS = "id,x,sex\n" + "".join(f"r{n},{n},{'fm'[n % 3 > 0]}\n" for n in range(ROWS))
SHOWN = [
    {"key": "worst", "title": "Worst area", "source": "SUBGROUP",
     "measure": "worst_subgroup"},
    {"key": "gap", "title": "Gap", "source": "SUBGROUP", "measure": "subgroup_gap",
     "is_greater_better": False},
]  # fmt: skip
SECRET = 0.123457


def contest_of(**given):
    return ContestFactory(
        truth=TRUTH,
        inputs=INPUTS,
        columns=Columns(split="split"),
        **{"slug": "with-areas", **given},
    )


def name(contest, column="area", **given):
    return services.name_subgroups(
        contest.host, contest=contest, column=column, at=timezone.now(), **given
    )


def told(*values, rows=60):
    """Return what the runner tells: a value and its interval for each named subgroup."""
    names = ("north", "south", "isle")
    return tuple(
        SubgroupScore(each, rows, value, value - 0.05, value + 0.05)
        if value is not None
        else SubgroupScore(each, 7)
        for each, value in zip(names, values, strict=True)
    )


def scored(contest, name, value, areas, *, private=(), entrant=None):
    submission = hand_in(entrant or enter(contest, UserFactory(username=name)))
    attempt = submission.attempts.select_related("submission__contest").get()
    outcome = outcome_of(value, low=value - 0.01, high=value + 0.01, private=[SECRET])
    object.__setattr__(outcome, "subgroups", areas)
    object.__setattr__(outcome, "private_subgroups", private)
    assert record_outcome(
        lease_of(attempt),
        attempt=attempt,
        outcome=outcome,
        log_tail=[],
        now=timezone.now(),
    )
    return submission


def test_hosts_name_a_column_of_their_tables_or_of_another(api):
    contest = contest_of()
    host, page = signed_in(contest.host), f"/contests/{contest.slug}/subgroups"
    assert "No subgroups" in text_of(host.get(page))
    refused = text_of(host.post(page, {"column": "x"}))
    assert "more than 20 different cells" in refused
    host.post(page, {"column": "area", "title": "Area"})
    drawn = text_of(host.get(page))
    assert "Not enough rows to tell" in drawn  # the isle
    assert "label, area, x, sex" in drawn

    client, asked = api(contest.host), url(contest, "subgroups")
    found = client.get(asked).json()
    assert found["title"] == "Area"
    assert found["subgroups"] == [
        {"name": "isle", "public_rows": 7, "private_rows": 3, "is_told": False},
        {"name": "north", "public_rows": 53, "private_rows": 17, "is_told": True},
        {"name": "south", "public_rows": 60, "private_rows": 20, "is_told": True},
    ]
    assert client.put(asked, {"column": "sex"}, format="json").json()["title"] == "sex"
    for body, said in [
        ({"column": "nothing"}, "no table of the contest"),
        ({"column": "id"}, "tells rows apart"),
        ({"column": "split"}, "tells rows apart"),
        ({"column": "a", "table": file_of("id,a\nr0,b\n")}, "is the same for all"),
        ({"column": "a", "table": file_of("id,a\nr0,b\nr1,c\n")}, "the id “r2”"),
        ({"column": "a", "table": file_of("id,a\nr0,b\nr0,c\n")}, "in two subgroups"),
        ({"column": "a", "table": file_of("id,a\nr0,\n")}, "is empty"),
        (
            {
                "column": "a",
                "table": file_of(
                    "id,a\nx,b\n" + "".join(f"r{n},{n % 2}\n" for n in range(ROWS))
                ),
            },
            "the truth has no id “x”",
        ),
    ]:
        answer = client.put(
            asked, body, format="multipart" if "table" in body else "json"
        )
        assert (answer.status_code, said in answer.json()["detail"]) == (400, True), (
            said
        )
    held = Contest.objects.get()
    assert (held.subgroup_title, sorted(held.subgroup_sizes)) == ("sex", ["f", "m"])
    with open_blob(held.subgroups_id) as kept:
        assert kept.read(25) == b"id,subgroup\nr0,f\nr1,m\nr2,"
    for who in (UserFactory(), enter(contest).user):
        assert api(who).get(asked).status_code == 403
    choose(held, "SCORE", *SHOWN)
    assert client.delete(asked).status_code == 400  # the board shows them
    choose(held, "SCORE")
    assert client.delete(asked).status_code == 204
    assert Contest.objects.get().subgroup_sizes == {}
    assert AuditRecord.objects.filter(act="name_subgroups").count() == 2


def test_the_worst_and_the_gap_are_on_the_board_and_in_every_file(api):
    contest = name(contest_of())
    choose(
        contest,
        "LEXICOGRAPHIC",
        SHOWN[0] | {"ranks": True},
        SHOWN[1],
        metric("accuracy", ranks=True),
        computed("spread", "DIFFERENCE", "accuracy", "worst", is_hidden=True),
    )
    scored(contest, "ann", 0.9, told(0.95, 0.5, None))
    scored(contest, "ben", 0.8, told(0.8, 0.75, None), private=told(SECRET, 0.3, 0.4))
    scored(contest, "cleo", 0.99, told(0.99, None, None))  # one alone has no gap

    rows = list(BoardRow.objects.order_by("place").values_list("name", "score"))
    assert rows == [("ben", 0.75), ("ann", 0.5)]
    gap = BoardRow.objects.get(name="ann").columns["gap"]
    assert gap[0] == pytest.approx(0.45)
    assert 0.3 < gap[1] < 0.45 < gap[2] < 0.6
    assert boards.audit(contest.pk, at=timezone.now()) == 0

    stranger, page = UserFactory(), f"/contests/{contest.slug}/leaderboard"
    row = api(stranger).get(url(contest, "leaderboard")).json()["results"][0]
    assert row["columns"]["worst"] == 0.75
    assert row["intervals"]["gap"] == pytest.approx([0, 0.05 + 0.05 * 2**0.5])
    drawn = text_of(signed_in(stranger).get(page))
    assert "Worst area, 95 % interval" in drawn
    assert "0.45 (0.3" in drawn
    assert "Subgroups are by area" in drawn
    lines = list(csv.reader(io.StringIO(whole(signed_in(), f"{page}.csv").decode())))
    assert lines[0][-7:-4] == ["worst", "gap", "accuracy"]
    assert lines[0][-2:] == ["column.gap.low", "column.gap.high"]
    frame = pl.read_parquet(io.BytesIO(whole(signed_in(), f"{page}.parquet")))
    assert frame["column.worst.low"].to_list()[0] == pytest.approx(
        0.75 - 0.05 * 1.1437, abs=1e-3
    )
    for who in (None, stranger, contest.host):
        for path in (page, f"{page}.json", url(contest, "leaderboard")):
            data = whole(signed_in(who), path)
            assert str(SECRET).encode() not in data
            if "/api" not in path:
                assert (b"spread" in data.lower()) == (who == contest.host)

    end(contest)
    with pytest.raises(RankingSettled):
        name(Contest.objects.get(), "sex")


def test_a_guarded_board_tells_of_subgroups_once_it_is_frozen_and_private_ones_after():
    contest = name(contest_of(is_guarded=True))
    baseline = contest.submissions.get()
    attempt = baseline.attempts.select_related("submission__contest").get()
    record_outcome(
        lease_of(attempt), attempt=attempt, outcome=outcome_of(0.5, private=[0.5]),
        log_tail=[], now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(Malformed, match="do not rank there"):
        choose(contest, "LEXICOGRAPHIC", SHOWN[0] | {"ranks": True})
    choose(contest, "SCORE", *SHOWN)
    mine = scored(
        contest, "ann", 0.876543, told(0.912345, 0.712345, None),
        private=told(0.9, 0.6, SECRET),
    )  # fmt: skip

    row = BoardRow.objects.get(is_baseline=False)
    assert row.columns == {}
    assert boards.audit(contest.pk, at=timezone.now()) == 0
    page = f"/contests/{contest.slug}/leaderboard"
    people = [None, mine.entrant.user, contest.host]
    for who in people:
        shown = text_of(signed_in(who).get(page))
        assert "a guarded board tells once it is frozen" in shown
        assert "0.71" not in shown
    end(contest)
    services.freeze_board(contest.host, contest=contest, at=timezone.now())
    row.refresh_from_db()
    assert row.columns["worst"][0] == pytest.approx(0.712345, abs=0.01)
    assert row.columns["worst"][0] != 0.712345  # as coarse as the rest
    for who in people:
        assert "0.123" not in text_of(signed_in(who).get(page))
    services.release_board(contest.host, contest=contest, at=timezone.now())
    final = EditionRow.objects.get(entrant=mine.entrant)
    assert final.columns["worst"][0] == SECRET
    told_last = text_of(signed_in().get(f"/contests/{contest.slug}/editions/1"))
    assert "Worst area" in told_last
    assert "0.1235 (" in told_last
    listed = signed_in().get(url(contest, "editions/1")).json()
    by_name = {each["name"]: each["columns"] for each in listed["results"]}
    assert by_name["ann"]["worst"] == SECRET
    assert [each["key"] for each in listed["columns"]] == ["worst", "gap"]


def test_a_run_reads_the_subgroups_there_are_and_others_count_no_more():
    contest = name(contest_of(formats=(Format.PREDICTIONS,)))
    choose(contest, "SCORE", *SHOWN)
    scored(contest, "ann", 0.9, told(0.9, 0.5, None))
    assert BoardRow.objects.get().columns["worst"][0] == 0.5
    name(Contest.objects.get(), "sex")
    assert BoardRow.objects.get().columns == {}  # until it is scored anew
    assert SubgroupScores.objects.count() == 1

    _, secret = bring(contest)
    hand_in(enter(contest))
    sweep(timezone.now())
    worker = client_of(secret)
    job = ask(worker, "claim").json()
    assert job["files"]["subgroups"]["sha256"] == Contest.objects.get().subgroups_id
    plain = outcome_of(0.7, private=[0.5]).as_json() | {"row_count": ROWS}
    del plain["log_tail"]
    held = {"run": job["run"], "lease": job["lease"]}
    sizes = Contest.objects.get().subgroup_sizes
    good = [
        {"name": each, "row_count": size[0], "value": 0.6, "low": 0.5, "high": 0.7}
        for each, size in sizes.items()
    ]
    for wrong in (
        [good[0] | {"name": "north"}, good[1]],
        [good[0] | {"row_count": 7}, good[1]],
        [good[0] | {"value": 0.8}, good[1]],
        [good[0] | {"value": None}, good[1]],
        good[:1],
    ):
        outcome = plain | {"subgroups": wrong}
        assert ask(worker, "complete", {**held, "outcome": outcome}).status_code == 400
    done = ask(worker, "complete", {**held, "outcome": plain | {"subgroups": good}})
    assert done.json() == {"recorded": True}
    assert BoardRow.objects.get(score=0.7).columns["gap"][0] == 0
