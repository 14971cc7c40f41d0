"""A table too large to be read whole is sampled, and says so wherever it is told of."""

import io
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from django.utils import timezone

from tests.contests.asking import signed_in
from tests.readable import words_of
from tests.studio.bundles import ran, unpacked
from tests.studio.tables import csv_of, people
from tests.studio.test_projects import WORKER, begun, trained
from training.cutting import Manner, Sample
from training.jobs import MIB, SubmissionFailed
from training.learning import LearningPlan
from training.runner.cutting import look_at
from training.runner.inside.blocks import as_text, blocks_of, rows_at
from training.runner.inside.wire import decode
from training.runner.studio.preparing import prepare
from training.studio import services
from training.studio.cards import card_of
from training.studio.models import Project
from training.studio.working import work

ROWS = 6_000
WHOLE_BYTES = 30_000
PLAN = LearningPlan("kind", has_classes=True, seed=4)
ODD = 'a,b\n1,"two\n""lines"""\n,x\n" ",\n3,é\n4,"a,b"\n'


def visits():
    """Rows in order of time; every seventh has no kind."""
    chance = np.random.default_rng(8)
    days = np.arange(ROWS) // 4
    kinds = np.where(chance.random(ROWS) < 0.4, "ill", "well")
    return pl.DataFrame(
        {
            "patient": [f"p{one}" for one in chance.integers(0, 900, ROWS)],
            "day": pl.Series(days).cast(pl.Int32).cast(pl.Date).cast(pl.String),
            "size": chance.normal(size=ROWS).round(4),
            "kind": [None if at % 7 == 0 else kind for at, kind in enumerate(kinds)],
        }
    )


def file_of(frame, form):
    out = io.BytesIO()
    if form == "parquet":
        frame.write_parquet(out)
    elif form == "jsonl":
        frame.write_ndjson(out)
    else:
        frame.write_csv(out, separator="\t" if form == "tsv" else ",")
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet"])
def test_blocks_are_the_table_whatever_it_is_written_as(form, monkeypatch):
    monkeypatch.setattr("training.runner.inside.blocks.ROWS_AT_ONCE", 400)
    frame = visits()
    file = io.BytesIO(file_of(frame, form))

    blocks = [as_text(one) for one in blocks_of(file, form, block_bytes=10_000)]
    assert len(blocks) > 10
    assert pl.concat(blocks).equals(as_text(frame))
    file.seek(0)
    places = [5_998, 0, 7, 4_021, 7]
    assert rows_at(file, form, places).equals(as_text(frame)[places])


def test_a_quotation_over_several_lines_stays_whole_and_types_are_those_of_all():
    whole = as_text(pl.read_csv(ODD.encode(), infer_schema=False))
    for size in (1, 5, 11, 1_000):
        blocks = blocks_of(io.BytesIO(ODD.encode()), "csv", block_bytes=size)
        assert pl.concat([as_text(one) for one in blocks]).equals(whole)
    lines = b'{"a": 1}\n{"a": 2, "b": [1]}\n{"a": 0.5, "c": true}\n'
    blocks = blocks_of(io.BytesIO(lines), "jsonl", block_bytes=9)
    text = pl.concat([as_text(one) for one in blocks])
    assert text.to_dict(as_series=False) == {
        "a": ["1.0", "2.0", "0.5"],
        "c": [None, None, "true"],
    }
    endless = b'a,b\n1,"' + b"x\n" * (33 * MIB)
    with pytest.raises(ValueError, match="has no end"):
        list(blocks_of(io.BytesIO(endless), "csv"))


