"""Measures what the figures of lessons show, with our own metrics, on the demo's data.

`python -m tests.front.measuring` writes `marketplace/front/learn/measured.json` anew;
`test_lessons` measures again and compares. All draws are from fixed seeds.
"""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
)
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from training.leaderboards.ranks import Entry, standings
from training.metrics.calibration import ece, reliability
from training.metrics.classification import accuracy, balanced_accuracy, wrong
from training.metrics.estimate import share_of

WRITTEN = (
    Path(__file__).parents[2] / "marketplace" / "front" / "learn" / "measured.json"
)
SEED = 20_260
SURE = 0.9
INKS = 16  # of a scan, from none
NOISE_ROWS, NOISE_COLUMNS, CHOSEN, REPEATS = 100, 2_000, 20, 20
ENTRIES, SPOILT = 200, 0.08
DIGITS = 4  # decimals kept


def measured():
    """Return the numbers of every figure, by the slug of its lesson."""
    return {
        "splits-and-why": splits(),
        "leakage": leakage(),
        "metrics": which_metric(),
        "calibration-and-uncertainty": calibration(),
        "unknown-inputs": unknown(),
        "bias-and-fairness": groups(),
        "explanations": explanations(),
        "how-to-read-a-leaderboard": board(),
        "how-a-contest-works": contest(),
        "training-without-code": learners(),
        "try-a-model": one_digit(),
        "run-a-notebook": seeds(),
        "how-to-publish": sizes(),
    }


def rounded(found):
    return round(float(found), DIGITS)


def interval(estimate):
    """Return value, low and high of an estimate."""
    return [rounded(estimate.value), rounded(estimate.low), rounded(estimate.high)]


def tumours(**how):
    """Return rows to learn from and held-out ones: measurements, 1 for malignant."""
    found = load_breast_cancer()
    return train_test_split(
        found.data, 1 - found.target, **{"test_size": 0.2, "random_state": SEED} | how
    )


def linear():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def splits():
    """A tree that may ask ever more questions: right on its own rows, and on others."""
    depths = list(range(1, 9))
    seen = np.zeros((10, len(depths), 2))
    for draw in range(len(seen)):
        known, held, answers, truth = tumours(random_state=SEED + draw)
        for place, depth in enumerate(depths):
            tree = DecisionTreeClassifier(max_depth=depth, random_state=SEED)
            tree.fit(known, answers)
            seen[draw, place] = tree.score(known, answers), tree.score(held, truth)
    known, held = seen.mean(axis=0).T
    return {
        "depths": depths,
        "known": [rounded(each) for each in known],
        "held": [rounded(each) for each in held],
    }


def leakage():
    """Columns of pure noise, the best of which are chosen before and after splitting."""
    scores = {"before": [], "after": []}
    draws = np.random.default_rng(SEED)
    for _ in range(REPEATS):
        noise = draws.standard_normal((NOISE_ROWS, NOISE_COLUMNS))
        labels = draws.permutation(np.arange(NOISE_ROWS) % 2)
        first = np.arange(NOISE_ROWS) < NOISE_ROWS // 2
        for when, seen in (
            ("before", np.ones(NOISE_ROWS, dtype=bool)),
            ("after", first),
        ):
            gap = noise[seen & (labels == 1)].mean(0) - noise[
                seen & (labels == 0)
            ].mean(0)
            best = np.argsort(-np.abs(gap))[:CHOSEN]
            model = LogisticRegression(C=0.1).fit(noise[first][:, best], labels[first])
            scores[when].append(model.score(noise[~first][:, best], labels[~first]))
    return {when: rounded(np.mean(each)) for when, each in scores.items()}


