"""Writes LightGBM's trees as ONNX, node by node, from how the library tells of them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TREES_DOMAIN = "ai.onnx.ml"
LEAF, BRANCH = "LEAF", "BRANCH_LEQ"


@dataclass(slots=True)
class Forest:
    """The attributes of ONNX's TreeEnsembleRegressor, by their names there."""

    nodes_treeids: list[int] = field(default_factory=list)
    nodes_nodeids: list[int] = field(default_factory=list)
    nodes_featureids: list[int] = field(default_factory=list)
    nodes_modes: list[str] = field(default_factory=list)
    nodes_values: list[float] = field(default_factory=list)
    nodes_truenodeids: list[int] = field(default_factory=list)
    nodes_falsenodeids: list[int] = field(default_factory=list)
    nodes_missing_value_tracks_true: list[int] = field(default_factory=list)
    target_treeids: list[int] = field(default_factory=list)
    target_nodeids: list[int] = field(default_factory=list)
    target_ids: list[int] = field(default_factory=list)
    target_weights: list[float] = field(default_factory=list)
    n_targets: int = 1

    def as_attributes(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def _add(self, tree: int, node: int, **told: Any) -> None:
        self.nodes_treeids.append(tree)
        self.nodes_nodeids.append(node)
        for name, value in told.items():
            getattr(self, f"nodes_{name}").append(value)

    def add_leaf(self, tree: int, node: int, target: int, value: float) -> None:
        """Add a leaf that adds `value` to a target."""
        nowhere = {"truenodeids": 0, "falsenodeids": 0}
        self._add(
            tree,
            node,
            modes=LEAF,
            featureids=0,
            values=0.0,
            missing_value_tracks_true=0,
            **nowhere,
        )
        self.target_treeids.append(tree)
        self.target_nodeids.append(node)
        self.target_ids.append(target)
        self.target_weights.append(value)

    def add_branch(
        self, tree: int, node: int, split: dict[str, Any], sides: tuple[int, int]
    ) -> None:
        """Add a branch to the left of what is at most a threshold.

        Raises:
            TypeError: it parts in a way that is not written here.
        """
        kind, missing = split["decision_type"], split["missing_type"]
        if kind != "<=" or missing not in {"None", "NaN"}:
            raise TypeError(f"trees that part by {kind} with {missing} missing")
        threshold = float(split["threshold"])
        # Where none was missing when it learnt, LightGBM takes what is for 0.
        goes_left = split["default_left"] if missing == "NaN" else threshold >= 0
        self._add(
            tree,
            node,
            modes=BRANCH,
            featureids=int(split["split_feature"]),
            values=_at_most(threshold),
            missing_value_tracks_true=int(goes_left),
            truenodeids=sides[0],
            falsenodeids=sides[1],
        )


def forest_of(told: dict[str, Any]) -> Forest:
    """Return the trees of a booster, each of which adds to the target of its turn.

    Args:
        told: what `Booster.dump_model` gives.

    Raises:
        TypeError: it has what is not written here.
    """
    targets = int(told["num_tree_per_iteration"])
    if told.get("average_output"):
        raise TypeError("trees whose mean is taken")
    forest = Forest(n_targets=targets)
    for tree, one in enumerate(told["tree_info"]):
        for node, (part, sides) in enumerate(_walked(one["tree_structure"])):
            if sides is None:
                value = float(part["leaf_value"])
                forest.add_leaf(tree, node, tree % targets, value)
            else:
                forest.add_branch(tree, node, part, sides)
    return forest


def _walked(
    root: dict[str, Any],
) -> Iterator[tuple[dict[str, Any], tuple[int, int] | None]]:
    """Yield the nodes of a tree, the root first, with the numbers of what is below."""
    waiting, known = [root], 1
    for part in waiting:  # which grows meanwhile
        if "leaf_value" in part:
            yield part, None
            continue
        waiting += [part["left_child"], part["right_child"]]
        yield part, (known, known + 1)
        known += 2


def _at_most(threshold: float) -> float:
    """Return the largest number of single precision that is not above a threshold."""
    single = np.float32(threshold)
    if float(single) > threshold:
        single = np.nextafter(single, np.float32(-math.inf))
    return float(single)
