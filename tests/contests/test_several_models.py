"""Several tasks answered by a model for each, or by code that runs for each."""

import io
import zipfile

import pytest

from tests.contests.asking import signed_in, text_of
from tests.contests.test_several import (
    DIGITS,
    PRICES,
    TASKS,
    opened,
    post,
    scored,
    table,
    upload,
    zipped,
)
from tests.contests.uploading import became, take, use
from tests.contests.uploading import upload as commit
from tests.factories.training import enter
from tests.runner.models import one_column, softmax
from training.contests.models import Format, Submission

pytestmark = pytest.mark.django_db(transaction=True)
FORMATS = ["PREDICTIONS", "ONNX", "CODE"]
PREDICT = """
import csv, os
rows = list(csv.DictReader(open(os.environ["INPUTS"])))
with open(os.environ["OUTPUTS"], "w") as out:
    print("id,label", file=out)
    for row in rows:
        asked = {"german": lambda: max(range(10), key=lambda n: float(row[f"d{n}"])),
                 "french": lambda: row["a"]}
        print(row["id"], asked[os.environ["TASK"]](), sep=",", file=out)
"""


def archive(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in files.items():
            made.writestr(name.replace("_", "."), content)
    return out.getvalue()


def inputs():
    """Return features that tell the answers: one-hot digits, and the price itself."""
    heads = ",".join(f"d{n}" for n in range(10))
    hot = (
        ",".join(str(int(n == digit)) for n in range(10)) for digit in DIGITS.values()
    )
    german = [f"id,{heads}", *map(",".join, zip(DIGITS, hot, strict=True))]
    french = ["id,a,b", *(f"{key},{price},0" for key, price in PRICES.items())]
    return zipped(german="\n".join(german), french="\n".join(french))


@pytest.fixture
def contest():
    return opened(formats=FORMATS, inputs=upload(inputs()))


def test_a_model_for_each_task_and_code_that_runs_for_each_are_scored(contest):
    models = archive(
        german_onnx=softmax(10, 10), french_onnx=one_column(is_logistic=False)
    )
    code = archive(predict_py=PREDICT)
    for made, content in [("ONNX", models), ("CODE", code)]:
        entrant = enter(contest)
        answer = post(contest, entrant.user, format=made, file=upload(content))
        assert answer.status_code == 201, answer.content
        submission = scored(Submission.objects.get(pk=answer.json()["id"]))
        told = {each.metric: each.value for each in submission.shown.public_scores}
        assert (told["german.accuracy"], told["french.mae"]) == (1.0, 0.0), made
    usage = Submission.objects.get(format=Format.ONNX).shown.run.usage
    assert usage["latency_ms_per_row"] > 0


def test_what_is_handed_in_for_each_task_is_judged_before_it_counts(contest):
    entrant = enter(contest)
    model = upload(softmax(10, 10), "a.onnx")
    empty = {"file.german": model, "file.french": upload(table({}), "b.onnx")}
    whole = post(contest, entrant.user, format="ONNX", **empty)
    assert whole.status_code == 201
    run = scored(Submission.objects.get(pk=whole.json()["id"])).attempts.get().run
    assert run.failure_message.startswith("task “french”: ")

    def refused(**given):
        answer = post(contest, entrant.user, **given)
        assert answer.status_code == 400, answer.content
        return answer.json()["detail"]

    one = upload(archive(german_onnx=softmax(10, 10)))
    assert "task “french” is missing" in refused(format="ONNX", file=one)
    hollow = upload(archive(german_onnx=b"", french_onnx=b""))
    assert "“german”: its file is empty" in refused(format="ONNX", file=hollow)
    code = {"file.german": upload(PREDICT.encode(), "predict.py")}
    assert "one archive that runs for each" in refused(format="CODE", **code)
    page = text_of(signed_in(entrant.user).get(f"/contests/{contest.slug}/submit"))
    assert "$TASK" in page
    assert Submission.objects.filter(entrant=entrant).count() == 1


def test_a_zip_that_is_uploaded_is_taken_for_what_it_holds(contest):
    entrant = enter(contest)
    source = use(entrant)
    answers = zipped(german=table(DIGITS), french=table(PRICES))
    models = archive(german_onnx=softmax(10, 10), french_onnx=softmax(2, 2))
    for name, content, format_ in [
        ("a.zip", answers, Format.PREDICTIONS),
        ("b.zip", models, Format.ONNX),
        ("c.zip", archive(predict_py=PREDICT), Format.CODE),
    ]:
        made = commit(source, {name: content})
        take()
        assert became(made).format == format_
    made = commit(source, {"d.zip": b"no zip"})
    take()
    assert became(made) == "bundle_refused"


def test_models_need_tasks_and_inputs_that_they_can_run_on():
    for given, said in [
        ({"formats": FORMATS}, "inputs: models and code need"),
        (
            {
                "formats": ["ONNX"],
                "inputs": upload(inputs()),
                "tasks": [TASKS[0], {**TASKS[1], "task": "RANKING", "metric": "ndcg"}],
            },
            "models answer classes or numbers alone",
        ),
    ]:
        answer = opened(**given)
        assert answer.status_code == 400, given
        assert said in answer.content.decode()
