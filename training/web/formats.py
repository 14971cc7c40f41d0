"""What each format is, in words for who hands in, and which of them this site runs."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from training.contests.models import Contest, Format
from training.contests.services import formats_taken, runnable_formats

FORMAT_HELP = {
    Format.PREDICTIONS: _(
        "A file with the id of every row and your prediction: CSV, "
        "JSON Lines, Parquet, or NPZ with one array a column."
    ),
    Format.ONNX: _("One ONNX file. It is run on the inputs, without a network."),
    Format.SAFETENSORS: _(
        "The weights of one of the networks below. Its metadata, or a "
        "config.json beside it, names the network; the layers follow from the shapes. "
        "Shards "
        "come with their index, as one zip."
    ),
    Format.SKOPS: _(
        "A scikit-learn model or pipeline, saved by skops.io.dump. Only types "
        "of scikit-learn itself are loaded."
    ),
    Format.TORCHSCRIPT: _(
        "A file of torch.jit.save that takes a float tensor [rows, columns]."
    ),
    Format.PT2: _(
        "A file of torch.export.save that takes a float tensor [rows, columns], "
        "with a dynamic first dimension."
    ),
    Format.STATE_DICT: _(
        "A file of torch.save of a table with the weights as “state_dict” "
        "and the name of one of the networks below as “architecture”."
    ),
    Format.CODE: _(
        "A zip archive with predict.py or one notebook at its top, or the "
        "notebook alone. It is run on the inputs, without a network."
    ),
}


def switched_on() -> frozenset[Format]:
    """Return the formats that the operator lets run."""
    return runnable_formats(runs_torch_programs=settings.STOA.run_torch_programs)


def taken(contest: Contest) -> list[Format]:
    """Return the formats in which something may be handed in to a contest here."""
    return formats_taken(contest, switched_on=switched_on())
