"""The traps of real bundles, and hostile ones."""

import io
import stat
import zipfile

import pytest

from tests.contests.importers import bundles
from tests.contests.importers.test_formats import fates, read
from training.contests.importers import BundleRefused, Fate, Part, PartKind, opened
from training.contests.importers.dates import UnreadableDate, moment
from training.contests.importers.document import command_of, load_mapping
from training.contests.importers.pages import markdown_of


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def with_entry(info: zipfile.ZipInfo, content: bytes = b"x") -> bytes:
    out = io.BytesIO(bundles.codabench())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@pytest.mark.parametrize(
    ("info", "problem"),
    [
        (entry("../out.txt"), "'../out.txt' leaves the bundle"),
        (entry("a/../../out.txt"), "leaves the bundle"),
        (entry("/etc/passwd"), "'/etc/passwd' has an absolute path"),
        (entry("C:/x"), "absolute path"),
        (entry("a\\..\\b"), "backslash"),
        (entry("link", mode=stat.S_IFLNK | 0o777), "'link' is a symbolic link"),
        (entry("pipe", mode=stat.S_IFIFO | 0o644), "neither a file nor a folder"),
        (entry("/".join("a" * 20)), "too long a path"),
        (entry("terms.md/inner"), "a file and a folder"),
        (entry("TERMS.md"), "there twice (as 'terms.md')"),
    ],
)
def test_hostile_entries_are_refused_by_name(info, problem) -> None:
    with pytest.raises(BundleRefused) as refused:
        read(with_entry(info))
    assert problem in str(refused.value)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(BundleRefused, match="'bomb' grows more than 200-fold"):
        read(with_entry(entry("bomb"), bytes(50 << 20)))


def test_a_bomb_within_an_inner_zip_is_refused_by_name() -> None:
    inner = bundles.zipped({"truth.csv": bytes(50 << 20)})
    with pytest.raises(BundleRefused) as refused:
        read(bundles.codabench(files={"reference.zip": inner}))
    assert refused.value.file == "reference.zip"
    assert "'truth.csv' grows" in str(refused.value)


def test_an_entry_that_lies_about_its_bytes_is_refused() -> None:
    whole = bytearray(bundles.codabench())
    at = whole.index(b"competition.yaml") + len("competition.yaml") + 20
    whole[at] ^= 0xFF
    with pytest.raises(BundleRefused, match="damaged"):
        read(bytes(whole))


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"no zip at all", bundles.codabench()[:-30]]
)
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    with pytest.raises(BundleRefused, match="no zip that can be read"):
        read(content)


def test_rubbish_of_a_mac_is_left_out_and_told() -> None:
    rubbish = {
        "__MACOSX/._competition.yaml": b"\0",
        "._terms.md": b"\0",
        ".DS_Store": b"",
    }
    described, report = read(bundles.codabench(files=rubbish))
    assert described.title == "Cats and dogs"
    assert fates(report)["__MACOSX/._competition.yaml"] is Fate.IGNORED


def test_the_same_member_twice_is_taken_once_if_alike() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = with_entry(entry("terms.md"), b"Play fair.\n")
    described, report = read(twice)
    assert described.terms == "Play fair."
    assert fates(report)["terms.md (a second time)"] is Fate.IGNORED


def test_the_same_member_twice_is_refused_if_not() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = with_entry(entry("terms.md"), b"Cheat.\n")
    with pytest.raises(BundleRefused, match=r"terms\.md' is there twice"):
        read(twice)


def test_a_bundle_within_one_folder_is_read() -> None:
    with zipfile.ZipFile(io.BytesIO(bundles.codabench())) as plain:
        moved = {f"my bundle/{name}": plain.read(name) for name in plain.namelist()}
    described, _ = read(bundles.zipped(moved | {"__MACOSX/my bundle/._x": b""}))
    assert described.evaluations[0].scoring == Part("scoring", PartKind.FOLDER)


def test_a_program_within_one_folder_of_its_zip_is_read() -> None:
    inner = bundles.zipped(
        {
            "score/metadata": "command: python3 score.py $input $output",
            "score/score.py": bundles.SCORING,
        }
    )
    task = bundles.CODABENCH["tasks"][0] | {"scoring_program": "p.zip"}
    described, _ = read(bundles.codabench(tasks=[task], files={"p.zip": inner}))
    assert described.evaluations[0].command == "python3 score.py $input $output"


def test_a_folder_packs_into_the_same_bytes_each_time() -> None:
    packed = []
    for _ in range(2):
        with opened(io.BytesIO(bundles.codabench())) as bundle:
            part = bundle.part("scoring", file="", field="")
            with bundle.open(part) as found:
                packed.append(found.read())
    assert packed[0] == packed[1]
    with zipfile.ZipFile(io.BytesIO(packed[0])) as archive:
        assert archive.namelist() == ["metadata.yaml", "score.py"]


