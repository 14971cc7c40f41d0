"""How a program within the walls says that the submission is at fault."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Refusal(Exception):
    """Told to the author as `training.jobs.SubmissionFailed`.

    `rows` are (row, id, problem), the first few of `row_count`.
    """

    code: str
    message: str
    stage: str
    rows: list[tuple[int, str, str]] = field(default_factory=list)
    row_count: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "stage": self.stage,
            "rows": self.rows,
            "row_count": self.row_count,
        }
