"""A person's notebook or script within the walls: what it reads, shows, leaves, and how
it ends when it never would."""

import json

import pytest

from tests.runner.test_notebooks import notebook
from training.jobs import MIB
from training.runner.own_jobs import MountedData, OwnJob, run_own_job, safe_files


@pytest.fixture
def run(tmp_path, sandbox):
    def run(source, *, seconds=30.0, **more):
        path = tmp_path / "source"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        job = OwnJob(
            path,
            is_notebook=isinstance(source, bytes),
            seconds=seconds,
            memory_bytes=1024 * MIB,
            **more,
        )
        return run_own_job(job, sandbox=sandbox)

    return run


def cells_in(ran):
    return json.loads(ran.notebook)["cells"]


def test_a_notebook_reads_shows_draws_and_stops_where_a_cell_fails(run, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    cells = (
        "import pandas\nframe = pandas.read_csv('/data/me/set/sub/a.csv')\nframe",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "open('/data/me/set/sub/a.csv', 'a')",
        "print('never')",
    )
    data = [MountedData("me/set", [("sub/a.csv", tmp_path / "a.csv")])]
    ran = run(notebook(*cells), data=data, parameters={"n": 3, "on": None})
    assert ran.fault.code == "code_failed"
    assert ran.fault.message.startswith("Cell 5 stopped it")
    told, prose, shown, drawn, failed, never = cells_in(ran)
    assert told["source"].splitlines()[1:] == ["n = 3", "on = None"]
    assert prose["cell_type"] == "markdown"
    assert shown["outputs"][0]["data"].keys() == {"text/plain", "text/html"}
    image = drawn["outputs"][0]["data"]["image/png"]
    assert image.startswith("iVBORw0KGgo")
    assert failed["outputs"][0]["ename"] == "PermissionError"
    assert (never["execution_count"], never["outputs"]) == (None, [])
    assert "Left out, as only a notebook understands it" in ran.log
    assert ran.files == {}


def test_what_prints_without_end_ends_well_and_what_never_ends_keeps_what_it_made(run):
    prints = "for _ in range(300): print('x' * 10**6)\nprint('the end')\n"
    ran = run(prints)
    assert ran.fault is None
    assert "from here on only the end of it is kept" in ran.log
    assert ran.log.endswith("the end\n")
    assert len(ran.log) < MIB

    endless = "open('made', 'w').write('1')\nprint('begun')\nwhile True: pass\n"
    ran = run(notebook("x = 1\nprint(x)", endless), seconds=2)
    assert ran.fault.code == "out_of_time"
    assert ran.files == {"made": b"1"}
    assert cells_in(ran)[1]["outputs"][0]["text"] == "1\n"

    flood = "for _ in range(300): print('y' * 10**5)"
    ran = run(notebook(flood))
    text = cells_in(ran)[1]["outputs"][0]["text"]
    assert ran.fault is None
    assert len(text) < 300_000
    assert text.endswith("the log may have more.]\n")


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (b"[1]", "unreadable_notebook", "It has no list of cells."),
        (b"\xff", "unreadable_notebook", "It is not JSON in UTF-8."),
        (notebook("1", language="R"), "wrong_language", "written in R"),
        (notebook("1 +"), "unreadable_notebook", "Cell 2, line 1 is not Python"),
        ("def f(:\n", "unreadable_script", "Line 1 is not Python"),
    ],
)
def test_what_is_no_python_is_told_before_anything_runs(run, source, code, said):
    ran = run(source)
    assert (ran.fault.code, said in ran.fault.message) == (code, True)
    assert ran.notebook is None


def test_a_notebook_of_format_3_becomes_one_of_format_4(run):
    old = {
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": "Title"},
                    {"cell_type": "code", "input": "print(6 * 7)", "outputs": []},
                ]
            }
        ],
        "metadata": {},
        "nbformat": 3,
    }
    title, code = cells_in(run(json.dumps(old).encode()))
    assert title["source"] == "## Title"
    assert code["outputs"] == [
        {"output_type": "stream", "name": "stdout", "text": "42\n"}
    ]


def test_it_reaches_nothing_outside_and_hands_back_only_plain_files(run):
    ran = run(
        "import os, socket\n"
        "os.symlink('/etc/passwd', 'passwd')\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError as refused:\n    print('no way out:', refused)\n"
    )
    assert "no way out" in ran.log
    assert ran.fault.code == "unsafe_output"
    assert ran.files == {}


def test_names_that_no_file_of_ours_may_have_are_left_out():
    hostile = (
        "out/../x",
        "out//etc/x",
        "out/a\\b",
        "out/\n",
        "out/",
        "other",
        "out/..",
    )
    kept = dict.fromkeys([*hostile, "out/ok", "out/sub/ok"], b"")
    assert set(safe_files(kept)) == {"ok", "sub/ok"}
