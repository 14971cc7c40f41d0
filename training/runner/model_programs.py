"""Which program within the walls runs which models, and the libraries it alone sees."""

from training.jobs import ModelFormat

RUNS = {
    ModelFormat.SAFETENSORS: ("run_safetensors", ("torch", "safetensors", "polars")),
    ModelFormat.SKOPS: ("run_skops", ("skops", "polars")),
    ModelFormat.TORCHSCRIPT: ("run_torch", ("torch", "polars")),
    ModelFormat.PT2: ("run_torch", ("torch", "polars")),
    ModelFormat.STATE_DICT: (
        "run_state_dict",
        ("torch", "safetensors", "polars"),
    ),
}
PROGRAMS = frozenset({ModelFormat.TORCHSCRIPT, ModelFormat.PT2, ModelFormat.STATE_DICT})
