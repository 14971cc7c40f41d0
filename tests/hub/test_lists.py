import json
import re
import struct

import pytest

from marketplace.accounts.services import create_organisation
from marketplace.catalog.models import Gating, Kind, Listing, Repository
from marketplace.catalog.services import DeleteFile, commit_files
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import put

pytestmark = pytest.mark.django_db


def names(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"].partition("/")[2] for row in answer.json()]


def following(answer):
    found = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("Link", ""))
    return found and found[1]


@pytest.fixture(scope="module")
def shelf(kept, dataset, model):
    """Beside `birds` and the private `net`: a model, an empty and a gated dataset."""
    owner = UserFactory(username="mx-elf")
    text = RepositoryFactory(
        public=True, model=True, owner=owner, name="tiny-bert", licence_id="Apache-2.0"
    )
    card = (
        "---\nlibrary_name: transformers\npipeline_tag: text-classification\n"
        "language: el\ndatasets: [mx/birds]\n---\nA small model of words."
    )
    put(text, {"README.md": card.encode(), "config.json": b"{}"})
    gated = RepositoryFactory(public=True, owner=owner, name="gated-set")
    Repository.objects.filter(pk=gated.pk).update(gating=Gating.MANUAL)
    for number, name in enumerate(("birds", "tiny-bert", "gated-set")):
        Listing.objects.filter(repository__name=name).update(
            downloads=number, likes=10 - number
        )
    return {"birds": dataset, "net": model, "tiny-bert": text, "gated-set": gated}


@pytest.mark.parametrize(
    ("path", "query", "found"),
    [
        ("datasets", {}, ["birds", "gated-set"]),
        ("models", {}, ["tiny-bert"]),
        ("datasets", {"sort": "downloads"}, ["gated-set", "birds"]),
        ("datasets", {"sort": "likes"}, ["birds", "gated-set"]),
        ("datasets", {"sort": "trendingScore"}, ["birds", "gated-set"]),
        ("datasets", {"author": "mx-elf"}, ["gated-set"]),
        ("datasets", {"author": "MX-ELF"}, ["gated-set"]),
        ("datasets", {"author": "nobody-here"}, []),
        ("datasets", {"author": ["mx-elf", "other"]}, []),
        ("datasets", {"search": "birds"}, ["birds"]),
        ("datasets", {"search": ["birds", "quartz"]}, []),
        ("models", {"search": "bert"}, ["tiny-bert"]),
        ("datasets", {"filter": "license:mit"}, ["birds"]),
        ("datasets", {"filter": "license:apache-2.0"}, []),
        ("models", {"filter": "license:apache-2.0"}, ["tiny-bert"]),
        ("models", {"filter": ["license:mit", "license:apache-2.0"]}, []),
        ("datasets", {"filter": "language:el"}, ["birds"]),
        ("datasets", {"filter": ["language:el", "birds"]}, ["birds"]),
        ("datasets", {"filter": "language:el,birds"}, ["birds"]),
        ("datasets", {"filter": ["language:el", "language:fr"]}, []),
        ("datasets", {"filter": "task_categories:image-classification"}, ["birds"]),
        ("datasets", {"filter": "size_categories:n<1K"}, ["birds"]),
        ("datasets", {"filter": "benchmark:official"}, []),
        ("models", {"filter": "transformers"}, ["tiny-bert"]),
        ("models", {"filter": "el"}, ["tiny-bert"]),
        ("models", {"filter": "dataset:mx/birds"}, ["tiny-bert"]),
        ("models", {"pipeline_tag": "text-classification"}, ["tiny-bert"]),
        ("models", {"pipeline_tag": "other"}, []),
        ("datasets", {"gated": "true"}, ["gated-set"]),
        ("datasets", {"gated": "False"}, ["birds"]),
        ("models", {"inference": "warm"}, []),
        ("models", {"inference_provider": "all"}, []),
        ("models", {"apps": ["ollama"]}, []),
    ],
)
def test_lists_are_narrowed_and_sorted(path, query, found, api, shelf):
    assert names(api().get(f"/api/{path}", query)) == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("min:1K", ["tiny-bert"]),
        ("min:1.5K,max:1.5k", ["tiny-bert"]),
        ("max:2000", ["tiny-bert"]),
        ("min:1501", []),
        ("max:1499", []),
        ("min:6B,max:128B", []),
        ("max:999999999999999T", ["tiny-bert"]),
        ("", ["bare", "tiny-bert"]),
    ],
)
def test_models_are_found_by_how_many_parameters_they_have(
    asked, found, api, shelf, django_assert_num_queries
):
    RepositoryFactory(public=True, model=True, name="bare")
    weights = {f"{n}.safetensors": weights_of(750, n) for n in "ab"}
    others = {"c/d.safetensors": weights_of(9, 3), "e.bin": b"e"}
    put(shelf["tiny-bert"], weights | others, large=weights)

    with django_assert_num_queries(5 if found else 2):
        answer = api().get("/api/models", {"num_parameters": asked})

    assert sorted(names(answer)) == found


