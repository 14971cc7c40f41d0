"""The ways to learn from pictures by what is measured in them: edges and colours.

Where a model is placed that was trained on other pictures, by its features too.
"""

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from training.runner.inside.studio.encoded import BESIDE, OWN, beside
from training.runner.inside.studio.fits import TooManyRows
from training.runner.inside.studio.modalities import Arrays
from training.runner.inside.studio.pictures import described

STRENGTH = {"shapes": 10.0, "shapes_strict": 0.3, "features": 0.03}
MOST_KERNEL_ROWS = 8_000
KERNEL_PARTS = 120  # what a kernel is given of the measures, the ones that vary most


def inputs_of(arrays: Arrays) -> Any:
    """Return what is measured in the pictures of a prepared file, (n, d).

    Where a placed model has encoded them, its features stand beside.
    """
    return beside(described(arrays["pixels"]), arrays)


def seen(learner: str, model: Any) -> Any:
    """Have an estimator take its part of inputs that a placed model has encoded."""
    if learner == "baseline":
        return model
    column = BESIDE if learner == "features" else OWN
    part = ColumnTransformer([("part", "passthrough", column)])
    return make_pipeline(part, model)


def compacted(model: Any) -> Any:
    """Return a fitted model as it is best written: as it is."""
    return model


def built(
    learner: str,
    *,
    codes: list[bool],  # noqa: ARG001  of tables
    has_classes: bool,  # noqa: ARG001  folders are classes
    rows: int,
    seed: int,
    settings: dict[str, float],
) -> Any:
    """Return an estimator over measures of pictures that has learnt nothing yet.

    Args:
        learner: a key of `training.learning.LEARNERS` that learns from pictures.
        codes: of no meaning to pictures.
        has_classes: always.
        rows: how many pictures there are to learn from.
        seed: what is drawn at random.
        settings: `C`, how strongly the model may weigh.

    Raises:
        TooManyRows: it would take too long.
    """
    if learner == "baseline":
        return DummyClassifier(strategy="prior")
    if learner == "shapes_kernel":
        if rows > MOST_KERNEL_ROWS:
            raise TooManyRows(
                "Support vectors would take too long on more than "
                f"{MOST_KERNEL_ROWS:,} pictures."
            )
        return make_pipeline(
            PCA(min(KERNEL_PARTS, rows // 2), random_state=seed),
            CalibratedClassifierCV(
                SVC(C=10.0, random_state=seed), method="sigmoid", cv=3, ensemble=False
            ),
        )
    linear = LogisticRegression(C=settings.get("C", STRENGTH[learner]), max_iter=200)
    if learner == "features":
        return make_pipeline(StandardScaler(), linear)
    return linear
