"""An owner has a model's file read, words how the model is called, and commits that."""

import io
import json

import onnx
import pytest
from bs4 import BeautifulSoup
from onnx import TensorProto, helper
from PIL import Image
from rest_framework.test import APIClient
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skops import io as skops_io

from marketplace.catalog.models import TreeEntry
from marketplace.kit.errors import Malformed
from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.weights import weights
from tests.readable import words_of
from tests.runner import models
from tests.serving.making import SERVER, answered, brightness
from training.runner.inside.serving import onnx_graphs
from training.runner.serving.describing import described_in
from training.serving.drafts import drafted, require_fit
from training.serving.models import SignatureDraft
from training.serving.queries import draft_of, worded
from training.serving.services import propose_signature
from training.serving.working import read_model
from training.signatures import Signature, Takes
from training.web import serving as pages

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Nobody answers while a request is waited for: the tests are the worker."""
    monkeypatch.setattr(pages, "PAGE_WAITS_SECONDS", 0.0)


def told(data, **words):
    """Return what a graph says of itself, with metadata."""
    made = onnx.load_model_from_string(data)
    for key, value in words.items():
        made.metadata_props.add(key=key, value=value)
    return described_in(onnx_graphs.described(made.SerializeToString()))


def proposed(data, **words):
    return drafted("model.onnx", told(data, **words))


def identity(shape, kind=FLOAT, name="x", out=None):
    node = helper.make_node("Identity", [name], ["y"])
    return models.model([node], [(name, kind, shape)], [("y", kind, out or shape)])


def test_a_graph_that_says_what_it_is_called_is_proposed_as_it_says():
    named = proposed(
        models.softmax(4, 3),
        id2label=json.dumps({"2": "c", "0": "a", "1": "b"}),
        columns='["w", "x", "y", "z"]',
    )
    assert named.signature.classes == ("a", "b", "c")
    assert [one.name for one in named.signature.columns] == ["w", "x", "y", "z"]
    assert [note.partition(":")[0] for note in named.notes] == ["target"]
    literal = proposed(models.softmax(2, 2), names="{0: 'cat', 1: 'dog'}")
    assert literal.signature.classes == ("cat", "dog")
    mapped = proposed(models.classifier(["gull", "tern"], has_zipmap=True))
    assert mapped.signature.classes == ("gull", "tern")
    amount = proposed(models.one_column(is_logistic=False))
    assert amount.signature.classes == ()
    assert any("taken for an amount" in note for note in amount.notes)
    several = proposed(models.per_column()).signature
    assert [one.name for one in several.columns] == ["a", "b"]
    picture = proposed(brightness()).signature
    assert (picture.takes, picture.picture.width, picture.picture.channels) == (
        *(Takes.IMAGE, 4, 1),
    )
    assert picture.classes == ("class 1", "class 2")
    last = proposed(identity(["n", 8, 6, 3], out=["n", 8, 6, 3]))
    assert "classes: its answers are “y” of float [any, 8, 6, 3]" in last.faults[0]
    for one in (named, literal, mapped, amount):
        assert Signature.from_bytes(one.signature.as_bytes()) == one.signature


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (identity([4]), "takes: its input “x” has the shape [4] and no axis"),
        (
            identity([3, 8, 8]),
            "takes: its input “x” has the shape [3, 8, 8] and no axis",
        ),
        (identity([]), "takes: its input “x” has no axis for the batch"),
        (identity(["n", 4, 8, 8]), "channels: its input “x” has the shape"),
        (identity(["n", "a", "b"]), "columns: its input “x” has the shape"),
        (identity(["n", 2000]), "columns: it takes 2,000 numbers"),
        (identity(["n", 2, 2, 2, 2]), "takes: its input “x” has the shape"),
        (identity(["n", 3], STRING), "takes: its input “x” takes texts as [any, 3]"),
        (identity(["n", "s"], INT64, "input_ids"), "takes: it takes numbers of tokens"),
        (identity(["n", 2], TensorProto.BOOL), "takes: its input “x” is of bool"),
        (
            models.model(
                [helper.make_node("Add", ["x", "z"], ["y"])],
                [("x", FLOAT, ["n", 3]), ("z", FLOAT, ["n", 3])],
                [("y", FLOAT, ["n", 3])],
            ),
            "takes: it has 2 inputs, “x” of float [any, 3]",
        ),
        (identity(["n", 1], STRING), "classes: its answers are “y” of string"),
        (identity(["n", 2], INT64), "classes: its answers are “y” of int64"),
    ],
)
def test_what_no_words_make_answer_is_told_with_the_field_and_what_to_do(data, says):
    draft = proposed(data)
    assert draft.signature is None
    assert any(fault.startswith(says) for fault in draft.faults), draft.faults


def test_words_that_do_not_fit_the_file_are_refused_by_name():
    rows, described = proposed(models.softmax(4, 3)), told(models.softmax(4, 3))
    picture, seen = proposed(brightness()).signature, told(brightness())
    whole = rows.signature.as_json()
    shown = picture.as_json()
    for base, held, change, says in (
        (
            whole,
            described,
            {"classes": ["a", "b"]},
            "classes: it answers with 3 numbers",
        ),
        (whole, described, {"classes": []}, "classes: it answers with 3 numbers"),
        (
            whole,
            described,
            {"columns": whole["columns"][:3]},
            "columns: the file takes 4",
        ),
        (
            *(whole, described),
            {"columns": [*whole["columns"][:3], {"name": "born", "kind": "DATE"}]},
            "columns: the file takes 4 numbers for each row, and the columns that are",
        ),
        (
            *(whole, described),
            {"takes": "TEXT", "columns": []},
            "takes: the file takes “x” of float [any, 4]",
        ),
        (
            *(shown, seen),
            {"picture": {"width": 8, "height": 4, "channels": 1}},
            "width: the file takes [1, 4, 4] as channels, height, width, so 4 and not 8",
        ),
        (
            *(shown, seen),
            {"picture": {"width": 4, "height": 4, "channels": 3}},
            "channels: the file takes",
        ),
    ):
        worded_so = Signature.from_json(base | change)
        with pytest.raises(Malformed) as refused:
            require_fit(worded_so, held)
        assert str(refused.value).startswith(says)
    require_fit(Signature.from_json(whole), described)
    openly = told(identity(["n", "columns"], out=["n", "k"]))
    assert openly.untried
    require_fit(Signature.from_json(whole), openly)


@pytest.mark.django_db(transaction=True)
def test_an_owner_words_what_is_proposed_tries_it_and_commits_it_with_one_click():
    owner, member = UserFactory(), UserFactory()
    model = RepositoryFactory(owner=owner, model=True, public=True)
    page, browser = f"/models/{model}/signature", signed_in(owner)
    assert "No file that answers yet" in words_of(browser.get(page))
    commit(model, {"README.md": "# A model"})
    assert "Propose how it is called" in words_of(browser.get(f"/models/{model}/try"))
    beside = {"image_mean": [0.5], "image_std": [0.25]}
    commit(
        model,
        {
            "net/model.onnx": brightness(),
            "net/config.json": b'{"id2label": {"0": "day", "1": "night"}}',
            "net/preprocessor_config.json": json.dumps(beside).encode(),
        },
    )
    assert signed_in(member).get(page).status_code == 403
    odd = browser.post(page, {"act": "read", "path": "net/config.json"})
    assert "Select a valid choice" in words_of(odd)
    assert not SignatureDraft.objects.exists()

    browser.post(page, {"act": "read", "path": "net/model.onnx"})
    again = browser.post(page, {"act": "read", "path": "net/model.onnx"})
    assert again.status_code == 302
    assert "is being read" in words_of(browser.get(page))
    read_model(SignatureDraft.objects.get().run_id, server=SERVER)
    assert draft_of(model).run.failure_message == ""
    shown = browser.get(page)
    form = BeautifulSoup(shown.content, "html.parser")
    assert form.select_one("[name=classes]").text.split() == ["day", "night"]
    assert form.select_one("[name=mean]")["value"] == "0.5"
    assert form.select_one("[name=columns]") is None
    assert "a picture" in words_of(shown)

    words = {
        "target": "light",
        "classes": "day\nnight",
        "width": 4,
        "height": 4,
        "channels": 1,
        "order": "FIRST",
        "mean": "0.5",
        "deviation": "0.5",
    }
    for change, says in (
        ({"classes": "day\nnight\ndusk"}, "It answers with 2 numbers for each input"),
        ({"mean": "half"}, "write numbers with commas"),
        ({"width": 5}, "the file takes [1, 4, 4]"),
        ({"width": ""}, "This field is required."),
        ({"deviation": "0"}, "Numbers above 0"),
        ({"target": ""}, "This field is required."),
    ):
        wrong = browser.post(page, words | {"act": "commit"} | change)
        assert says.lower() in words_of(wrong).lower()
        kept = BeautifulSoup(wrong.content, "html.parser")
        assert kept.select_one("[name=deviation]")["value"] == (
            change.get("deviation", "0.5")
        )
    assert SignatureDraft.objects.get().signature is None
    assert browser.post(page, words | {"act": "keep"}).status_code == 302

    out = io.BytesIO()
    Image.new("RGB", (60, 40), (250, 250, 250)).save(out, "PNG")
    out.name, at = "sky.png", out.seek(0)
    nothing = browser.post(page, {"act": "ask"})
    assert "This field is required." in words_of(nothing)
    at = browser.post(page, {"act": "ask", "picture": out})["Location"]
    answered(at.rpartition("/")[2])
    seen = words_of(browser.get(at))
    assert "day It came without a calibration" in seen
    assert "Back to its words" in seen

    before = model.commits.count()
    done = browser.post(page, words | {"act": "commit", "classes": "bright\ndark"})
    assert done["Location"] == f"/models/{model}/try"
    assert model.commits.count() == before + 1
    last = model.commits.order_by("position").last()
    assert (last.author, last.message) == (owner, "Say how the model is called")
    assert TreeEntry.objects.filter(repository=model, name="signature.json").exists()
    assert not SignatureDraft.objects.exists()
    assert "Ask it" in words_of(browser.get(f"/models/{model}/try"))


@pytest.mark.django_db(transaction=True)
def test_a_program_has_models_of_scikit_learn_and_of_weights_proposed_and_commits_them():
    owner = UserFactory()
    model = RepositoryFactory(owner=owner, model=True)
    path = f"/api/v1/models/{model}/signature-draft"
    program = APIClient()
    program.force_authenticate(owner)
    assert program.post(path, {"path": "m.skops"}).json()["code"] == "not_served"
    texts = ["good day", "fine day", "bad night", "sad night"] * 5
    spoken = make_pipeline(TfidfVectorizer(), LogisticRegression())
    spoken.fit(texts, ["glad", "glad", "sad", "sad"] * 5)
    layers = {
        "0.weight": ([3, 2], [1.0] * 6),
        "0.bias": ([3], [0.0] * 3),
        "2.weight": ([2, 3], [1.0] * 6),
        "2.bias": ([2], [0.0] * 2),
    }
    commit(
        model,
        {
            "m.skops": skops_io.dumps(spoken),
            "net.safetensors": weights(layers, architecture="mlp", classes="no,yes"),
            "torn.onnx": b"not a graph",
        },
    )
    assert program.get(path).json()["code"] == "no_draft"
    for sent, says in (
        ({"path": "none.onnx"}, "path: there is no file “none.onnx” in it."),
        ({"path": "README.md"}, "path: choose a file of ONNX, skops or safetensors."),
    ):
        assert says in program.post(path, sent).json()["detail"]

    def read(name):
        draft = propose_signature(
            owner, repository=model, path=name, asked_at=SERVER.clock()
        )
        read_model(draft.run_id, server=SERVER)
        return program.get(path).json()

    torn = read("torn.onnx")
    assert torn["status"] == "FAILED"
    assert "is not an ONNX model" in torn["failure"]
    assert "could not be read" in words_of(
        signed_in(owner).get(f"/models/{model}/signature")
    )
    net = read("net.safetensors")
    assert net["described"]["inputs"][0]["shape"] == [None, 2]
    assert net["signature"]["classes"] == ["no", "yes"]
    assert len(net["signature"]["columns"]) == 2
    said = read("m.skops")["signature"]
    assert (said["takes"], said["classes"]) == ("TEXT", ["glad", "sad"])

    for change, says in (
        ({"classes": ["a"]}, "signature: classes: name two at least"),
        ({"classes": ["a", "b", "c"]}, "classes: it answers with 2 numbers"),
        ({"files": [{"path": "x.onnx", "kind": "ONNX"}]}, "files: the first should be"),
        ({"takes": "ROW"}, "signature: columns: a row has some"),
        ({"target": "a\x00"}, "signature: target: it should be a text"),
    ):
        refused = program.put(path, {"signature": said | change})
        assert (refused.status_code, says in refused.json()["detail"]) == (400, True)
    assert (
        program.put(path, {"signature": said | {"target": "mood"}}).status_code == 200
    )
    asked = program.post(
        f"{path}/predict", {"texts": ["a fine day"]}, HTTP_PREFER="respond-async"
    )
    answer = answered(asked.json()["id"])
    assert answer.answers[0]["guess"] == "glad"
    assert answer.target == "mood"

    commit(model, {"m.skops": skops_io.dumps(spoken.fit(texts, ["a", "b"] * 10))})
    changed = program.post(f"{path}/commit")
    assert (changed.status_code, changed.json()["code"]) == (409, "file_changed")
    assert worded(draft_of(model)).signature.target == "mood"
    again = read("m.skops")
    assert again["signature"]["target"] == "mood"  # what was worded stays
    assert program.post(f"{path}/commit").status_code == 201
    called = program.get(f"/api/v1/models/{model}/predict").json()
    assert (called["target"], called["takes"]) == ("mood", "TEXT")
