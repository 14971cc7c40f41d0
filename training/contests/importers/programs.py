"""Looks into a program before it is taken: its command, its language, its imports.

Nothing is run. What is wrong with a program shows here, to its host, and not as the
failure of the first submission.
"""

import ast
import re
import shlex
import sys
from pathlib import PurePosixPath

from django.utils.translation import gettext

from training.contests.importers.archive import Bundle, Part, PartKind, opened
from training.contests.importers.document import command_of
from training.contests.importers.refusal import BundleRefused

METADATA = ("metadata.yaml", "metadata", "metadata.yml")
# What may be imported beside the standard library: see the runner's runtime.
OFFERED = frozenset(
    {"numpy", "scipy", "sklearn", "pandas", "polars", "yaml", "joblib", "dateutil"}
)
PYTHONS = re.compile(r"python(3(\.\d+)?)?")
OLD_PYTHONS = re.compile(r"python2(\.\d+)?")
PRINT_STATEMENT = re.compile(
    r"^\s*(print\s+[\"'\w%]|except\s+\w+\s*,\s*\w+\s*:)", re.MULTILINE
)
OLD_SHEBANG = re.compile(r"#!.*\bpython2")
MOST_SOURCE_BYTES = 512 * 1024


def command_in(
    bundle: Bundle, part: Part, *, file: str, field: str, meets_code: bool = False
) -> str:
    """Judge a program of Codabench's convention and return its command.

    Args:
        bundle: that has it.
        part: where.
        file: the description, for a refusal.
        field: likewise.
        meets_code: it runs what is handed in, and so may import modules of that.

    Raises:
        BundleRefused: it has no command, is for Python 2, or imports what is not here.
    """
    if part.kind is PartKind.FILE:
        raise BundleRefused(
            gettext("%(path)s is no program. Give a folder or a .zip.")
            % {"path": f"{part.path!r}"},
            file=file,
            field=field,
        )
    with bundle.open(part) as packed, opened(packed, within=part.path) as program:
        return checked_command(
            program, file=part.path, field=field, meets_code=meets_code
        )


def checked_command(
    program: Bundle, *, file: str, field: str, meets_code: bool = False
) -> str:
    """Judge an opened program of Codabench's convention and return its command.

    Raises:
        BundleRefused: as `command_in`.
    """
    program.enter_top_folder()
    found = next((name for name in METADATA if name in program.files), None)
    if found is None:
        raise BundleRefused(
            gettext(
                "the program has no metadata at its top. Add a file `metadata.yaml` with a "
                "line `command: python scoring.py`."
            ),
            file=file,
            field=field,
        )
    place = f"{file}/{found}"
    command = command_of(program.text(found), file=place)
    _check_command(command, file=place)
    _check_sources(program, file=file, meets_code=meets_code)
    return command


def check_package(bundle: Bundle, part: Part, *, file: str, field: str) -> None:
    """Judge a program of EvalAI's convention: a package that exports `evaluate`.

    Raises:
        BundleRefused: it exports none, is for Python 2, or imports what is not here.
    """
    if part.kind is PartKind.FILE:
        raise BundleRefused(
            gettext("%(path)s is no package. Give a folder or a .zip.")
            % {"path": f"{part.path!r}"},
            file=file,
            field=field,
        )
    with bundle.open(part) as packed, opened(packed, within=part.path) as program:
        check_exports(program, file=part.path, field=field)


def check_exports(program: Bundle, *, file: str, field: str) -> None:
    """Judge an opened package of EvalAI's convention.

    Raises:
        BundleRefused: as `check_package`.
    """
    program.enter_top_folder()
    mains = [name for name in ("__init__.py", "main.py") if name in program.files]
    if not any(re.search(r"\bevaluate\b", program.text(name)) for name in mains):
        raise BundleRefused(
            gettext(
                "the package exports no `evaluate`. Define it in main.py, and import it in "
                "__init__.py."
            ),
            file=file,
            field=field,
        )
    _check_sources(program, file=file)


def _check_command(command: str, *, file: str) -> None:
    try:
        words = shlex.split(command)
    except ValueError as broken:
        raise BundleRefused(
            gettext("the command has an open quote (%(broken)s).") % {"broken": broken},
            file=file,
            field="command",
        ) from broken
    name = PurePosixPath(words[0]).name
    if OLD_PYTHONS.fullmatch(name):
        raise BundleRefused(
            gettext("the command asks for Python 2. Port the program to Python 3."),
            file=file,
            field="command",
        )
    if not PYTHONS.fullmatch(name):
        raise BundleRefused(
            gettext(
                "the command runs %(name)s; programs run with Python here, without "
                "an image of their own. Begin it with `python`."
            )
            % {"name": f"{name!r}"},
            file=file,
            field="command",
        )


def _check_sources(program: Bundle, *, file: str, meets_code: bool = False) -> None:
    sources = sorted(name for name in program.files if name.endswith(".py"))
    own = {
        part for name in sources for part in PurePosixPath(name).with_suffix("").parts
    }
    for name in sources:
        place = f"{file}/{name}"
        if program.files[name].file_size > MOST_SOURCE_BYTES:
            continue
        text = program.text(name)
        missing = _imported(text, file=place) - own - OFFERED - sys.stdlib_module_names
        if missing and not meets_code:
            raise BundleRefused(
                gettext(
                    "it imports %(missing)s, which programs do not have here. They "
                    "have %(offered)s; add other modules to the program itself."
                )
                % {
                    "missing": ", ".join(sorted(missing)),
                    "offered": ", ".join(sorted(OFFERED)),
                },
                file=place,
            )


def _imported(text: str, *, file: str) -> set[str]:
    """Return the modules a source imports, but for those it can do without."""
    try:
        tree = ast.parse(text)
    except SyntaxError as broken:
        if OLD_SHEBANG.match(text) or PRINT_STATEMENT.search(text):
            raise BundleRefused(
                gettext(
                    "it is written for Python 2 (line %(lineno)s). Port it to Python 3."
                )
                % {"lineno": broken.lineno},
                file=file,
            ) from broken
        raise BundleRefused(
            gettext("it does not parse: %(msg)s (line %(lineno)s).")
            % {"msg": broken.msg, "lineno": broken.lineno},
            file=file,
        ) from broken
    except (ValueError, RecursionError, MemoryError) as broken:
        raise BundleRefused(
            gettext("it does not parse: %(broken)s.") % {"broken": broken}, file=file
        ) from broken
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try):  # an import that may fail
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
        waiting += ast.iter_child_nodes(node)
    return found