def test_lists_tell_of_parameters_whoever_may_take_them(
    api, shelf, django_assert_num_queries
):
    model = shelf["tiny-bert"]
    put(model, {"w.safetensors": weights_of(5, 0)}, large={"w.safetensors"})
    others = [RepositoryFactory(public=True, model=True) for _ in range(2)]
    asked = {"expand": "safetensors"}

    with django_assert_num_queries(8):
        rows = api().get("/api/models", asked).json()

    assert len(rows) == 1 + len(others)
    told = {row["id"]: row.get("safetensors") for row in rows}
    assert told[str(model)] == {"parameters": {"F32": 5}, "total": 5}
    Repository.objects.filter(pk=model.pk).update(gating=Gating.MANUAL)
    rows = api().get("/api/models", asked).json()
    assert not any("safetensors" in row for row in rows)


def weights_of(count, seed):
    tensors = {"w": {"dtype": "F32", "shape": [count, 1], "data_offsets": [0, 0]}}
    header = json.dumps({**tensors, "__metadata__": {"seed": str(seed)}}).encode()
    return struct.pack("<Q", len(header)) + header


def test_a_model_whose_weights_are_gone_is_not_found_by_them(api, shelf):
    model, asked = shelf["tiny-bert"], {"num_parameters": "min:1"}
    put(model, {"w.safetensors": weights_of(5, 0)}, large={"w.safetensors"})
    assert names(api().get("/api/models", asked)) == ["tiny-bert"]

    put(model, {"x.safetensors": b"no header"}, large={"x.safetensors"})
    assert names(api().get("/api/models", asked)) == []
    commit_files(
        model.created_by,
        repository=model,
        changes=[DeleteFile("x.safetensors")],
        message="",
        committed_at=NOON,
    )
    assert names(api().get("/api/models", asked)) == ["tiny-bert"]


@pytest.mark.parametrize(
    "said", ["6B", "min:", "min:-1", "min:1e9", "min:1,x", "min:1Q"]
)
def test_what_is_no_number_of_parameters(said, api):
    answer = api().get("/api/models", {"num_parameters": said})

    assert answer.status_code == 400
    assert "num_parameters: write min:6B,max:128B" in answer.headers["X-Error-Message"]


@pytest.mark.parametrize(
    ("card", "tag"),
    [
        ("base_model: mx/egg", "base_model:finetune:mx/egg"),
        ("base_model: [mx/egg, mx/shell]", "base_model:merge:mx/shell"),
        (
            "base_model: mx/egg\nbase_model_relation: quantized",
            "base_model:quantized:mx/egg",
        ),
        ("base_model: mx/egg\nlibrary_name: peft", "base_model:adapter:mx/egg"),
        (
            f"base_model: {'m' * 96}/{'x' * 96}\nbase_model_relation: other",
            f"base_model:finetune:{'m' * 96}/{'x' * 96}",
        ),
    ],
)
def test_models_are_found_by_what_they_were_made_from(card, tag, api, shelf):
    put(shelf["tiny-bert"], {"README.md": f"---\n{card}\n---\n".encode()})
    kind, _, base = tag.removeprefix("base_model:").partition(":")

    assert names(api().get("/api/models", {"filter": tag})) == ["tiny-bert"]
    assert names(api().get("/api/models", {"filter": f"base_model:{base}"})) == [
        "tiny-bert"
    ]
    other = {"filter": f"base_model:{'merge' if kind != 'merge' else 'adapter'}:{base}"}
    assert names(api().get("/api/models", other)) == []


