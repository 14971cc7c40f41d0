"""Columns of a board: what they show, what ranks by them, who sees which, and files."""

import csv
import io
import json

import polars as pl
import pytest
from django.utils import timezone

from marketplace.kit.models import AuditRecord
from tests.contests.asking import signed_in, text_of, url
from tests.contests.test_privacy import end
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    lease_of,
    outcome_of,
    scored,
)
from training.contests import boards, services
from training.contests.models import (
    BoardRow,
    Contest,
    EditionRow,
    Entrant,
    Format,
    Submission,
)
from training.contests.results import record_outcome
from training.jobs import MetricValue
from training.leaderboards.columns import BoardColumn, Scheme

pytestmark = pytest.mark.django_db


def metric(name, **given):
    return {
        "key": name,
        "title": name.title(),
        "source": "METRIC",
        "measure": name,
    } | given


def computed(key, operation, *of, **given):
    told = {"key": key, "title": key.title(), "source": "COMPUTED", "of": list(of)}
    return told | {"operation": operation} | given


def choose(contest, ranking, *columns):
    return services.choose_columns(
        contest.host,
        contest=contest,
        scheme=Scheme(ranking),
        columns=[BoardColumn.from_json(each) for each in columns],
        at=timezone.now(),
    )


def rated(contest, name, *, entrant=None, private=None, **values):
    """Have somebody new of this name scored in several metrics, all but the first sharp."""
    submission = hand_in(entrant or enter(contest, UserFactory(username=name)))
    attempt = submission.attempts.get()
    told = [MetricValue(each, v, v, v) for each, v in values.items()]
    mine = [MetricValue(each, v, v, v) for each, v in (private or {}).items()]
    outcome = outcome_of(
        0.0, latency_ms_per_row=0.25, energy_joules=3.5, cost_minor=0.125
    )
    object.__setattr__(outcome, "metrics", tuple(told))
    object.__setattr__(outcome, "private_metrics", tuple(mine))
    assert record_outcome(
        lease_of(attempt),
        attempt=attempt,
        outcome=outcome,
        log_tail=[],
        now=timezone.now(),
    )
    return submission


def order(contest):
    rows = BoardRow.objects.filter(contest=contest).order_by("place")
    return [(row.name, row.rank) for row in rows]


@pytest.fixture
def contest():
    return ContestFactory()


def test_columns_rank_one_after_the_other_and_decide_which_is_best(contest):
    rated(contest, "ann", accuracy=0.9, macro_f1=0.5)
    ben = rated(contest, "ben", accuracy=0.9, macro_f1=0.7)
    rated(contest, "cleo", accuracy=0.95, macro_f1=0.1)
    assert order(contest) == [("cleo", 1), ("ann", 2), ("ben", 2)]

    choose(
        contest,
        "LEXICOGRAPHIC",
        metric("accuracy", ranks=True),
        metric("macro_f1", ranks=True),
    )
    assert order(contest) == [("cleo", 1), ("ben", 2), ("ann", 3)]
    rated(contest, "", entrant=ben.entrant, accuracy=0.9, macro_f1=0.8)
    assert BoardRow.objects.get(name="ben").columns["macro_f1"] == [0.8, 0.8, 0.8]

    mean = computed("both", "AVG", "accuracy", "macro_f1", ranks=True)
    choose(contest, "LEXICOGRAPHIC", metric("accuracy"), metric("macro_f1"), mean)
    told = BoardRow.objects.order_by("place").values_list("name", "score", "merit")
    assert [
        (name, round(score, 6), round(merit, 6)) for name, score, merit in told
    ] == [
        ("ben", 0.85, 0.85),
        ("ann", 0.7, 0.7),
        ("cleo", 0.525, 0.525),
    ]
    assert boards.audit(contest.pk, at=timezone.now()) == 0
    assert AuditRecord.objects.filter(act="choose_columns").count() == 2