def which_metric():
    """One malignant case in ten: always “benign”, and a model of thirty measurements."""
    known, held, answers, truth = tumours(test_size=0.5, stratify=None)
    benign, malignant = np.flatnonzero(truth == 0), np.flatnonzero(truth == 1)
    kept = np.concatenate([benign, malignant[: len(benign) // 9]])
    told = {
        "never": np.zeros(len(kept), dtype=np.int64),
        "model": linear().fit(known, answers).predict(held[kept]),
    }
    return {
        "rows": len(kept),
        "malignant": int(truth[kept].sum()),
        **{
            name: {
                "accuracy": interval(accuracy(truth[kept], each)),
                "balanced": interval(balanced_accuracy(truth[kept], each)),
            }
            for name, each in told.items()
        },
    }


@cache
def digits():
    """Return held-out scans, inks from 0 to 1, what they are, and a model of others."""
    found = load_digits()
    known, held, answers, truth = train_test_split(
        found.data / INKS,
        found.target,
        test_size=0.5,
        random_state=SEED,
        stratify=found.target,
    )
    return (
        held,
        truth,
        LogisticRegression(C=100, max_iter=300).fit(known, answers),
    )


def patients():
    """Return measurements of patients, and who of them got worse than the median."""
    found = load_diabetes(scaled=False)
    return found.data, (found.target > np.median(found.target)).astype(int)


def calibration():
    """Naive Bayes on patients, which is far surer than it is right, and tempered."""
    rows, worse = patients()
    told = cross_val_predict(GaussianNB(), rows, worse, cv=5, method="predict_proba")
    logs = np.log(np.clip(told, 1e-9, 1))
    half = np.random.default_rng(SEED).permutation(len(rows)) % 2 == 0

    def tempered(rows, by):
        scaled = np.exp((rows - rows.max(axis=1, keepdims=True)) / by)
        return scaled / scaled.sum(axis=1, keepdims=True)

    def surprise(by):
        right = tempered(logs[half], by)[np.arange(half.sum()), worse[half]]
        return -np.log(right).mean()

    temperature = min(np.arange(1, 12, 0.25), key=surprise)
    truth = worse[~half]
    before, after = tempered(logs[~half], 1), tempered(logs[~half], temperature)
    return {
        "rows": len(truth),
        "temperature": float(temperature),
        "accuracy": interval(accuracy(truth, before.argmax(axis=1))),
        "before": interval(ece(truth, before)),
        "after": interval(ece(truth, after)),
        **{
            f"{when}_bins": [
                [rounded(x) for x in (one.confidence, one.accuracy, one.low, one.high)]
                for one in reliability(truth, each)
            ]
            for when, each in (("before", before), ("after", after))
        },
    }


def unknown():
    """A model of digits, shown digits, noise, and digits upside down: how often sure."""
    held, truth, model = digits()
    noise = np.random.default_rng(SEED).integers(0, INKS + 1, held.shape) / INKS
    upended = held[:, ::-1][~np.isin(truth, [0, 1, 8])]
    shown = {"digits": held, "noise": noise, "upended": upended}
    return {
        "accuracy": rounded(model.score(held, truth)),
        **{
            name: interval(
                share_of(
                    int((model.predict_proba(rows).max(axis=1) >= SURE).sum()),
                    len(rows),
                )
            )
            for name, rows in shown.items()
        },
    }


def groups():
    """Of patients whose illness progressed, how many a model finds, by sex and age."""
    rows, progressed = patients()
    told = cross_val_predict(linear(), rows, progressed, cv=10)
    age, sex = rows[:, 0], rows[:, 1]
    young, old = np.quantile(age, [1 / 3, 2 / 3])
    of = {
        "all": np.ones(len(age), dtype=bool),
        "sex 1": sex == 1,
        "sex 2": sex == 2,
        "youngest": age <= young,
        "middle": (age > young) & (age <= old),
        "oldest": age > old,
    }
    return {
        name: [
            *interval(
                share_of(
                    int((told[rows & (progressed == 1)] == 1).sum()),
                    int((rows & (progressed == 1)).sum()),
                )
            ),
            int((rows & (progressed == 1)).sum()),
        ]
        for name, rows in of.items()
    }


def explanations():
    """Two equally good forests from two halves of the rows: what each hangs on."""
    known, held, answers, truth = tumours()
    names = load_breast_cancer().feature_names
    looks, scores = [], []
    for half in (0, 1):
        rows = np.arange(len(known)) % 2 == half
        forest = RandomForestClassifier(30, random_state=SEED + half)
        forest.fit(known[rows], answers[rows])
        looked = permutation_importance(
            forest, held, truth, n_repeats=5, random_state=SEED, scoring="neg_log_loss"
        )
        looks.append(looked.importances_mean)
        scores.append(rounded(forest.score(held, truth)))
    best = np.argsort(-(looks[0] + looks[1]))[:6]
    return {
        "scores": scores,
        "columns": [str(names[each]) for each in best],
        "first": [rounded(looks[0][each]) for each in best],
        "second": [rounded(looks[1][each]) for each in best],
    }


def board():
    """Six models on the same held-out rows, ranked as our boards do; and lucky entries."""
    known, held, answers, truth = tumours(stratify=1 - load_breast_cancer().target)
    models = {
        "All measurements, linear": linear(),
        "Forest": RandomForestClassifier(50, random_state=SEED),
        "Neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier(5)),
        "One tree": DecisionTreeClassifier(random_state=SEED),
        "Naive Bayes": GaussianNB(),
        "Always “benign”": DummyClassifier(),
    }
    told = {
        name: model.fit(known, answers).predict(held) for name, model in models.items()
    }
    found = {name: accuracy(truth, each) for name, each in told.items()}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [
        Entry(name, each.value, each.low, each.high, at + timedelta(minutes=place))
        for place, (name, each) in enumerate(found.items())
    ]
    losses = np.stack([wrong(truth, each) for each in told.values()])
    placed = standings(entries, is_greater_better=True, losses=losses)
    draws = np.random.default_rng(SEED)
    good = told["All measurements, linear"] == truth
    lucky = good & (draws.random((REPEATS, ENTRIES, len(truth))) > SPOILT)
    shown = np.arange(len(truth)) % 2 == 0
    best = lucky[:, :, shown].mean(axis=2).argmax(axis=1)
    chosen = lucky[np.arange(REPEATS), best]
    return {
        "rows": len(truth),
        "entries": [
            [
                each.key,
                *interval(found[each.key]),
                each.tier,
                each.rank_low,
                each.rank_high,
            ]
            for each in sorted(placed, key=lambda each: -found[each.key].value)
        ],
        "lucky": {
            "count": ENTRIES,
            "times": REPEATS,
            "shown": rounded(chosen[:, shown].mean()),
            "hidden": rounded(chosen[:, ~shown].mean()),
            "mean": rounded(lucky.mean()),
        },
    }


def contest():
    """How the rows of the demo's contest are parted."""
    known, held, _, _ = tumours(stratify=1 - load_breast_cancer().target)
    return {"known": len(known), "held": len(held)}


def learners():
    """Ways to learn that the studio tries, by whom they tell the wines apart."""
    rows, cultivar = load_wine(return_X_y=True)
    models = {
        "The commonest answer": DummyClassifier(),
        "One tree": DecisionTreeClassifier(random_state=SEED),
        "Neighbours": make_pipeline(StandardScaler(), KNeighborsClassifier(5)),
        "Forest": RandomForestClassifier(50, random_state=SEED),
        "Linear": linear(),
    }
    return {
        name: interval(
            accuracy(cultivar, cross_val_predict(model, rows, cultivar, cv=5))
        )
        for name, model in models.items()
    }


def one_digit():
    """The held-out digit that a model gets right with the least confidence."""
    held, truth, model = digits()
    told = model.predict_proba(held)
    is_right = told.argmax(axis=1) == truth
    chosen = np.flatnonzero(is_right)[told.max(axis=1)[is_right].argmin()]
    return {
        "digit": int(truth[chosen]),
        "pixels": [round(each * INKS) for each in held[chosen]],
        "told": [rounded(each) for each in told[chosen]],
    }


def seeds():
    """One script, run five times with a seed of its own each time, and with one seed."""
    known, held, answers, truth = tumours()
    own, same = (
        [
            rounded(
                RandomForestClassifier(5, random_state=seed)
                .fit(known, answers)
                .score(held, truth)
            )
            for seed in drawn
        ]
        for drawn in (range(5), [SEED] * 5)
    )
    return {"own": own, "same": same}


def sizes():
    """Rows and columns of the tables of the demo."""
    return {
        "Breast cancer": list(load_breast_cancer().data.shape),
        "Wine": list(load_wine().data.shape),
        "Diabetes": list(load_diabetes().data.shape),
        "Digits": list(load_digits().data.shape),
    }


if __name__ == "__main__":
    WRITTEN.write_text(json.dumps(measured(), indent=1, ensure_ascii=False) + "\n")
