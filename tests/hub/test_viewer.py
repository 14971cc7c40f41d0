"""The dataset viewer's answers: shapes, rights, versions, refusals; and Parquet by them."""

import io
from urllib.parse import urlsplit

import polars as pl
import pytest
from django.test import Client

from marketplace.catalog.models import Download, Gating, Repository
from marketplace.catalog.services import set_gating
from marketplace.storage.queries import current_store
from marketplace.viewer.models import Conversion, Split, State
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.viewer import converted, made
from tests.hub.sending import client_of
from tests.viewer.conftest import birds
from tests.viewer.shapes import require_shape

__all__ = ["birds"]

pytestmark = pytest.mark.django_db
STATISTICS = [
    {
        "column_name": "A",
        "column_type": "bool",
        "column_statistics": {
            "nan_count": 0,
            "nan_proportion": 0.0,
            "frequencies": {"True": 2834, "False": 5666},
        },
    }
]
JSON = "application/json"
TRAIN = {"config": "default", "split": "train"}


@pytest.fixture
def flock(birds, own_store):
    """A public dataset with two splits, one broken one, and a config beside them."""
    repository = RepositoryFactory(public=True, name="flock")
    commit(repository, {"data.csv": "a\n1\n"})
    few = made("SELECT i AS n, 'x ' || i AS t FROM range(3) AS t(i)")
    done = converted(
        repository,
        {"default/train": birds, "default/test": few, "other/train": few},
    )
    Split.objects.filter(config="default", split="train").update(statistics=STATISTICS)
    Split.objects.create(
        conversion=done,
        config="other",
        split="broken",
        position=9,
        failure={"code": "x", "sentence": "It is torn.", "path": "b.csv", "line": 7},
    )
    Split.objects.create(
        conversion=done, config="torn", split="train", position=10, failure={}
    )
    return repository


def ask(name, repository, who=None, *, status=200, **query):
    client = Client() if who is None else client_of(who)
    answer = client.get(f"/viewer/{name}", {"dataset": str(repository), **query})
    assert answer.status_code == status, answer.content
    if status == 200:
        require_shape(name, answer.json() if answer["Content-Type"] == JSON else None)
    return answer


def refused(name, repository, who=None, *, status, **query):
    answer = ask(name, repository, who, status=status, **query)
    assert answer.json()["error"]
    return answer.headers["X-Error-Code"]


def test_every_answer_has_the_shape_that_clients_know(flock):
    valid = ask("is-valid", flock)
    splits = ask("splits", flock).json()
    first = ask("first-rows", flock, **TRAIN).json()
    rows = ask("rows", flock, **TRAIN, offset=5999, length=2).json()
    found = ask("filter", flock, **TRAIN, where="id > 8490", orderby="id DESC").json()
    said = ask("search", flock, **TRAIN, query="zoe 8490").json()
    counted = ask("statistics", flock, **TRAIN).json()

    assert valid.headers["X-Revision"] == flock.commits.get().oid
    assert set(valid.json().values()) == {True}
    assert [(each["config"], each["split"]) for each in splits["splits"]] == [
        ("default", "train"),
        ("default", "test"),
        ("other", "train"),
    ]
    assert splits["failed"][0]["error"] == {"error": "It is torn."}
    assert (len(first["rows"]), first["truncated"]) == (100, True)
    assert [each["row_idx"] for each in rows["rows"]] == [5999, 6000]
    assert (rows["num_rows_total"], rows["num_rows_per_page"]) == (8500, 100)
    assert [each["row"]["id"] for each in found["rows"]] == list(range(8499, 8490, -1))
    assert found["num_rows_total"] == 9
    assert [each["row_idx"] for each in said["rows"]] == [8490]
    assert counted == {"num_examples": 8500, "statistics": STATISTICS, "partial": False}


def test_sizes_and_infos_add_up_and_narrow_to_a_config(flock, birds):
    sizes, info = ask("size", flock).json()["size"], ask("info", flock).json()
    other = ask("size", flock, config="other").json()["size"]

    assert sizes["dataset"]["num_rows"] == 8506
    assert [each["num_rows"] for each in sizes["configs"]] == [8503, 3]
    assert other["splits"][0] in sizes["splits"]
    assert sizes["splits"][0]["num_bytes_parquet_files"] == sum(
        len(data) for data, _ in birds.files
    )
    assert list(info["dataset_info"]) == ["default", "other"]
    assert info["dataset_info"]["default"]["features"]["hue"]["_type"] == "ClassLabel"
    one = ask("info", flock, config="other").json()["dataset_info"]
    assert one == info["dataset_info"]["other"]
    assert ask("parquet", flock, config="other").json()["failed"]
    assert ask("is-valid", flock, config="default", split="test").json() == {
        **dict.fromkeys(("preview", "viewer", "search", "filter"), True),
        "statistics": False,
    }
    assert not any(ask("is-valid", flock, config="torn").json().values())