def test_a_mean_of_ranks_is_kept_for_everyone_and_by_the_private_rows_at_the_end():
    contest = ContestFactory(split=True)
    columns = [
        metric("accuracy", ranks=True),
        metric("log_loss", ranks=True, is_greater_better=False),
    ]
    choose(contest, "MEAN_RANK", *columns)
    for name, public, private in [
        ("ann", (0.9, 0.3), (0.6, 0.6)),
        ("ben", (0.8, 0.1), (0.8, 0.2)),
        ("cleo", (0.7, 0.2), (0.7, 0.3)),
    ]:
        rated(
            contest,
            name,
            accuracy=public[0],
            log_loss=public[1],
            private={"accuracy": private[0], "log_loss": private[1]},
        )

    rows = BoardRow.objects.order_by("place").values_list("name", "rank", "mean_rank")
    assert list(rows) == [("ben", 1, 1.5), ("ann", 2, 2.0), ("cleo", 3, 2.5)]
    assert boards.audit(contest.pk, at=timezone.now()) == 0

    end(contest)
    contest.refresh_from_db()
    with pytest.raises(services.columns.RankingSettled):
        choose(contest, "SCORE", *columns)
    choose(contest, "MEAN_RANK", *(each | {"title": "Other"} for each in columns))
    services.freeze_board(contest.host, contest=contest, at=timezone.now())
    contest.refresh_from_db()
    with pytest.raises(boards.BoardFrozen):
        choose(contest, "MEAN_RANK", *columns)
    services.release_board(contest.host, contest=contest, at=timezone.now())
    final = EditionRow.objects.order_by("place")
    told = final.values_list("entrant__name", "rank", "score", "mean_rank")
    assert list(told) == [
        ("ben", 1, 0.8, 1.0),
        ("cleo", 2, 0.7, 2.0),
        ("ann", 3, 0.6, 3.0),
    ]


def test_a_guarded_boards_columns_are_as_coarse_as_its_scores():
    contest = ContestFactory(is_guarded=True)
    baseline = contest.submissions.get()
    lease, attempt = lease_of(baseline.attempts.get()), baseline.attempts.get()
    at = timezone.now()
    record_outcome(
        lease, attempt=attempt, outcome=outcome_of(0.5, low=0.48, high=0.52),
        log_tail=[], now=at,
    )  # fmt: skip
    choose(
        contest,
        "SCORE",
        metric("accuracy"),
        computed("twice", "SUM", "accuracy", "accuracy"),
    )
    scored(contest, 0.864297, low=0.84, high=0.88)

    row = BoardRow.objects.get(is_baseline=False)
    assert row.score != 0.864297
    assert row.columns["accuracy"][0] == row.score
    assert row.columns["twice"][0] == 2 * row.score


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([metric("rmse")], "no “rmse”"),
        ([metric("accuracy"), metric("accuracy")], "two have the key"),
        ([metric("accuracy", key="column.score")], "is no key"),
        ([metric("accuracy", key=" a")], "is no key"),
        ([computed("sum", "SUM", "accuracy")], "no column with numbers"),
        ([metric("auc"), computed("d", "DIFFERENCE", "auc")], "of two columns"),
        (
            [metric("auc"), computed("w", "WEIGHTED", "auc", weights=[float("inf")])],
            "weights are at most",
        ),
        ([metric("auc"), computed("w", "WEIGHTED", "auc")], "one weight for each"),
        ([metric("accuracy")] * 21, "20 is the most"),
        ([metric("auc", decimals=11)], "decimals"),
        ([metric("auc", title=" ")], "needs a title"),
        ([metric("auc"), computed("s", None, "auc")], "say what it is computed of"),
        ([metric("auc"), computed("s", "SUM", "auc", weights=[1])], "only a weighted"),
    ],
)
def test_columns_that_do_not_hold_together_are_refused(contest, columns, said):
    with pytest.raises(services.columns.Malformed, match=said):
        choose(contest, "SCORE", *columns)
    assert Contest.objects.get().board_columns == []


