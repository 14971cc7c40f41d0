"""Runs a model of scikit-learn from a skops file, of the types on our list alone.

skops would trust what it finds harmless itself; this list is ours and fixed. It is
compared with all that the file's schema names before anything of it is loaded.
"""

import importlib
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from training.runner.inside.answering import answered
from training.runner.inside.boot import Call
from training.runner.inside.feeding import Rows, Run, told, unmatched
from training.runner.inside.refusal import Refusal

STAGE = "LOAD"
LARGEST_SCHEMA = 64 * 2**20
MOST_ENTRIES = 20_000
SHOWN = 5
FAMILIES = (
    *("calibration", "compose", "covariance", "cross_decomposition", "decomposition"),
    *("discriminant_analysis", "dummy", "ensemble"),
    *("feature_extraction.text", "feature_selection"),
    *("gaussian_process", "impute", "isotonic", "kernel_approximation", "kernel_ridge"),
    *("linear_model", "multiclass", "multioutput", "naive_bayes", "neighbors"),
    *("neural_network", "pipeline", "preprocessing", "random_projection"),
    *("semi_supervised", "svm", "tree", "cluster", "mixture"),
    *("_loss._loss", "_loss.link", "_loss.loss", "metrics._dist_metrics"),
    *("utils._bunch", "utils._metadata_requests"),
)
OF_SKLEARN = re.compile(
    r"sklearn\.(" + "|".join(re.escape(family) for family in FAMILIES) + r")(\.\w+)*"
)
OTHERS = re.compile(
    r"builtins\.(dict|list|tuple|set|str|int|float|bool|slice|type)"
    r"|numpy\.(ndarray|float(16|32|64)|u?int(8|16|32|64)|bool_?|dtype|str_|nan)"
    r"|numpy\.ma\.MaskedArray|numpy\.ma\.core\.MaskedArray"
    r"|numpy\.random\.mtrand\.RandomState|numpy\.random\._generator\.Generator"
    r"|scipy\.sparse\._?\w*\.?(csr|csc|coo)_(matrix|array)"
    r"|scipy\.interpolate\._bsplines\.BSpline"
    r"|collections\.(OrderedDict|defaultdict)"
)
OF_THE_STUDIO = frozenset(
    (
        *("lightgbm.basic.Booster", "lightgbm.sklearn.LGBMClassifier"),
        "lightgbm.sklearn.LGBMRegressor",
    )
)
CALLED = {  # what boosted trees with categories and splines call, and no more
    "sklearn.preprocessing._function_transformer.FunctionTransformer": "",
    "sklearn.utils.validation.check_array": " (FunctionNode)",
    "scipy._lib.array_api_compat.numpy._aliases.asarray": " (FunctionNode)",
    "functools.partial": " (PartialNode)",
}
NEVER = re.compile(r"sklearn\.(model_selection|datasets|externals|utils\._joblib)\b.*")
TORN = (  # what one kind of damage or another makes it raise
    *(ValueError, TypeError, KeyError, AttributeError, ImportError, OSError),
    *(IndexError, RecursionError, NotImplementedError, zipfile.BadZipFile),
)
LOADERS_OF_CODE = ("FunctionNode", "MethodNode", "PartialNode", "OperatorFuncNode")


def main(call: Call) -> bytes:
    data = call.read("model")
    require_listed_types(data)
    return answered(
        call, lambda columns: (fitting(data, call.arguments, columns), None)
    )


def model_in(data: bytes) -> Any:
    """Return a model that the studio made: of the listed types and of its own learners.

    Raises:
        Refusal: it holds others, or is torn.
    """
    _require_known(_schema_of(data), OF_THE_STUDIO)
    return _loaded(data, OF_THE_STUDIO)


def require_listed_types(data: bytes) -> None:
    """Return if a skops file names nothing but types on the list.

    Raises:
        Refusal: it names others, or is torn.
    """
    _require_known(_schema_of(data))


def _schema_of(data: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MOST_ENTRIES:
                raise _unusable(f"it has more than {MOST_ENTRIES:,} entries")
            entry = archive.getinfo("schema.json")
            if entry.file_size > LARGEST_SCHEMA:
                raise _unusable("its schema is larger than any model needs")
            return json.loads(archive.read(entry))
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        OSError,
        RecursionError,
    ) as broken:
        raise _unusable("it has no schema that can be read") from broken


