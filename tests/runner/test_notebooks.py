"""Notebooks as code: their cells run in order, and what cannot run is told."""

import io
import json
import zipfile

import numpy as np
import pytest

from tests.runner.handed_in import (
    LABELS,
    LIMITS,
    TARGET,
    failure_of,
    softmaxed,
    write,
)
from training.jobs import CodeJob
from training.runner.execution import execute
from training.runner.inside.notebooks import cells_of
from training.runner.inside.refusal import Refusal

PREDICT = """%%time
%matplotlib inline
import csv, os
from beside import chance
with open(os.environ["INPUTS"]) as inputs:
    rows = list(csv.DictReader(inputs))
"""
WRITE = """with open(os.environ["OUTPUTS"], "w") as out:
    print("id,probability", file=out)
    for row in rows:
        print(row["id"], chance(float(row["a"]), float(row["b"])), sep=",", file=out)
display("all rows told")
"""
BESIDE = "def chance(a, b):\n    return 1 / (1 + 2.718281828 ** (a - b))\n"


def notebook(*sources, language="python", **more):
    cells = [{"cell_type": "markdown", "source": ["# Why"]}]
    cells += [
        {"cell_type": "code", "source": text.splitlines(keepends=True)}
        for text in sources
    ]
    told = {
        "cells": cells,
        "metadata": {"language_info": {"name": language}},
        "nbformat": 4,
        **more,
    }
    return json.dumps(told).encode()


def zipped(**files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def job(folder, content):
    path = write(folder, "handed-in", content)
    return CodeJob(path, folder / "inputs.csv", folder / "truth.csv", TARGET, LIMITS)


def test_a_notebook_runs_alone_or_beside_its_modules_as_its_cells_would(
    folder, sandbox
):
    expected = -np.log(softmaxed()[np.arange(40), LABELS]).mean()
    packed = zipped(main__ipynb=notebook(PREDICT, WRITE), beside__py=BESIDE)
    alone = notebook(PREDICT.replace("from beside import chance\n", BESIDE), WRITE)
    for content in (packed, b"\n" + alone):
        outcome = execute(job(folder, content), sandbox=sandbox)
        assert outcome.metrics[0].value == pytest.approx(expected, abs=1e-3)
        assert "%matplotlib inline" in outcome.log_tail
        assert "all rows told" in outcome.log_tail

    failed = failure_of(job(folder, notebook("x = 1\n", "y = x\nz = y / 0\n")), sandbox)
    assert failed.code == "code_failed"
    assert '"<cell 3>", line 2' in failed.log_tail
    assert "z = y / 0" in failed.log_tail
    both = zipped(a__ipynb=notebook("1"), b__ipynb=notebook("1"))
    assert failure_of(job(folder, both), sandbox).code == "several_notebooks"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"{", "unreadable_notebook", "not JSON"),
        (b'{"cells": 3}', "unreadable_notebook", "no list of cells"),
        (notebook(), "unreadable_notebook", "no cell with code"),
        (notebook("x = (\n"), "unreadable_notebook", "Cell 2, line 1"),
        (notebook("1", language="R"), "wrong_language", "written in R"),
        (notebook("%%bash\nls\n"), "unsupported_magic", "%%bash"),
    ],
    ids=["cut", "no cells", "no code", "no Python", "R", "bash"],
)
def test_what_is_no_notebook_of_python_is_told_before_anything_runs(
    content, code, said
):
    with pytest.raises(Refusal) as refused:
        cells_of(content)

    assert (refused.value.code, refused.value.stage) == (code, "UNPACK")
    assert said in refused.value.message


def test_lines_for_notebooks_alone_are_left_out_and_strings_are_kept():
    cell = notebook('%load_ext x\nwords = """\n%d\n"""\nif words:\n    !ls\n')
    old = json.dumps(
        {"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]}
    )

    kept = cells_of(cell)[0]
    assert [line.rpartition(": ")[2] for line in kept.left_out] == [
        "%load_ext x",
        "!ls",
    ]
    assert kept.source == 'pass\nwords = """\n%d\n"""\nif words:\n    pass\n'
    assert cells_of(old.encode())[0].source == "x = 1\n"