def test_what_ranks_must_be_there(contest):
    speed = {
        "key": "speed", "title": "Speed", "source": "USAGE",
        "measure": "latency_ms_per_row", "ranks": True,
    }  # fmt: skip
    for ranking, columns, said in [
        ("LEXICOGRAPHIC", [metric("auc")], "none of them ranks"),
        ("MEAN_RANK", [metric("auc", ranks=True)], "two columns or more"),
        ("LEXICOGRAPHIC", [speed], "only models have it"),
        ("LEXICOGRAPHIC", [metric("auc", ranks=True, is_hidden=True)], "Show it"),
    ]:
        with pytest.raises(services.columns.Malformed, match=said):
            choose(contest, ranking, *columns)


KINDS = ("csv", "json", "parquet")


def whole(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_hidden_columns_are_for_hosts_on_the_board_and_in_every_file(contest, api):
    model = rated(contest, "ann", accuracy=0.875, ece=0.1357, macro_f1=0.2468)
    Submission.objects.filter(pk=model.pk).update(format=Format.ONNX)
    other = rated(contest, "ben", accuracy=0.5, ece=0.25).entrant
    Entrant.objects.filter(pk=other.pk).update(name="=1+1")
    latency = {"source": "USAGE", "measure": "latency_ms_per_row"}
    body = {
        "ranking": "SCORE",
        "columns": [
            metric("ece", is_hidden=True, is_greater_better=False),
            metric("macro_f1", title="Macro F₁", decimals=2),
            {"key": "score", "title": "Speed", **latency},
            {"key": "joules", "title": "J", **latency, "measure": "energy_joules"},
            {"key": "cost", "title": "Cost", **latency, "measure": "cost_minor"},
        ],
    }
    shown = ["macro_f1", "score", "joules", "cost"]
    stranger = api(UserFactory())
    assert stranger.put(url(contest, "columns"), body, format="json").status_code == 403
    told = api(contest.host).put(url(contest, "columns"), body, format="json").json()
    assert [each["key"] for each in told["columns"]] == ["ece", *shown]
    assert "auc" in {each["measure"] for each in told["measures"]}
    page = f"/contests/{contest.slug}/leaderboard"
    asked = [
        url(contest, "leaderboard"),
        page,
        *(url(contest, "leaderboard", f"export?as={kind}") for kind in KINDS),
        *(f"{page}.{kind}" for kind in KINDS),
    ]

    for who, sees in ((contest.host, True), (UserFactory(), False)):
        for path in asked:
            client = api(who) if path.startswith("/api") else signed_in(who)
            data = whole(client, path)
            if "parquet" not in path:
                assert (b"0.1357" in data) == sees, path
                continue
            frame = pl.read_parquet(io.BytesIO(data))
            assert ("ece" in frame.columns) == sees
            assert frame["macro_f1"].to_list() == [0.2468, None]
            assert frame["column.score"].to_list() == [0.25, None]
            assert frame["joules"].to_list() == [3.5, None]
            assert frame["cost"].to_list() == [0.125, None]
            assert frame["reached_at"].dtype == pl.Datetime("us", "UTC")
            assert frame["name"].to_list() == ["ann", "=1+1"]
    lines = list(csv.reader(io.StringIO(whole(signed_in(), f"{page}.csv").decode())))
    assert lines[0][-4:] == ["macro_f1", "column.score", *shown[2:]]
    assert [row[4] for row in lines[1:]] == ["ann", "'=1+1"]
    plain = json.loads(whole(signed_in(), f"{page}.json"))
    assert (plain["metric"], plain["rows"][0]["macro_f1"]) == ("accuracy", 0.2468)
    drawn = text_of(signed_in().get(page))
    assert "Macro F₁" in drawn
    assert '<td class="number">0.25</td>' in drawn
    assert "0.25 ms" in drawn
    assert api().get(url(contest, "leaderboard", "export?as=xls")).status_code == 400
    own = [f"/submissions/{model.pk}", f"/api/v1/submissions/{model.pk}"]
    for path in (*own, f"{own[1]}/receipt"):
        data = whole(signed_in(model.entrant.user), path)
        assert b"0.1357" not in data, path
        assert b"0.875" in data
    assert b"0.1357" in whole(signed_in(contest.host), own[1])


def test_a_host_chooses_columns_by_their_page(contest):
    rated(contest, "ann", accuracy=0.9, macro_f1=0.5)
    rated(contest, "ben", accuracy=0.8, macro_f1=0.75)
    host, page = signed_in(contest.host), f"/contests/{contest.slug}/columns"
    new = {"act": "save", "better": "AS_USUAL"}

    assert "No columns chosen" in text_of(host.get(page))
    host.post(page, new | {"shows": "METRIC:accuracy", "ranks": "on"})
    host.post(page, new | {"shows": "METRIC:macro_f1", "position": "1"})
    refused = host.post(page, new | {"shows": "COMPUTED:", "operation": "DIFFERENCE"})
    assert "say what it is computed of" in text_of(refused)
    weighted = {
        "operation": "WEIGHTED",
        "of": ["macro_f1", "accuracy"],
        "weights": "2, 1",
    }
    host.post(
        page, new | weighted | {"shows": "COMPUTED:", "ranks": "on", "title": "Mix"}
    )
    keys = [each["key"] for each in Contest.objects.get().board_columns]
    assert keys == ["macro_f1", "accuracy", "computed"]
    form = text_of(host.get(f"{page}?column=computed"))
    assert 'value="2, 1"' in form
    host.post(page, {"act": "remove", "column": "accuracy"})
    assert len(Contest.objects.get().board_columns) == 3  # another is computed of it
    host.post(
        page, new | {"shows": "METRIC:accuracy", "column": "accuracy", "title": "Acc"}
    )
    host.post(page, {"act": "rank", "ranking": "LEXICOGRAPHIC"})

    assert order(contest) == [("ben", 1), ("ann", 2)]
    assert "ben, Mix" in text_of(signed_in().get(f"/contests/{contest.slug}/badge.svg"))
    told = text_of(signed_in().get(f"/contests/{contest.slug}/leaderboard"))
    assert "Mix, 95 % interval" in told
    assert "Ranked by Mix" in told
    assert "Acc</th>" in told


def test_scores_of_people_and_papers_stand_beside_the_board_and_rank_nowhere(
    contest, api
):
    scored(contest, 0.8)
    host, page = signed_in(contest.host), f"/contests/{contest.slug}/references"
    people = {"name": "Five readers", "kind": "HUMAN", "source": "https://example.org"}
    assert "No scores to compare" in text_of(host.get(page))
    host.post(page, people | {"value": "0.93"})
    refused = text_of(host.post(page, people | {"value": "0.5"}))
    assert "two are called" in refused

    board = text_of(signed_in().get(f"/contests/{contest.slug}/leaderboard"))
    assert "Five readers" in board
    assert 'href="https://example.org"' in board
    assert len(order(contest)) == 1
    paper = {"name": "A paper", "kind": "PUBLISHED", "value": 0.9, "source": "Ours."}
    stranger, told = api(UserFactory()), {"references": [paper]}
    asked = url(contest, "references")
    assert stranger.put(asked, told, format="json").status_code == 403
    assert api(contest.host).put(asked, told, format="json").json() == told
    assert stranger.get(asked).json() == told
    assert stranger.get(url(contest, "leaderboard")).json()["references"] == [paper]
    paper["source"] = " "
    assert api(contest.host).put(asked, told, format="json").status_code == 400
    host.post(page, {"act": "remove", "name": "A paper"})
    assert stranger.get(asked).json() == {"references": []}
    assert AuditRecord.objects.filter(act="set_references").count() == 3
