"""Answers a table of questions to the licence engine, one JSON object a line."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from licensing.book import book_for
from licensing.cases import SCENARIOS, BadCase, Case, ask, ids_of, inputs_of
from licensing.facts import DECLARED
from licensing.licence_facts import BOOK
from licensing.terms import Book, Reading

COLUMNS = ("id", "scenario", "inputs", "outbound", "sold", "extra_terms", "stance")
FLAGS = {"0": False, "1": True}
READINGS = {each.value: each for each in Reading}


class Command(BaseCommand):
    help = (
        "Read a CSV table with the columns "
        f"{', '.join(COLUMNS)} and print the engine's verdict on each row. Several "
        f"inputs are joined by “+”. Scenarios: {', '.join(SCENARIOS)}. Engineering "
        "material and not legal advice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--format", choices=["json"], default="json")

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        faults = 0
        try:
            with path.open(newline="", encoding="utf-8-sig") as table:
                for number, row in _rows(table, path):
                    faults += not self._answer(number, row)
        except OSError as fault:
            raise CommandError(f"{path}: {fault.strerror}.") from fault
        except UnicodeDecodeError as fault:
            raise CommandError(f"{path}: not UTF-8. Save it as UTF-8.") from fault
        except csv.Error as fault:
            raise CommandError(f"{path}: not a CSV table: {fault}.") from fault
        if faults:
            rows = "row was" if faults == 1 else "rows were"
            raise CommandError(f"{faults} {rows} not answered; see above.")

    def _answer(self, number: int, row: Mapping[str, str]) -> bool:
        try:
            case = _case(row)
            answer = ask(case, book=_book(case))
        except BadCase as fault:
            self.stderr.write(f"row {number} ({row['id'] or 'no id'}), column {fault}")
            return False
        told = {
            "id": row["id"],
            "verdict": answer.verdict,
            "obligations": answer.obligations,
            "reasons": answer.reasons,
        }
        self.stdout.write(json.dumps(told, ensure_ascii=False))
        return True


def _rows(table: Any, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its number in the file, the header being row 1.

    Raises:
        CommandError: a column is missing.
    """
    reader = csv.DictReader(table)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
    if missing:
        raise CommandError(
            f"{path}: no column {', '.join(missing)}. The first row names the columns "
            f"{', '.join(COLUMNS)}."
        )
    for number, row in enumerate(reader, start=2):
        yield number, {name: (row[name] or "").strip() for name in COLUMNS}


def _case(row: Mapping[str, str]) -> Case:
    if not row["id"]:
        raise BadCase("id: give each row an id.")
    for name in ("sold", "extra_terms"):
        if row[name] not in FLAGS:
            raise BadCase(f"{name}: “{row[name][:50]}” is neither 0 nor 1.")
    if row["stance"] not in READINGS:
        raise BadCase(
            f"stance: “{row['stance'][:50]}” is none of {', '.join(READINGS)}."
        )
    return Case(
        scenario=row["scenario"],
        inputs=inputs_of(row["inputs"]),
        outbound=row["outbound"],
        is_sold=FLAGS[row["sold"]],
        has_extra_terms=FLAGS[row["extra_terms"]],
        reading=READINGS[row["stance"]],
    )


def _book(case: Case) -> Book:
    """Return the records a case needs; the database is asked for declared terms alone."""
    names = (*case.inputs, case.outbound)
    if not any(DECLARED in each for each in names):
        return BOOK
    return book_for(ids_of(case))