def test_parquet_is_had_at_the_addresses_that_are_told(flock, birds):
    listed = ask("parquet", flock).json()["parquet_files"]
    urls = Client().get(f"/api/datasets/{flock}/parquet").json()

    assert [each["filename"] for each in listed][:2] == ["0000.parquet", "0001.parquet"]
    assert urls["default"]["train"] == [each["url"] for each in listed[:2]]
    told = urlsplit(listed[1]["url"])
    answer = Client().get(f"{told.path}?{told.query}")
    assert answer.status_code == 302
    assert listed[1]["size"] == len(birds.files[1][0])
    sha256 = answer.headers["ETag"].strip('"')
    with current_store().open(sha256) as file:
        assert file.read() == birds.files[1][0]
    assert f"/{sha256}?" in answer.headers["Location"]
    assert Download.objects.filter(repository=flock).count() == 1
    assert Client().head(f"{told.path}?{told.query}").status_code == 302
    assert Download.objects.filter(repository=flock).count() == 1
    absent = Client().get(f"/api/datasets/{flock}/parquet/default/train/7.parquet")
    assert (absent.status_code, absent.headers["X-Error-Code"]) == (
        404,
        "EntryNotFound",
    )


def test_the_clients_other_host_answers_with_addresses_of_the_site(flock):
    host = {"host": "datasets-server.testserver"}
    asked = {"dataset": str(flock)}

    info = Client().get("/info", asked, headers=host)
    told = Client().get("/parquet", asked, headers=host).json()["parquet_files"]

    assert info.json() == ask("info", flock).json()
    assert info.headers["X-Revision"] == flock.commits.get().oid
    assert told == ask("parquet", flock).json()["parquet_files"]
    assert Client().get("/datasets", headers=host).status_code == 404
    assert Client().get("/info", asked).status_code == 404


def test_a_selection_comes_as_a_file_and_a_picture_as_it_is(flock):
    csv = ask("selection", flock, **TRAIN, where="id < 3", orderby="id DESC")
    parquet = ask("selection", flock, **TRAIN, query="zoe", **{"as": "parquet"})
    row = ask("rows", flock, **TRAIN, length=1).json()["rows"][0]["row"]
    source = urlsplit(row["face"]["src"])
    picture = Client().get(f"{source.path}?{source.query}")

    assert b"".join(csv).decode().splitlines()[1].startswith("2,Zo")
    assert csv.headers["X-Num-Rows"] == "3"
    assert 'filename="flock-default-train.csv"' in csv.headers["Content-Disposition"]
    frame = pl.read_parquet(io.BytesIO(b"".join(parquet)))
    assert str(len(frame)) == parquet.headers["X-Num-Rows"]
    require_shape("picture", row["face"])
    assert (row["face"]["width"], row["face"]["height"]) == (7, 5)
    assert picture.headers["Content-Type"] == "image/png"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert picture.content.startswith(b"\x89PNG")
    odd = {**TRAIN, "row": 1}
    assert refused("asset", flock, **odd, column="face", status=422)
    assert refused("asset", flock, **odd, column="id", status=422)


@pytest.mark.parametrize(
    ("name", "query", "status", "code"),
    [
        ("rows", {}, 422, "MissingRequiredParameter"),
        ("rows", {"config": "default"}, 422, "MissingRequiredParameter"),
        ("rows", {"config": "x", "split": "train"}, 404, "ConfigNotFoundError"),
        ("rows", {"config": "default", "split": "x"}, 404, "SplitNotFoundError"),
        ("rows", {**TRAIN, "length": "101"}, 422, "InvalidParameter"),
        ("rows", {**TRAIN, "offset": "-1"}, 422, "InvalidParameter"),
        ("rows", {**TRAIN, "offset": "²"}, 422, "InvalidParameter"),
        ("rows", {**TRAIN, "revision": "none"}, 404, "RevisionNotFound"),
        ("rows", {"config": "other", "split": "broken"}, 422, "DatasetGenerationError"),
        ("size", {"config": "torn"}, 422, "DatasetGenerationError"),
        ("info", {"config": "torn"}, 422, "DatasetGenerationError"),
        ("filter", TRAIN, 422, "MissingRequiredParameter"),
        ("filter", {**TRAIN, "where": "id = 1; x"}, 422, "InvalidParameter"),
        ("filter", {**TRAIN, "where": "none = 1"}, 422, "InvalidParameter"),
        ("search", TRAIN, 422, "MissingRequiredParameter"),
        ("selection", {**TRAIN, "as": "exe"}, 422, "InvalidParameter"),
        ("statistics", {"config": "default", "split": "test"}, 503, "ResponseNotReady"),
    ],
)
def test_what_cannot_be_answered_is_refused_as_clients_know_it(
    name, query, status, code, flock
):
    assert refused(name, flock, status=status, **query) == code


