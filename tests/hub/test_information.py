import hashlib
import json
import struct

import pytest

from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.hub.conftest import FILES, LARGE, ROWS, git_oid_of, pointer_of, put

pytestmark = pytest.mark.django_db
STATES = {"a": ("F32", [2, 3]), "b": ("I64", [4])}
CARD = """---
license: apache-2.0
library_name: transformers
pipeline_tag: text-classification
language: el
datasets: [mx/birds]
base_model: mx/egg
tags: [no, 12]
odd: [1, 2.5, true, null, .inf, 2020-01-01, {deep: "a\\0b"}]
---
"""


def safetensors_of(tensors):
    header = {"__metadata__": {"format": "pt"}}
    for name, (kind, shape) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [0, 0]}
    said = json.dumps(header).encode()
    return struct.pack("<Q", len(said)) + said


def ask(client, repository, *below, **query):
    kind = repository.kind.lower()
    path = "/".join([f"/api/{kind}s/{repository}", *below])
    return client.get(path, query)


def test_a_dataset(api, dataset):
    commit = dataset.commits.get()
    told = ask(api(), dataset).json()

    assert {
        name: told[name]
        for name in ("id", "author", "sha", "private", "gated", "disabled")
    } == {
        "id": str(dataset),
        "author": dataset.namespace.name,
        "sha": commit.oid,
        "private": False,
        "gated": False,
        "disabled": False,
    }
    assert told["createdAt"] == told["lastModified"] == "2026-01-01T12:00:00.000Z"
    assert told["cardData"]["language"] == ["en", "el"]
    assert told["tags"] == [
        "task_categories:image-classification",
        "language:en",
        "language:el",
        "license:mit",
        "size_categories:n<1K",
        "birds",
    ]
    assert sorted(told["siblings"], key=lambda one: one["rfilename"]) == [
        {"rfilename": path} for path in sorted(FILES)
    ]
    assert (told["downloads"], told["likes"]) == (0, 0)
    assert told["usedStorage"] == sum(map(len, FILES.values()))


def test_blobs_tell_sizes_and_ids(api, dataset):
    told = ask(api(), dataset, blobs="true").json()
    files = {one.pop("rfilename"): one for one in told["siblings"]}

    assert files["data/rows.csv"] == {"size": len(ROWS), "blobId": git_oid_of(ROWS)}
    assert files["weights.bin"] == {
        "size": len(LARGE),
        "blobId": git_oid_of(pointer_of(LARGE)),
        "lfs": {
            "sha256": hashlib.sha256(LARGE).hexdigest(),
            "size": len(LARGE),
            "pointerSize": len(pointer_of(LARGE)),
        },
    }


def test_an_older_version_has_its_own_card_and_files(api, dataset):
    older = dataset.commits.get().oid
    put(dataset, {"README.md": b"---\ntags: [newer]\n---\n", "new.txt": b"n"})

    told = ask(api(), dataset, f"revision/{older}").json()

    assert told["sha"] == older
    assert told["cardData"]["tags"] == ["birds"]
    assert {"rfilename": "new.txt"} not in told["siblings"]
    assert ask(api(), dataset).json()["cardData"] == {"tags": ["newer"]}
    missing = ask(api(), dataset, "revision/none")
    assert missing.headers["X-Error-Code"] == "RevisionNotFound"


