"""What skl2onnx does not write is written here, and answers as the model itself does."""

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.preprocessing import SplineTransformer

from tests.studio.tables import diabetes, people
from training.learning import Candidate, LearningPlan
from training.runner.inside.files import decode_files
from training.runner.inside.studio.export_onnx import written
from training.runner.inside.studio.exported import exported
from training.runner.inside.studio.fits import quietly
from training.runner.inside.studio.folds import answers_of
from training.runner.inside.studio.onnx_trees import forest_of
from training.runner.inside.studio.portfolio import built
from training.runner.studio.exporting import export
from training.runner.studio.keeping import keep

ROWS, KNOWN = 600, 400
CODES = [False, False, False, False, True]
OWN = ("baseline", "curves", "lightgbm")
WEIGHTS = np.array([0.2, 0.3, 0.5])


def rows():
    """Amounts, two and five whole numbers, one that only new rows lack, and codes."""
    chance = np.random.default_rng(0)
    features = np.column_stack(
        [
            chance.normal(size=ROWS) * 1_000,
            *(chance.integers(0, most, ROWS) for most in (2, 5)),
            chance.normal(size=ROWS),
            chance.integers(0, 9, ROWS),
        ]
    )
    holes = chance.random(features.shape) < 0.05
    holes[:KNOWN, 3] = False
    features[holes] = np.nan
    features[KNOWN : KNOWN + 2, 0] = 1e5, -1e5  # far beyond the last knots
    signal = np.nan_to_num(features)
    noise = chance.normal(size=ROWS) * 0.3
    amount = signal[:, 0] / 1_000 + signal[:, 1] + signal[:, 3] + noise
    return features, amount


def targets_of(amount, classes):
    edges = {0: None, 2: [0.5], 3: [-0.5, 0.8]}[classes]
    return amount if edges is None else np.digitize(amount, edges)


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_lightgbm_splines_and_baselines_answer_as_onnx_what_they_answer(classes):
    quietly()
    features, amount = rows()
    target = targets_of(amount, classes)

    def made(learner):
        return built(
            learner,
            codes=CODES,
            has_classes=bool(classes),
            rows=KNOWN,
            seed=1,
            settings={},
        )

    members = [(name, made(name)) for name in OWN]
    together = (
        VotingClassifier(members, voting="soft", weights=WEIGHTS)
        if classes
        else VotingRegressor(members, weights=WEIGHTS)
    )
    for model in (*(one for _, one in members), together):
        model.fit(features[:KNOWN], target[:KNOWN])
        own = answers_of(model, features[KNOWN:], classes=classes)

        def write(model=model):
            return written(model, len(CODES), has_classes=bool(classes))

        files, told = decode_files(
            exported(write, features[KNOWN:], own, classes=classes)
        )
        assert "onnx" in files, told
        assert told["changed"] == 0
        assert told["largest"] <= 1e-6 * max(1.0, np.abs(own).max())


def test_what_parts_or_goes_on_in_another_way_is_not_written():
    split = {
        "decision_type": "==",
        "missing_type": "None",
        "threshold": "1||3",
        "default_left": True,
        "split_feature": 0,
        "left_child": {"leaf_value": 1.0},
        "right_child": {"leaf_value": 2.0},
    }
    told = {"num_tree_per_iteration": 1, "tree_info": [{"tree_structure": split}]}
    with pytest.raises(TypeError, match="part by =="):
        forest_of(told)
    forest = forest_of(
        {**told, "tree_info": [{"tree_structure": {"leaf_value": 0.25}}]}
    )
    assert (forest.nodes_modes, forest.target_weights) == (["LEAF"], [0.25])

    periodic = SplineTransformer(extrapolation="periodic")
    periodic.fit(np.linspace(0, 1, 50)[:, None])
    with pytest.raises(TypeError, match="go on by periodic"):
        written(periodic, 1, has_classes=False)


@pytest.mark.parametrize(
    ("frame", "plan", "weights"),
    [
        (people(), LearningPlan("bought", has_classes=True, seed=3), WEIGHTS),
        (diabetes(), LearningPlan("progression", has_classes=False, seed=3), [1.0]),
    ],
    ids=["an ensemble of classes", "the same amount for all"],
)
def test_they_are_exported_within_the_walls(
    frame, plan, weights, prepared, sandbox, limits
):
    ready = prepared(frame, plan)
    members = {Candidate(name, 1): one for name, one in zip(OWN, weights, strict=False)}
    kept = keep(
        ready.learning, members, facts=ready.facts, limits=limits, sandbox=sandbox
    )

    found = export(
        kept.model, ready.learning, facts=ready.facts, limits=limits, sandbox=sandbox
    )
    assert found.why == ""
    assert found.onnx is not None
    assert found.largest_difference < 1e-4
