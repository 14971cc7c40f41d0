"""The metric that ranks, once more on each subgroup of the hidden rows."""

import numpy as np
import pytest

from training.jobs import Target
from training.kinds import Kind
from training.metrics.orders import Orders
from training.metrics.registry import Answers, measure
from training.runner.scoring import score
from training.runner.truth import TruthUnusable, read_truth

ROWS = 240
TARGET = Target(("accuracy",), classes=("no", "yes"), split_column="split")
GENERATOR = np.random.default_rng(3)
PLACES = GENERATOR.permutation(ROWS)  # the table of subgroups is in another order
NAMES = np.where(
    np.arange(ROWS) < 80, "north", np.where(np.arange(ROWS) < 225, "south", "few")
)
LABELS = GENERATOR.integers(0, 2, ROWS)
IS_PRIVATE = np.arange(ROWS) % 4 == 0


def files(folder, names=NAMES, *, id_of="r{}".format, order=PLACES):
    truth, subgroups = folder / "truth.csv", folder / "subgroups.csv"
    rows = [
        f"{id_of(n)},{TARGET.classes[LABELS[n]]},{'private' if IS_PRIVATE[n] else 'public'}"
        for n in range(ROWS)
    ]
    truth.write_text("\n".join(["id,target,split", *rows]))
    rows = [f"{id_of(n)},{names[n]}" for n in order]
    subgroups.write_text("\n".join(["id,subgroup", *rows]))
    return truth, subgroups


@pytest.mark.parametrize("id_of", ["r{}".format, lambda n: 7 * n - 3])
def test_each_subgroup_is_scored_by_its_rows_and_few_rows_tell_nothing(tmp_path, id_of):
    path, subgroups = files(tmp_path, id_of=id_of)
    truth = read_truth(path, TARGET, subgroups=subgroups)
    answers = np.where(GENERATOR.random(ROWS) < 0.8, LABELS, 1 - LABELS)
    case = Answers(truth.answers, labels=answers)

    found = score(case, TARGET, is_private=truth.is_private, subgroups=truth.subgroups)

    for told, rows in (
        (found.subgroups, ~IS_PRIVATE),
        (found.private_subgroups, IS_PRIVATE),
    ):
        by_name = {each.name: each for each in told}
        for name in ("north", "south", "few"):
            own = rows & (name == NAMES)
            assert by_name[name].row_count == own.sum()
            if own.sum() < 30:
                assert by_name[name].value is None
                continue
            wanted = measure("accuracy", case.only(own))
            kept = by_name[name]
            assert (kept.value, kept.low) == (wanted.value, wanted.low)
            assert kept.value == (answers == LABELS)[own].mean()
    assert [each.value is None for each in found.private_subgroups] == [
        True,
        True,
        False,
    ]


def test_a_table_of_other_ids_is_the_hosts_fault(tmp_path):
    path, subgroups = files(tmp_path, order=PLACES[1:])
    with pytest.raises(TruthUnusable, match="not of the ids"):
        read_truth(path, TARGET, subgroups=subgroups)
    files(tmp_path, order=np.r_[PLACES[1:], PLACES[1]])
    with pytest.raises(TruthUnusable, match="not of the ids"):
        read_truth(path, TARGET, subgroups=subgroups)


def test_a_querys_rows_are_in_one_subgroup(tmp_path):
    target = Target(("ndcg",), kind=Kind.RANKING)
    lines = [f"r{n},{n % 3},q{n // 5}" for n in range(300)]
    truth, subgroups = tmp_path / "truth.csv", tmp_path / "subgroups.csv"
    truth.write_text("\n".join(["id,target,query", *lines]))

    def read(name_of):
        rows = [f"r{n},{name_of(n)}" for n in reversed(range(300))]
        subgroups.write_text("\n".join(["id,subgroup", *rows]))
        return read_truth(truth, target, subgroups=subgroups)

    found = read(lambda n: "even" if n // 5 % 2 == 0 else "odd")
    assert len(found.subgroups.places) == 60
    case = Orders(
        np.repeat(np.arange(60), 5), np.tile([0.0, 1, 2, 1, 0], 60),
        np.tile(np.arange(5), 60), np.repeat(np.arange(60), 5),
        np.tile([0.0, 1, 2, 1, 0], 60), 60,
    )  # fmt: skip
    told = score(case, target, is_private=found.is_private, subgroups=found.subgroups)
    assert [(each.name, each.row_count) for each in told.subgroups] == [
        ("even", 30),
        ("odd", 30),
    ]
    with pytest.raises(TruthUnusable, match="several subgroups"):
        read(lambda n: "even" if n % 2 == 0 else "odd")
