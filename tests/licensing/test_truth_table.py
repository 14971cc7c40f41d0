"""Every row of the table of verdicts, asked of the engine, the command and the API."""

import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from licensing.cases import Case, ask, inputs_of
from licensing.terms import Reading

TRUTH = Path(__file__).parents[1] / "data" / "licensing" / "licence_truth.csv"
COLUMNS = ["id", "scenario", "inputs", "outbound", "sold", "extra_terms", "stance"]
BAD = """\
id,scenario,inputs,outbound,sold,extra_terms,stance
A,adapt,CC-BY-4.0,CC-BY-4.0,0,0,neutral
B,adapt,CC-BY-4.0,CC-BY-4.0,2,0,neutral
C,fly,CC-BY-4.0,CC-BY-4.0,0,0,neutral
D,adapt,,CC-BY-4.0,0,0,neutral
E,adapt,MIT OR,CC-BY-4.0,0,0,neutral
F,adapt,CC-BY-4.0,()() (),0,0,neutral
G,adapt,CC-BY-4.0,CC-BY-4.0,0,0,lenient
,adapt,CC-BY-4.0,CC-BY-4.0,0,0,neutral
H,adapt,CC-BY-4.0
I,adapt,CC-BY-40,MIT,0,1,strict
"""


@pytest.fixture(scope="module")
def rows():
    with TRUTH.open(newline="") as table:
        return list(csv.DictReader(table))


def test_the_table_is_whole(rows):
    assert len(rows) == 216
    assert len({row["id"] for row in rows}) == 216


def test_the_engine_says_what_the_table_says(rows):
    wrong = {}
    for row in rows:
        case = Case(
            row["scenario"],
            inputs_of(row["inputs"]),
            row["outbound"],
            row["sold"] == "1",
            row["extra_terms"] == "1",
            Reading(row["stance"]),
        )
        answer = ask(case)
        owed = set(filter(None, row["obligations"].split(";")))
        as_told = answer.verdict == row["expected"] and set(answer.obligations) == owed
        if not (as_told and answer.reasons):
            wrong[row["id"]] = answer

    assert wrong == {}


def test_the_command_answers_the_table_a_line_a_row(rows, tmp_path, capsys):
    asked = tmp_path / "asked.csv"
    with asked.open("w", newline="") as table:
        writer = csv.DictWriter(table, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)

    call_command("licence_verdict", str(asked), format="json")

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in told] == [row["id"] for row in rows]
    assert [one["verdict"] for one in told] == [row["expected"] for row in rows]
    assert all(
        one.keys() == {"id", "verdict", "obligations", "reasons"} for one in told
    )


def test_bad_rows_are_named_and_the_others_answered(tmp_path, capsys):
    asked = tmp_path / "asked.csv"
    asked.write_text(BAD)

    with pytest.raises(CommandError, match=r"^8 rows were not answered"):
        call_command("licence_verdict", str(asked))

    printed = capsys.readouterr()
    told = [json.loads(line) for line in printed.out.splitlines()]
    assert [(one["id"], one["verdict"]) for one in told] == [
        ("A", "obligations"),
        ("I", "deny"),
    ]
    assert "nearest known: CC-BY-4.0" in told[1]["reasons"][0]
    faults = [line.partition(": ")[0] for line in printed.err.splitlines()]
    assert faults == [
        "row 3 (B), column sold",
        "row 4 (C), column scenario",
        "row 5 (D), column inputs",
        "row 6 (E), column inputs",
        "row 7 (F), column outbound",
        "row 8 (G), column stance",
        "row 9 (no id), column id",
        "row 10 (H), column sold",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,scenario\nA,adapt\n", "no column inputs, outbound"),
        (b"", "no column id"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (None, "No such file"),
    ],
)
def test_what_is_no_table_is_refused_whole(tmp_path, capsys, content, said):
    asked = tmp_path / "asked.csv"
    if content is not None:
        asked.write_bytes(content)

    with pytest.raises(CommandError, match=said):
        call_command("licence_verdict", str(asked))

    assert capsys.readouterr().out == ""


@pytest.mark.django_db
def test_anyone_may_ask_the_api_and_gets_the_same(rows, api, settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    client = api(None)
    for row in rows[::6]:
        body = {name: row[name] for name in COLUMNS}
        answer = client.post("/api/v1/licences/verdict", body)
        assert answer.status_code == 200
        assert answer.json()["id"] == row["id"]
        assert answer.json()["verdict"] == row["expected"]

    listed = {
        "scenario": "train",
        "inputs": ["CC-BY-SA-4.0", "MIT OR GPL-3.0-only"],
        "outbound": "LicenseRef-EULA",
        "sold": True,
        "stance": "strict",
    }
    told = client.post("/api/v1/licences/verdict", listed).json()
    assert (told["id"], told["verdict"], told["obligations"]) == ("", "deny", [])
    assert any("s.3(b)(1)" in reason for reason in told["reasons"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scenario": "fly"}, "scenario"),
        ({"inputs": []}, "inputs"),
        ({"inputs": [1]}, "inputs"),
        ({"inputs": ["MIT OR"]}, "inputs"),
        ({"inputs": ["MIT\0"]}, "inputs"),
        ({"inputs": ["MIT"] * 51}, "inputs"),
        ({"outbound": "(" * 30 + "MIT" + ")" * 30}, "outbound"),
        ({"outbound": ""}, "outbound"),
        ({"outbound": "*each-own*"}, "outbound"),
        ({"sold": "perhaps"}, "sold"),
        ({"stance": "lenient"}, "stance"),
    ],
)
def test_a_malformed_case_is_refused_by_its_field(api, changed, field):
    body = {"scenario": "adapt", "inputs": ["MIT"], "outbound": "MIT", **changed}

    answer = api(None).post("/api/v1/licences/verdict", body)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"{field}: ")