def _named(schema: Any) -> Iterator[tuple[str, str]]:
    """Yield all types that a schema names, with how each would be loaded."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "__class__" in node or "__module__" in node or "__loader__" in node:
                name = f"{node.get('__module__')}.{node.get('__class__')}"
                yield name, str(node.get("__loader__"))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _require_known(schema: Any, also: frozenset[str] = frozenset()) -> None:
    """Return if a file names nothing but types on the list, and of those in `also`.

    Raises:
        Refusal: it names others.
    """
    _require_listed(
        {
            name if loader not in LOADERS_OF_CODE else f"{name} ({loader})"
            for name, loader in _named(schema)
        }
        - also
    )


def _require_listed(names: set[str]) -> None:
    foreign = sorted(name for name in names if not _is_listed(name))
    if foreign:
        listed = ", ".join(name[:80] for name in foreign[:SHOWN])
        more = f" and {len(foreign) - SHOWN} more" if len(foreign) > SHOWN else ""
        raise Refusal(
            "forbidden_type",
            f"It holds types that are not loaded here: {listed}{more}. Models and "
            "pipelines of scikit-learn's own classes are, without functions of yours; "
            "hand in code for anything else.",
            STAGE,
        )


def _is_listed(name: str) -> bool:
    """Whether a type is on the list. The functions that a transformer holds are too."""
    plain = name.partition(" ")[0]
    if plain in CALLED:
        return name == f"{plain}{CALLED[plain]}"
    known = OF_SKLEARN.fullmatch(name) or OTHERS.fullmatch(name)
    return bool(known) and not NEVER.fullmatch(name)


def _loaded(data: bytes, also: frozenset[str] = frozenset()) -> Any:
    warnings.simplefilter("ignore")  # of other versions; what matters fails below
    skops_io: Any = importlib.import_module("skops.io")  # two seconds, once it may load
    try:
        untrusted = skops_io.get_untrusted_types(data=data)
        _require_listed(set(untrusted) - also - CALLED.keys())  # the schema told how
        model = skops_io.loads(data, trusted=untrusted)
    except TORN as error:
        raise _unusable(f"skops does not load it: {told(error)}") from error
    if not hasattr(model, "predict"):
        raise _unusable(f"it holds a {type(model).__name__}, which predicts nothing")
    return model


def fitting(data: bytes, asked: dict[str, Any], columns: list[str]) -> Run:
    model = _loaded(data)
    takes = getattr(model, "n_features_in_", len(columns))
    if takes != len(columns):
        raise unmatched(f"it takes {takes} columns", columns)
    names = getattr(model, "feature_names_in_", None)
    order = _order_of(names, columns)
    classes = asked["classes"]
    places = _places_of(model, classes) if classes else None

    def run(rows: Rows) -> list[Any]:
        given: Any = rows[:, order]
        if names is not None:
            given = pl.DataFrame(given, schema=[str(name) for name in names])
        try:
            if places is None:
                return [np.asarray(model.predict(given))]
            return [np.asarray(model.predict_proba(given))[:, places]]
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            message = f"The model fails on the inputs: {told(error)}"
            raise Refusal("model_failed", message, "RUN") from error

    return run


def _order_of(names: Any, columns: list[str]) -> list[int]:
    """Return where the columns that a model was fitted with stand."""
    if names is None:
        return list(range(len(columns)))
    at = {name: place for place, name in enumerate(columns)}
    missing = [str(name) for name in names if str(name) not in at]
    if missing:
        raise unmatched(f"it asks for {', '.join(missing[:SHOWN])}", columns)
    return [at[str(name)] for name in names]


def _places_of(model: Any, classes: list[str]) -> list[int] | None:
    """Return which of a model's columns is which class; None if it gives labels alone.

    Raises:
        Refusal: its classes are not the contest's.
    """
    if not hasattr(model, "predict_proba"):
        return None
    own = [str(each) for each in np.asarray(model.classes_).tolist()]
    for wanted in (list(classes), [str(place) for place in range(len(classes))]):
        if sorted(own) == sorted(wanted):
            return [own.index(each) for each in wanted]
    listed = ", ".join(own[:SHOWN])
    message = f"The model's classes ({listed}) are not the contest's."
    raise Refusal("wrong_classes", message, STAGE)


def _unusable(problem: str) -> Refusal:
    message = f"The skops file cannot be used: {problem}."
    return Refusal("unusable_model", message, STAGE)