@pytest.mark.parametrize(
    ("form", "manner", "by"),
    [
        ("csv", Manner.STRATIFIED, ""),
        ("parquet", Manner.GROUPED, "patient"),
        ("jsonl", Manner.BY_TIME, "day"),
    ],
)
def test_a_sample_is_of_rows_of_whole_groups_or_of_the_latest(
    form, manner, by, tmp_path, sandbox
):
    frame, table = visits(), tmp_path / f"visits.{form}"
    table.write_bytes(file_of(frame, form))
    plan = replace(PLAN, manner=manner, by=by)

    def drawn():
        return prepare(
            table, form=form, plan=plan, sandbox=sandbox, whole_bytes=WHOLE_BYTES
        )

    ready = drawn()
    sample = ready.facts.sample
    labelled = [at for at in range(ROWS) if at % 7]
    assert (sample.rows, sample.usable) == (ROWS, len(labelled))
    assert sum(ready.facts.counts) == sample.kept
    assert ready.facts.dropped == ROWS - len(labelled)
    arrays = [decode(one)[0] for one in (ready.learning, ready.test)]
    parts = [set(one["rows"].tolist()) for one in arrays]
    rows = parts[0] | parts[1]
    assert len(rows) == sample.kept
    assert rows <= set(labelled)
    size = sum(
        map(
            len,
            frame[sorted(rows)]
            .select(pl.concat_str("*", separator=","))
            .to_series()
            .to_list(),
        )
    )
    assert 0.8 * WHOLE_BYTES < size <= WHOLE_BYTES
    names = frame["patient"].to_list()
    if manner is Manner.STRATIFIED:
        assert min(rows) < 100
        assert max(rows) > ROWS - 100
    elif manner is Manner.GROUPED:
        groups = {names[at] for at in rows}
        assert rows == {at for at in labelled if names[at] in groups}
        assert not {names[at] for at in parts[0]} & {names[at] for at in parts[1]}
    else:
        assert rows == {at for at in labelled if at >= min(rows)}
        assert max(parts[0]) < min(parts[1])
    values = dict(zip(arrays[1]["rows"].tolist(), arrays[1]["features"], strict=True))
    at = next(iter(parts[1]))
    assert frame["size"][at] in values[at]
    assert drawn() == ready


def test_what_cannot_be_sampled_is_refused_and_looks_tell_of_the_sample(
    tmp_path, sandbox
):
    table = tmp_path / "visits.csv"
    table.write_bytes(csv_of(visits().with_columns(same=pl.lit("2026-01-01"))))

    facts = look_at(table, form="csv", sandbox=sandbox, whole_bytes=WHOLE_BYTES)
    assert facts.sample.rows == facts.sample.usable == ROWS
    assert facts.rows == facts.sample.kept < ROWS / 2
    assert "6,000 rows" in facts.sample.told
    for plan, code in [
        (replace(PLAN, manner=Manner.BY_TIME, by="same"), "sample_impossible"),
        (replace(PLAN, manner=Manner.BY_TIME, by="patient"), "not_a_time"),
        (replace(PLAN, target="gone"), "no_such_column"),
        (replace(PLAN, target="patient"), "too_many_classes"),
    ]:
        with pytest.raises(SubmissionFailed) as refused:
            prepare(
                table,
                form="csv",
                plan=plan,
                sandbox=sandbox,
                whole_bytes=WHOLE_BYTES,
            )
        assert refused.value.code == code
    assert "This is of a sample" in refused.value.message


@pytest.mark.django_db(transaction=True)
def test_the_page_the_card_the_bundle_and_predict_tell_of_the_sample(tmp_path):
    worker = replace(WORKER, whole_bytes=40_000)
    table = csv_of(people(2_000))
    project = begun(table=table)
    client, page = signed_in(project.owner), f"/studio/{project.pk}"

    def done():
        work(Project.objects.get().run_id, worker=worker)
        found = Project.objects.select_related("run").get()
        assert (found.run.failure_message, found.run.status) == ("", "SUCCEEDED")
        return found

    done()
    assert "of its 2,000 rows" in words_of(client.get(page))
    project = trained(project, worker=worker)
    services.keep_model(
        project.owner, project=project, key="linear", asked_at=timezone.now()
    )
    project = done()
    services.open_test(project.owner, project=project, asked_at=timezone.now())
    project = done()

    sample = project.sample
    assert sample.rows == 2_000 > 3 * sample.kept / 2
    shown = words_of(client.get(page))
    assert "and so are the rows for the test" in shown
    assert "These are of the sample" in shown
    assert sample.told in card_of(project, "Buyers")
    told = client.get(f"/api/v1/studio/projects/{project.pk}").json()
    assert told["sample"]["kept"] == sample.kept
    unpacked(project, tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    assert Sample.from_json(about["sample"]) == sample
    (tmp_path / "table.csv").write_bytes(table)
    said = ran(tmp_path, "--verify", "table.csv")
    assert f"(of a sample, {sample.kept} of 2000 rows)" in said
    assert "The same." in said
