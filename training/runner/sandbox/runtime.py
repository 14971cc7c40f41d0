"""What of this machine a job may see: an interpreter, a few libraries, our programs.

Nothing is assumed about where they lie: a virtual environment or a self-built Python
below a closed home folder is shown to the job at places of ours. Run as a script, this
prints where another interpreter keeps the same things.
"""

import importlib.util
import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

INSIDE = Path(__file__).resolve().parents[1] / "inside"
PLACE_OF_INSIDE = "site/training/runner/inside"
WEIGHTS = INSIDE.parents[1] / "kinds" / "weights.py"  # read alike on both sides
PLACE_OF_WEIGHTS = "site/training/kinds/weights.py"
SHARED = Path("/usr")  # its files are everyone's to read, so they keep their place

CUDA = "cuda"  # what torch needs on a GPU, where it is not part of torch
EVERYTHING = "*"  # offered: all that is installed beside the interpreter
PLACE_OF_EVERYTHING = "packages"

# What importing each library takes, as top-level modules.
LIBRARIES = {
    "numpy": ("numpy",),
    "polars": ("polars", "_polars_runtime_32", "typing_extensions", "numpy"),
    "onnxruntime": ("onnxruntime", "numpy"),
    "onnx": ("onnx", "google", "ml_dtypes", "typing_extensions", "numpy"),
    "scipy": ("scipy", "numpy"),
    "sklearn": (
        "sklearn",
        "scipy",
        "joblib",
        "threadpoolctl",
        "narwhals",
        "cloudpickle",
        "numpy",
    ),
    "lightgbm": ("lightgbm", "scipy", "narwhals", "numpy"),
    "skops": (
        *("skops", "prettytable", "wcwidth", "packaging"),
        *("sklearn", "scipy", "joblib", "threadpoolctl", "narwhals", "cloudpickle"),
        "numpy",
    ),
    "fairlearn": (
        *("fairlearn", "pandas", "dateutil", "six", "sklearn", "scipy", "joblib"),
        *("threadpoolctl", "narwhals", "cloudpickle", "numpy"),
    ),
    "shap": (
        *(
            "shap",
            "_kernel_lib",
            "numba",
            "llvmlite",
            "slicer",
            "tqdm",
            "pandas",
            "dateutil",
            "six",
        ),
        *("packaging", "typing_extensions", "sklearn", "scipy", "joblib"),
        *("threadpoolctl", "narwhals", "cloudpickle", "numpy"),
    ),
    "safetensors": ("safetensors", "numpy"),
    "PIL": ("PIL",),
    "tokenizers": ("tokenizers",),
    "phonenumbers": ("phonenumbers",),
    "skl2onnx": (
        *("skl2onnx", "onnx", "google", "ml_dtypes", "typing_extensions", "numpy"),
        *("sklearn", "scipy", "joblib", "threadpoolctl", "narwhals", "cloudpickle"),
    ),
    "torch": (
        *("torch", "torchgen", "functorch", "sympy", "mpmath", "networkx", "jinja2"),
        *("markupsafe", "filelock", "fsspec", "typing_extensions", "numpy"),
    ),
    CUDA: ("nvidia", "triton"),
    "pandas": ("pandas", "dateutil", "six", "numpy"),
    "matplotlib": (
        *("matplotlib", "mpl_toolkits", "contourpy", "cycler", "dateutil", "fontTools"),
        *("kiwisolver", "packaging", "PIL", "pyparsing", "six", "numpy"),
    ),
    "captum": (
        *("captum", "matplotlib", "mpl_toolkits", "contourpy", "cycler", "dateutil"),
        *("fontTools", "kiwisolver", "packaging", "PIL", "pyparsing", "six", "tqdm"),
        "numpy",
    ),
    "yaml": ("yaml", "_yaml"),
    "pyarrow": ("pyarrow", "numpy"),
    "openpyxl": ("openpyxl", "et_xmlfile"),
    "orjson": ("orjson",),
    "ijson": ("ijson",),
    "apsw": ("apsw",),
}
DRIVER_PLACE = "driver"
SHARED_OBJECTS_OF = {
    "sklearn": "scikit_learn",
    "PIL": "pillow",
}  # whose folder goes by another name


