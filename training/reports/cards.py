"""Reports as model cards, by Hugging Face's own library, so that others can read them."""

from huggingface_hub.repocard_data import EvalResult, ModelCardData

from training.figures.schema import Figures
from training.learning import Modality
from training.reports.models import Report
from training.reports.telling import sections_of
from training.reports.words import Section

TASKS = {
    (Modality.TABLE, True): "tabular-classification",
    (Modality.TABLE, False): "tabular-regression",
    (Modality.TEXT, True): "text-classification",
    (Modality.TEXT, False): "text-classification",  # as no task of texts tells amounts
    (Modality.IMAGE, True): "image-classification",
}


def card_of(report: Report, figures: Figures) -> str:
    """Return README.md: front matter with the scores as results, then the report."""
    task = TASKS[figures.modality, figures.has_classes]
    named = str(report.dataset) if report.dataset else ""
    data = ModelCardData(
        pipeline_tag=task,
        datasets=[named] if named else None,
        model_name=report.title,
        eval_results=[
            EvalResult(
                task_type=task,
                dataset_type=named or "unnamed",
                dataset_name=named or "unnamed",
                metric_type=one.name,
                metric_value=one.value,
                verified=False,
            )
            for one in figures.scores
        ],
    )
    return f"---\n{data.to_yaml()}\n---\n\n{body_of(report, figures)}"


def body_of(report: Report, figures: Figures) -> str:
    """Return the report as Markdown."""
    parts = [f"# {_plain(report.title)}\n", _standing(report)]
    parts += [_section(one) for one in sections_of(figures)]
    return "\n".join(parts)


def _standing(report: Report) -> str:
    lines = [f"**{report.get_state_display()}.**", ""]
    lines += [f"- {_plain(one.told)}" for one in report.told]
    if report.is_overridden:
        lines += ["", f"Overridden: {_plain(report.override_reason)}"]
    return "\n".join([*lines, ""])


def _section(section: Section) -> str:
    lines = [f"## {_plain(section.title)}", "", _plain(section.intro), ""]
    lines += [
        f"- {one.title}: {_plain(one.value)}. {_plain(one.told)}".rstrip()
        for one in section.lines
    ]
    if section.table is not None and section.table.rows:
        head = section.table.head
        lines += ["", _row(head), _row(tuple("---" for _ in head))]
        lines += [_row(row) for row in section.table.rows]
    return "\n".join([*lines, ""])


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


def _plain(said: str) -> str:
    """Return words of a table on one line, so that none begins a heading or a tag."""
    return " ".join(said.split()).replace("<", "&lt;")
