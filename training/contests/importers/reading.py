"""Tells which platform wrote a bundle, and reads it as that platform's."""

from training.contests.importers.archive import Bundle
from training.contests.importers.codabench import read_codabench
from training.contests.importers.codalab import read_codalab
from training.contests.importers.description import ContestDescription
from training.contests.importers.document import load_mapping
from training.contests.importers.evalai import read_evalai
from training.contests.importers.fields import Fate, Fields, Report
from training.contests.importers.refusal import BundleRefused

CODABENCH = ("competition.yaml", "competition.yml")
OLD_VERSIONS = {"", "1", "1.0", "1.5", "1.8"}
YAML = (".yaml", ".yml")
EVALAI_FIELDS = {"challenge_phases", "challenge_phase_splits", "evaluation_script"}


def read_description(bundle: Bundle) -> tuple[ContestDescription, Report]:
    """Read a bundle of Codabench v2, CodaLab v1.5 or v1.8, or EvalAI.

    A version that is missing is 1.5.

    Args:
        bundle: judged; its only top folder becomes its root.

    Returns:
        What it describes, and what became of every field.

    Raises:
        BundleRefused: it is none of these, or a field is wrong; names file and field.
    """
    if not any(name in bundle.files for name in CODABENCH):
        bundle.enter_top_folder()
    report = Report()
    for name in bundle.rubbish:
        report.add(name, Fate.IGNORED, "what a zip program added")
    file = _file_of(bundle)
    content = load_mapping(bundle.text(file), file=file)
    fields = Fields(content, at="", file=file, report=report)
    if EVALAI_FIELDS & content.keys():
        return read_evalai(bundle, fields), report
    version = str(content.get("version") or "").strip()
    if version in OLD_VERSIONS:
        return read_codalab(bundle, fields), report
    return read_codabench(bundle, fields), report


def _file_of(bundle: Bundle) -> str:
    """Find the description: `competition.yaml`, else the only YAML at the top."""
    for name in CODABENCH:
        if name in bundle.files:
            return name
    tops = [name for name in bundle.files if "/" not in name and name.endswith(YAML)]
    if len(tops) == 1:
        return tops[0]
    problem = (
        f"there are {len(tops)} YAML files at its top, {', '.join(sorted(tops))}; an "
        "EvalAI bundle has one."
        if tops
        else "there is no competition.yaml (Codabench, CodaLab) and no "
        "challenge_config.yaml (EvalAI) at its top."
    )
    raise BundleRefused(problem, file="the bundle")