def test_a_model_tells_what_its_files_say_to_whom_may_have_them(api, model):
    data = safetensors_of(STATES)
    put(
        model,
        {
            "README.md": CARD.encode(),
            "config.json": b'{"model_type": "bert", "secret": 1, "architectures": ["B"]}',
            "model.safetensors": data,
        },
        large={"model.safetensors"},
    )

    told = ask(api(model.created_by), model).json()

    assert told["safetensors"] == {"parameters": {"F32": 6, "I64": 4}, "total": 10}
    assert told["config"] == {"model_type": "bert", "architectures": ["B"]}
    assert (told["library_name"], told["pipeline_tag"]) == (
        "transformers",
        "text-classification",
    )
    assert told["baseModels"] == ["mx/egg"]
    assert told["tags"] == [
        "transformers", "text-classification", "el", "dataset:mx/birds",
        "base_model:mx/egg", "base_model:finetune:mx/egg", "license:apache-2.0", "no", "12",
    ]  # fmt: skip
    assert told["cardData"]["tags"] == ["no", 12]
    assert told["cardData"]["odd"] == [
        1, 2.5, True, None, ".inf", "2020-01-01", {"deep": "a\ufffdb"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        struct.pack("<Q", 2**63),
        struct.pack("<Q", 4) + b"nope",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 10) + b'{"a":"b"} ',
        safetensors_of({"a": ("F32", [-1])}),
        safetensors_of({"a": ("F32", [2**39, 2**39, 2**39])}),
        safetensors_of({"a": ("F32", ["2"])}),
        safetensors_of({"a": ("F" * 99, [2])}),
        safetensors_of({"a": ("F\0", [2])}),
        safetensors_of({str(each): (f"F{each}", [2]) for each in range(65)}),
        struct.pack("<Q", 200_000) + b"[" * 200_000,
    ],
)
def test_odd_weights_are_told_as_files_and_no_more(data, api, model):
    put(model, {"model.safetensors": data or b"\n"}, large={"model.safetensors"})

    answer = ask(api(model.created_by), model)

    assert answer.status_code == 200
    assert "safetensors" not in answer.json()


@pytest.mark.parametrize("config", [b"", b"[]", b"{", b"[" * 100_000, b"\xff", b"null"])
def test_an_odd_config_is_told_as_a_file_and_no_more(config, api, model):
    put(model, {"config.json": config or b" "})

    assert "config" not in ask(api(model.created_by), model).json()


def test_only_what_is_asked_for(api, dataset):
    told = ask(api(), dataset, expand=["sha", "likes", "citation"]).json()

    assert set(told) == {"_id", "id", "sha", "likes"}
    assert set(ask(api(), dataset, **{"expand[]": "private"}).json()) == {
        "_id",
        "id",
        "private",
    }


@pytest.mark.parametrize(
    "query",
    [{"expand": "secrets"}, {"expand": ["sha", "\0"]}, {"blobs": "maybe"}],
)
def test_what_cannot_be_asked_for(query, api, dataset):
    answer = ask(api(), dataset, **query)

    assert answer.status_code == 400
    assert "error" in answer.json()


def test_a_repository_without_files(api):
    empty = RepositoryFactory(public=True, licence_id="")
    told = ask(api(), empty).json()

    assert (told["sha"], told["siblings"], told["cardData"]) == (None, [], {})
    assert told["tags"] == []


def test_what_is_hidden_is_not_there(api, model):
    for who, status in ((None, 401), (UserFactory(), 404)):
        answer = ask(api(who), model)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (
            status,
            "RepoNotFound",
        )


def test_names_without_a_namespace_are_not_there(api):
    for path in ("/api/datasets/squad", "/api/models/gpt2", "/gpt2/resolve/main/x.txt"):
        answer = api().get(path)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (
            401,
            "RepoNotFound",
        )


def test_a_card_as_large_as_it_likes_to_be_is_refused_not_followed(api, dataset):
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    answer = api(dataset.created_by).put(
        f"/api/v1/datasets/{dataset}/files/README.md",
        f"---\n{bomb}---\n".encode(),
        content_type="application/octet-stream",
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_card")


def test_information_costs_the_same_however_many_files(
    api, dataset, django_assert_num_queries
):
    client = api()
    for many in (1, 40):
        put(dataset, {f"n/{many}/{n}.txt": b"%d" % n for n in range(many)})
        with django_assert_num_queries(7):
            ask(client, dataset)