def test_one_also_sees_what_is_ones_own(api, shelf):
    owner = shelf["net"].created_by

    assert set(names(api(owner).get("/api/models"))) == {"net", "tiny-bert"}
    assert names(api(UserFactory()).get("/api/models")) == ["tiny-bert"]


def test_the_last_changed_first(api, shelf):
    put(shelf["birds"], {"more.txt": b"m"}, at=NOON.replace(hour=20))
    assert names(api().get("/api/datasets", {"sort": "lastModified"})) == [
        "birds",
        "gated-set",
    ]


def test_what_a_row_tells(api, shelf):
    row, _ = api().get("/api/datasets", {"sort": "likes"}).json()
    full = api().get("/api/models", {"full": "True", "cardData": "True"}).json()[0]

    assert row.keys().isdisjoint({"siblings", "cardData"})
    assert row["sha"] == shelf["birds"].commits.get().oid
    assert (row["downloads"], row["likes"], row["gated"]) == (0, 0, False)
    assert "license:mit" in row["tags"]
    assert full["siblings"] == [
        {"rfilename": "README.md"},
        {"rfilename": "config.json"},
    ]
    assert full["cardData"]["pipeline_tag"] == full["pipeline_tag"]
    assert full["library_name"] == "transformers"
    assert full["modelId"] == full["id"] == "mx-elf/tiny-bert"


def test_only_what_is_asked_for(api, shelf):
    rows = api().get("/api/datasets", {"expand": ["likes", "usedStorage"]}).json()

    assert [set(row) for row in rows] == [{"_id", "id", "likes"}] * 2


@pytest.mark.parametrize("sort", ["createdAt", "lastModified", "downloads", "likes"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_hold_all_once(sort, size, api, shelf):
    owner = UserFactory()
    RepositoryFactory.create_batch(5, public=True, owner=owner)
    client = api()
    answer = client.get("/api/datasets", {"sort": sort, "limit": size})
    found = names(answer)
    while where := following(answer):
        assert where.startswith("http://testserver/api/datasets?")
        answer = client.get(where)
        assert len(answer.json()) <= size
        found += names(answer)

    assert len(found) == len(set(found)) == 7


@pytest.mark.parametrize("query", [{}, {"full": "true"}])
def test_a_list_costs_the_same_however_long(
    query, api, shelf, django_assert_num_queries
):
    client, queries = api(), 5 + len(query)
    with django_assert_num_queries(queries):
        client.get("/api/datasets", query)
    for number in range(6):
        more = RepositoryFactory(public=True, name=f"more-{number}")
        put(more, {"a.txt": b"a", "b.txt": b"b"})
    with django_assert_num_queries(queries):
        assert len(client.get("/api/datasets", query).json()) == 8


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"sort": "random"}, 400),
        ({"limit": "0"}, 400),
        ({"limit": "1e3"}, 400),
        ({"limit": "9" * 5000}, 200),
        ({"cursor": "x"}, 400),
        ({"cursor": "\0"}, 400),
        ({"expand": "gguf"}, 400),
        ({"expand": "sha"}, 200),
        ({"filter": "a\0b"}, 400),
        ({"filter": "x" * 5000}, 400),
        ({"filter": ["x"] * 500}, 400),
        ({"search": '"-( OR'}, 200),
        ({"search": "' ; drop"}, 200),
        ({"gated": "perhaps"}, 400),
        ({"full": "perhaps"}, 400),
        ({"num_parameters": "min:0,max:1B"}, 200),
        ({"unheard": "of"}, 200),
    ],
)
def test_odd_questions(query, status, api, shelf):
    answer = api().get("/api/datasets", query)

    assert answer.status_code == status
    if status == 501:
        assert answer.headers["X-Error-Code"] == "NotImplemented"


def test_an_organisations_are_listed_by_its_name(api):
    owner = UserFactory()
    organisation = create_organisation(
        owner, name="guild", title="The guild", about="", created_at=NOON
    )
    RepositoryFactory(
        public=True,
        owner=owner,
        namespace=organisation.namespace,
        name="x",
        kind=Kind.MODEL,
    )

    assert names(api().get("/api/models", {"author": "Guild"})) == ["x"]