def test_offsets_past_the_end_are_empty_pages(flock):
    far = ask("rows", flock, **TRAIN, offset="9" * 30).json()

    assert (far["rows"], far["num_rows_total"]) == ([], 8500)
    late = ask("filter", flock, **TRAIN, where="id = 1", offset="9" * 30).json()
    assert (late["rows"], late["num_rows_total"]) == ([], 1)


def test_rows_are_for_whoever_may_take_the_files(flock, birds):
    owner, stranger = flock.created_by, UserFactory()
    Repository.objects.filter(pk=flock.pk).update(visibility="PRIVATE")
    assert refused("rows", flock, **TRAIN, status=401) == "ExternalUnauthenticatedError"
    assert refused("rows", flock, stranger, **TRAIN, status=404) == (
        "ExternalAuthenticatedError"
    )
    assert ask("rows", flock, owner, **TRAIN).json()["num_rows_total"] == 8500

    Repository.objects.filter(pk=flock.pk).update(visibility="PUBLIC")
    set_gating(owner, repository=flock, gating=Gating.MANUAL, changed_at=NOON)
    for name in ("is-valid", "splits", "size", "info", "parquet"):
        assert refused(name, flock, status=401) == "ExternalUnauthenticatedError"
    for name in ("first-rows", "rows", "statistics", "selection"):
        code = refused(name, flock, stranger, **TRAIN, status=403)
        assert code == "ExternalAuthenticatedError"
    told = Client().get(f"/api/datasets/{flock}/parquet/default/train/0000.parquet")
    assert told.status_code == 401
    assert ask("rows", flock, owner, **TRAIN, length=1).json()["rows"]
    assert b"".join(ask("selection", flock, owner, **TRAIN, where="id = 1"))
    noted = Download.objects.get(repository=flock)
    assert (noted.user, noted.path) == (owner, "default/train/0000.parquet")


def test_a_version_is_asked_for_once_and_says_how_far_it_is():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a.csv": "a\n1\n"})
    first = repository.commits.get()

    waiting = ask("rows", repository, **TRAIN, status=503)
    assert waiting.headers["X-Error-Code"] == "ResponseNotReady"
    assert waiting.headers["Retry-After"] == "10"
    assert waiting.headers["X-Revision"] == first.oid
    asked = Conversion.objects.get(commit=first)
    assert ask("is-valid", repository).json()["viewer"] is False
    asked.state, asked.done_bytes, asked.total_bytes = State.RUNNING, 1, 4
    asked.save()
    assert "25%" in ask("splits", repository, status=503).json()["error"]
    asked.state, asked.ended_at = State.NOTHING, NOON
    asked.save()
    assert refused("splits", repository, status=404) == "EmptyDatasetError"
    asked.state, asked.cause = (
        State.FAILED,
        {"sentence": "Torn", "path": "a", "line": 2},
    )
    asked.save()
    assert "Torn (a, line 2)" in ask("splits", repository, status=422).json()["error"]
    assert Conversion.objects.count() == 1


def test_each_version_has_its_own_rows(flock):
    before = flock.commits.get().oid
    commit(flock, {"data.csv": "a\n2\n"})
    few = made("SELECT 7 AS n")
    converted(flock, {"default/train": few})

    now = ask("rows", flock, **TRAIN)
    then = ask("rows", flock, **TRAIN, revision=before)

    assert now.json()["num_rows_total"] == 1
    assert then.json()["num_rows_total"] == 8500
    assert then.headers["X-Revision"] == before


def test_questions_cost_the_same_few_queries(flock, django_assert_num_queries):
    with django_assert_num_queries(8):
        ask("rows", flock, **TRAIN, length=1)
    with django_assert_num_queries(8):
        ask("filter", flock, **TRAIN, where="id < 3")
    with django_assert_num_queries(7):
        ask("parquet", flock)