class RuntimeIncomplete(Exception):
    """The interpreter for jobs lacks something; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or folder of ours and where, below one root, the job finds it."""

    source: Path
    place: str


@dataclass(frozen=True, slots=True)
class Runtime:
    """An interpreter with libraries. `binds` are all that it needs outside /usr.

    Where it `has_driver`, those of a graphics card are among them.
    """

    executable: Path
    place: str  # of the interpreter below the root, or empty if it stays in /usr
    binds: tuple[Bind, ...]
    has_driver: bool = False

    def libraries(self, root: str) -> str:
        """Return the value of LD_LIBRARY_PATH, empty if none is needed."""
        folders = [f"{root}/python/lib"] if self.place else []
        if self.has_driver:
            folders.append(f"{root}/{DRIVER_PLACE}")
        return ":".join(folders)

    def python(self, root: str) -> str:
        return f"{root}/{self.place}" if self.place else str(self.executable)


def _modules(libraries: Iterable[str]) -> dict[str, str]:
    """Find top-level modules (and the folders of shared objects beside them)."""
    found = {}
    for name in sorted({top for one in libraries for top in LIBRARIES[one]}):
        spec = importlib.util.find_spec(name)
        if spec is None:
            continue
        places = spec.submodule_search_locations
        path = Path(next(iter(places)) if places else spec.origin or "")
        found[path.name] = str(path)
        libs = SHARED_OBJECTS_OF.get(path.name, path.name)
        shared_objects = path.with_name(f"{libs}.libs")
        if shared_objects.is_dir():
            found[shared_objects.name] = str(shared_objects)
    return found


def _describe() -> dict[str, object]:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    standard = Path(sys.base_prefix) / "bin" / version
    executable = standard if standard.exists() else Path(sys.executable)
    return {
        "base": str(Path(sys.base_prefix).resolve()),
        "executable": str(executable.resolve()),
        "modules": {library: _modules([library]) for library in LIBRARIES},
        "packages": sysconfig.get_path("purelib"),
    }


@lru_cache
def _described(python: Path | None) -> dict[str, object]:
    if python is None:
        return _describe()
    command = [str(python), "-I", __file__]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeIncomplete(f"SANDBOX_PYTHON={python} does not run: {done.stderr}")
    described: dict[str, object] = json.loads(done.stdout)
    return described


@lru_cache
def find_runtime(
    libraries: tuple[str, ...],
    *,
    python: Path | None,
    offered: tuple[str, ...] = (),
) -> Runtime:
    """Find an interpreter and `libraries` (names of `LIBRARIES`) for a job.

    Args:
        libraries: what the job imports besides the standard library.
        python: the interpreter; None means the one that runs this.
        offered: what it may import where it is installed, or `EVERYTHING`.

    Raises:
        RuntimeIncomplete: the interpreter does not run or lacks a library.
    """
    described = _described(python)
    base = Path(str(described["base"]))
    executable = Path(str(described["executable"]))
    modules = described["modules"]
    assert isinstance(modules, dict)  # noqa: S101  our own JSON
    binds = [Bind(INSIDE, PLACE_OF_INSIDE), Bind(WEIGHTS, PLACE_OF_WEIGHTS)]
    for library in libraries:
        if library not in modules[library]:
            raise RuntimeIncomplete(
                f"{executable} has no {library}: install it beside Stoa with "
                f"`pip install {library}`."
            )
    if EVERYTHING in offered:
        binds.append(Bind(Path(str(described["packages"])), PLACE_OF_EVERYTHING))
    named = (each for each in offered if each != EVERYTHING)
    for library in (*libraries, *named):
        found = modules[library].items()
        binds += [Bind(Path(path), f"site/{name}") for name, path in found]
    if executable.is_relative_to(SHARED):
        return Runtime(executable, "", tuple(dict.fromkeys(binds)))
    place = f"python/bin/{executable.name}"
    binds.append(Bind(executable, place))
    binds += [
        Bind(base / name, f"python/{name}")
        for name in ("lib", "lib64")
        if (base / name).is_dir() and not (base / name).is_symlink()
    ]
    return Runtime(executable, place, tuple(dict.fromkeys(binds)))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_describe()))
