"""Every setting as operators write it: `deploy/env.example`, and the chart's names."""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from marketplace.config.env import ROOT, Environment

EXAMPLE = ROOT / "deploy" / "env.example"
SCHEMA = ROOT / "deploy" / "helm" / "stoa" / "values.schema.json"
WIDTH = 88
PREFACE = """\
Every setting of an installation, with its default. Written by
`python manage.py write_settings` from marketplace/config/variables/; a copy with lines
uncommented is an environment file for Stoa (.env), systemd and Compose alike.
Whatever has quotes or spaces in it stands between single quotes.
"""


def names(*, secret: bool) -> list[str]:
    """Return the variables that hold secrets, or those that do not."""
    fields = Environment.model_fields.items()
    return [name.upper() for name, each in fields if is_secret(each) is secret]


def is_secret(field: FieldInfo) -> bool:
    told = field.json_schema_extra
    return isinstance(told, dict) and bool(told.get("is_secret"))


def example() -> str:
    """Return the whole of `deploy/env.example`."""
    parts = [_comment(PREFACE)]
    for name, field in Environment.model_fields.items():
        help_ = " ".join([field.description or "", *_bounds(field)])
        parts.append(f"{_comment(help_)}\n#{name.upper()}={default_of(field)}")
    return "\n\n".join(parts) + "\n"


def default_of(field: FieldInfo) -> str:
    """Return a default as it is written in an environment file."""
    default = field.get_default(call_default_factory=True)
    if default is None:
        return ""
    if isinstance(default, Path):
        return str(default.relative_to(ROOT) if default.is_absolute() else default)
    told = to_jsonable_python(default)
    text = told if isinstance(told, str) else json.dumps(told)
    return f"'{text}'" if set(text) & set(" \"'<>#$") else text


def _bounds(field: FieldInfo) -> Iterator[str]:
    """Say what is taken: the choices, or the least and the most."""
    choices = [one for one in get_args(field.annotation) if isinstance(one, str)]
    if choices:
        yield "One of " + ", ".join(one or "(empty)" for one in choices) + "."
    least, most = _limit(field, "ge"), _limit(field, "le")
    if least is not None and most is not None:
        yield f"{least} to {most}."
    elif least is not None:
        yield f"At least {least}."
    if (above := _limit(field, "gt")) is not None:
        yield f"More than {above}."


def _limit(field: FieldInfo, kind: str) -> Any:
    found = (getattr(each, kind, None) for each in _constraints(field))
    return next((each for each in found if each is not None), None)


def _constraints(field: FieldInfo) -> Iterator[annotated_types.BaseMetadata]:
    return (
        each
        for each in field.metadata
        if isinstance(each, annotated_types.BaseMetadata)
    )


def _comment(text: str) -> str:
    lines = text.splitlines() if "\n" in text else textwrap.wrap(text, WIDTH - 2)
    return "\n".join(f"# {line}".rstrip() for line in lines)


def schema(current: str) -> str:
    """Return the chart's schema of values with the names that it takes as `config`."""
    told = json.loads(current)
    told["properties"]["config"]["propertyNames"] = {"enum": names(secret=False)}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def written() -> dict[Path, str]:
    """Return each file that is made of `Environment`, as it should be now."""
    return {EXAMPLE: example(), SCHEMA: schema(SCHEMA.read_text())}
