"""Runs the cells of a notebook in order, and writes what each answers. A script of its own.

Its arguments are a file with the cells and one for the answers: for each cell that ran a
line of JSON, `[number, count, outputs]`. What is printed goes out as it comes, too.
"""

import ast
import base64
import io
import json
import linecache
import sys
import traceback
import types
from pathlib import Path
from typing import Any

MOST_CELL_CHARACTERS = 256 * 1024
MOST_IMAGE_BYTES = 2 * 2**20
MOST_CHARACTERS = 10 * 2**20  # of all outputs together
LEFT_OUT = "[The rest was left out of the notebook; the log may have more.]\n"
MARKS = {  # how a value shows itself, after IPython's protocol
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
}


class Answers:
    """The outputs of the cell at work, bounded; over many cells likewise."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.left = MOST_CHARACTERS
        self.cell_left = MOST_CELL_CHARACTERS

    def begin(self) -> None:
        self.outputs, self.cell_left = [], MOST_CELL_CHARACTERS

    def stream(self, name: str, text: str) -> None:
        left = min(self.cell_left, self.left)
        if not text or self.cell_left < 0:
            return
        if len(text) > left:
            text, self.cell_left = text[:left] + LEFT_OUT, -1
        else:
            self.cell_left -= len(text)
        self.left -= len(text)
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["parts"].append(text)
        else:
            told = {"output_type": "stream", "name": name, "parts": [text]}
            self.outputs.append(told)

    def show(self, data: dict[str, str], **more: Any) -> None:
        """Add something shown, without those of its forms that are too large."""
        kept = {}
        for mark, text in data.items():
            most = MOST_IMAGE_BYTES if mark.startswith("image/") else self.cell_left
            if len(text) <= min(most, self.left):
                kept[mark] = text
                self.left -= len(text)
                if not mark.startswith("image/"):
                    self.cell_left -= len(text)
        if not kept:
            kept = {"text/plain": LEFT_OUT.strip()}
        kind = "execute_result" if more else "display_data"
        self.outputs.append({"output_type": kind, "data": kept, "metadata": {}, **more})

    def written(self) -> list[dict[str, Any]]:
        """Return the outputs as a notebook has them."""
        return [
            {**{k: v for k, v in one.items() if k != "parts"}, "text": "".join(parts)}
            if (parts := one.get("parts")) is not None
            else one
            for one in self.outputs
        ]


class Heard(io.TextIOBase):
    """A stream that is written on, and kept among the answers."""

    def __init__(self, stream: Any, name: str, answers: Answers) -> None:
        self._stream, self._name, self._answers = stream, name, answers

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only is enough
        return str(self._stream.encoding)

    @property
    def buffer(self) -> Any:
        return self._stream.buffer

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._stream.fileno())

    def flush(self) -> None:
        self._stream.flush()

    def write(self, text: str) -> int:
        self._stream.write(text)
        self._answers.stream(self._name, text)
        return len(text)


def forms_of(value: Any) -> dict[str, str]:
    """Return a value in each form that it knows, by media type; text always."""
    found = {"text/plain": repr(value)}
    if isinstance(value, type):
        return found
    for mark, name in MARKS.items():
        method = getattr(value, name, None)
        if not callable(method):
            continue
        try:
            told = method()
        except Exception:  # noqa: BLE001, S112  a stranger's own; the text will do
            continue
        told = told[0] if isinstance(told, tuple) else told
        if isinstance(told, bytes):
            told = base64.b64encode(told).decode()
        if isinstance(told, str):
            found[mark] = told
    return found


def figures() -> list[dict[str, str]]:
    """Return the open figures of matplotlib, where it was imported, and close them."""
    drawing = sys.modules.get("matplotlib.pyplot")
    found = []
    for number in drawing.get_fignums() if drawing else ():
        drawn = drawing.figure(number)  # type: ignore[union-attr]  # there are none else
        image = io.BytesIO()
        drawn.savefig(image, format="png", bbox_inches="tight")
        text = base64.b64encode(image.getvalue()).decode()
        found.append({"text/plain": repr(drawn), "image/png": text})
    if drawing:
        drawing.close("all")
    return found


def parts_of(source: str, name: str) -> tuple[Any, Any]:
    """Return what a cell does, and what its last line says, if that is a value."""
    tree = ast.parse(source, name)
    said = None
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
        tree.body.pop()
        expression = ast.Expression(last.value)
        said = compile(expression, name, "eval", dont_inherit=True)
    return compile(tree, name, "exec", dont_inherit=True), said


def run_cell(source: str, name: str, scope: dict[str, Any], answers: Answers) -> Any:
    """Run one cell; return what its last line says, None if that is nothing."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    acts, said = parts_of(source, name)
    exec(acts, scope)  # noqa: S102  what it is for
    value = None if said is None else eval(said, scope)  # noqa: S307  likewise
    for figure in figures():
        answers.show(figure)
    return value


def failure(error: BaseException, answers: Answers) -> None:
    """Keep what a cell raised, from its own first line on."""
    own = error.__traceback__
    while own is not None and not own.tb_frame.f_code.co_filename.startswith("<cell "):
        own = own.tb_next
    lines = traceback.format_exception(type(error), error, own)
    print(*lines, sep="", end="", file=sys.__stderr__, flush=True)
    answers.outputs.append(
        {
            "output_type": "error",
            "ename": type(error).__name__,
            "evalue": str(error)[:2000],
            "traceback": [line[:10_000].rstrip("\n") for line in lines[-50:]],
        }
    )


def main() -> int:
    told = json.loads(Path(sys.argv[1]).read_text())
    written = Path(sys.argv[2])
    sys.argv[1:] = []
    for line in told["left_out"]:
        sys.stderr.write(f"Left out, as only a notebook understands it: {line}\n")
    answers = Answers()
    sys.stdout = Heard(sys.__stdout__, "stdout", answers)
    sys.stderr = Heard(sys.__stderr__, "stderr", answers)

    def display(*values: Any) -> None:
        for value in values:
            sys.stdout.write("")  # so that what was printed stands before
            answers.show(forms_of(value))

    home = types.ModuleType("__main__")
    home.__dict__["display"] = display
    sys.modules["__main__"] = home  # so that what pickles finds its classes
    for count, (number, source, is_tolerated) in enumerate(told["cells"], 1):
        answers.begin()
        status: int | None = None
        try:
            value = run_cell(source, f"<cell {number}>", home.__dict__, answers)
            if value is not None:
                answers.show(forms_of(value), execution_count=count)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(bool(end.code))
        except BaseException as error:  # noqa: BLE001  a stranger's: it is told, not ours
            failure(error, answers)
            status = None if is_tolerated else 1
        with written.open("a") as out:
            out.write(json.dumps([number, count, answers.written()]) + "\n")
        if status is not None:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