@pytest.mark.parametrize(
    ("files", "file", "problem"),
    [
        (
            {"scoring/score.py": "print 'old'\n"},
            "scoring/score.py",
            "written for Python 2",
        ),
        (
            {"scoring/score.py": "#!/usr/bin/python2\nexec 'x'"},
            "scoring/score.py",
            "Python 2",
        ),
        ({"scoring/score.py": "def f(:\n"}, "scoring/score.py", "does not parse"),
        ({"scoring/score.py": "import torch\n"}, "scoring/score.py", "imports torch"),
        (
            {"scoring/score.py": "from cv2.x import y\n"},
            "scoring/score.py",
            "imports cv2",
        ),
        (
            {"scoring/metadata.yaml": "command: python2 score.py"},
            "scoring/metadata.yaml",
            "asks for Python 2",
        ),
        (
            {"scoring/metadata.yaml": "command: Rscript score.R"},
            "scoring/metadata.yaml",
            "runs 'Rscript'",
        ),
        (
            {"scoring/metadata.yaml": "description: none"},
            "scoring/metadata.yaml",
            "no command",
        ),
        (
            {"scoring/metadata.yaml": "command: python 'x"},
            "scoring/metadata.yaml",
            "open quote",
        ),
        ({"reference.zip": b"not a zip"}, "reference.zip", "no zip"),
        ({"terms.md": b"\xff\xfe"}, "terms.md", "not UTF-8 (byte 0)"),
    ],
)
def test_a_program_that_cannot_run_here_is_refused_with_the_reason(
    files, file, problem
):
    with pytest.raises(BundleRefused) as refused:
        read(bundles.codabench(files=files))
    assert refused.value.file == file
    assert problem in str(refused.value)


def test_an_import_that_may_fail_is_no_reason_to_refuse() -> None:
    source = (
        "try:\n    import torch\nexcept ImportError:\n    torch = None\nimport own\n"
    )
    files = {
        "scoring/score.py": source,
        "scoring/own.py": "import numpy, sklearn.metrics",
    }
    read(bundles.codabench(files=files))


def test_a_package_must_export_evaluate() -> None:
    script = bundles.zipped({"main.py": "def score(): pass"})
    with pytest.raises(BundleRefused, match="exports no `evaluate`"):
        read(bundles.evalai(files={"evaluation_script.zip": script}))


def test_two_yaml_files_are_one_too_many_for_evalai() -> None:
    with pytest.raises(BundleRefused, match="2 YAML files at its top"):
        read(bundles.evalai(files={"other.yaml": "a: 1"}))


def test_a_zip_without_description_is_refused() -> None:
    with pytest.raises(BundleRefused, match=r"no competition\.yaml"):
        read(bundles.zipped({"readme.md": "hello"}))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "line 2: the key 'a' is there twice"),
        ("a: [1\n", "line 2"),
        ("- 1\n", "must be a mapping"),
        ("a: !!python/object/apply:os.system [id]\n", "line 1: could not determine"),
        ("a: &a [*a]\n", "without end"),
        (
            "x: &x [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(
                f"{later}: &{later} [" + ",".join([f"*{earlier}"] * 10) + "]\n"
                for earlier, later in zip("xabcdef", "abcdefg", strict=True)
            ),
            "without end",
        ),
        ("a: " + "[" * 60 + "]" * 60, "deeper"),
    ],
)
def test_yaml_is_read_within_bounds(text: str, problem: str) -> None:
    with pytest.raises(BundleRefused, match=problem):
        load_mapping(text, file="competition.yaml")


def test_a_merge_key_is_no_duplicate() -> None:
    assert load_mapping("a: &a {x: 1}\nb: {<<: *a, y: 2}\n", file="f")["b"] == {
        "x": 1,
        "y": 2,
    }


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("command: python3 s.py", "python3 s.py"),
        (
            "command: python $program/s.py $input: $output\nno yaml: : :",
            "python $program/s.py $input: $output",
        ),
        ("description: x\ncommand: 'python s.py'\n", "python s.py"),
    ],
)
def test_metadata_may_be_yaml_or_nearly(text: str, command: str) -> None:
    assert command_of(text, file="metadata") == command


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("6-15-2020", "2020-06-15T00:00:00+00:00"),
        ("10-07-2025", "2025-10-07T00:00:00+00:00"),
        ("15-6-2020", "2020-06-15T00:00:00+00:00"),
        ("10/07/2025 12:30", "2025-10-07T12:30:00+00:00"),
        ("2020-6-5", "2020-06-05T00:00:00+00:00"),
        ("2020-06-15T10:00:00+02:00", "2020-06-15T08:00:00+00:00"),
        ("2020-06-15 10:00:00Z", "2020-06-15T10:00:00+00:00"),
    ],
)
def test_odd_dates_are_read(told: str, found: str) -> None:
    assert moment(told)[0].isoformat() == found


@pytest.mark.parametrize(
    "told", ["", "soon", "2020-13-01", "99-99-2020", 20200615, True, "9999-01-01"]
)
def test_what_is_no_date_is_refused_with_advice(told: object) -> None:
    with pytest.raises(UnreadableDate, match="Write it as"):
        moment(told)


def test_pages_lose_scripts_and_keep_their_words() -> None:
    html = (
        "<head><title>t</title></head><h1>A</h1><script>x()</script>b <a href='x'>c</a>"
    )
    assert markdown_of(html) == "# A\n\nb [c](x)"


def test_a_page_of_endless_nesting_is_refused() -> None:
    with pytest.raises(BundleRefused, match="nested too deep"):
        markdown_of("<div>" * 5000 + "x")
