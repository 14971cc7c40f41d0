"""An interpreter with a small AutoGluon of our own making, to try what goes between.

It takes what the real one takes and fits two models of NumPy; the names of its models say
what it was given, since nothing else comes back.
"""

import os
import sysconfig
import venv
from pathlib import Path

VERSION = "9.9.9"
METADATA = f"Metadata-Version: 2.1\nName: autogluon.tabular\nVersion: {VERSION}\n"
SOURCE = """
import json, time
from pathlib import Path
import numpy as np
import pandas as pd

BEHAVIOUR = "{behaviour}"
ALL = ["Rows{{rows}}_Held{{held}}_Cpus{{cpus}}_{{kind}}", "LinearModel", "Nonsense"]


def matrix(frame, known):
    columns = [np.ones(len(frame))]
    for name in frame.columns:
        one = frame[name]
        if str(one.dtype) == "category":
            columns += [(one == value).to_numpy(dtype=float) for value in known[name]]
        else:
            columns.append(np.nan_to_num(one.to_numpy(dtype=float)))
    return np.column_stack(columns)


class TabularPredictor:
    def __init__(self, label, problem_type, eval_metric, path, verbosity):
        if BEHAVIOUR == "breaks":
            raise ValueError("no such luck")
        self.label, self.kind, self.path = label, problem_type, Path(path)
        self.tells_amounts = problem_type == "regression"
        wanted = "root_mean_squared_error" if self.tells_amounts else "log_loss"
        assert (eval_metric, verbosity) == (wanted, 2)
        self.models = {{}}

    def fit(self, train_data, tuning_data, time_limit, num_cpus, num_gpus, memory_limit,
            presets, **bagged):
        assert time_limit > 0 and num_gpus == 0 and 0 < memory_limit < 64
        self.path.mkdir()
        rows = train_data.drop(columns=[self.label])
        target = train_data[self.label].to_numpy()
        self.known = {{
            name: sorted(rows[name].dropna().unique())
            for name in rows.columns if str(rows[name].dtype) == "category"
        }}
        self.labels, truth = [0], target.reshape(-1, 1)
        if not self.tells_amounts:
            self.labels = sorted(int(one) for one in set(target))
            truth = (truth == np.array(self.labels)).astype(float)
        first = ALL[0].format(
            rows=len(rows), held=0 if tuning_data is None else len(tuning_data),
            cpus=num_cpus, kind=self.kind,
        )
        width = matrix(rows, self.known).shape[1]
        constant = np.zeros((width, truth.shape[1]))
        constant[0] = truth.mean(axis=0)
        self.keep(first, constant)
        if BEHAVIOUR == "overruns":
            time.sleep(600)
        seen = matrix(rows, self.known)
        self.keep("LinearModel", np.linalg.lstsq(seen, truth, rcond=None)[0])
        self.keep("Nonsense", np.full_like(constant, np.nan))

    def keep(self, name, weights):
        print(f"Fitting model: {{name}} ... Training model for up to 9s.")
        self.models[name] = weights.tolist()
        told = {{"known": self.known, "labels": self.labels, "models": self.models}}
        (self.path / "predictor.pkl").write_text(json.dumps(told))

    @classmethod
    def load(cls, path):
        made = cls.__new__(cls)
        told = json.loads((Path(path) / "predictor.pkl").read_text())
        made.__dict__ |= told
        return made

    def leaderboard(self, extra_info):
        assert extra_info
        return pd.DataFrame([
            {{"model": name, "can_infer": True, "fit_time": 1.5,
              "memory_size_w_ancestors": 4000}}
            for name in self.models
        ])

    def predict(self, rows, model):
        return pd.Series((matrix(rows, self.known) @ np.array(self.models[model]))[:, 0])

    def predict_proba(self, rows, model):
        told = matrix(rows, self.known) @ np.array(self.models[model])
        told = np.clip(told, 0.02, 0.98)
        return pd.DataFrame(told / told.sum(axis=1, keepdims=True), columns=self.labels)
"""


class Foreign:
    """An interpreter, and how its AutoGluon behaves."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.python = folder / "bin" / "python"
        found = sysconfig.get_path("purelib", vars={"base": str(folder)})
        self.packages = Path(found)
        other = (
            self.packages / "others.pth"
        )  # NumPy and pandas, which tests have anyway
        other.write_text(sysconfig.get_path("purelib"))
        told = self.packages / f"autogluon.tabular-{VERSION}.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(METADATA)
        self.behaves("learns")

    def behaves(self, how: str) -> Path:
        """Have it learn, overrun its time or break; return its interpreter."""
        module = self.packages / "autogluon" / "tabular"
        module.mkdir(parents=True, exist_ok=True)
        (module / "__init__.py").write_text(SOURCE.format(behaviour=how))
        return self.python


REAL = os.environ.get("STUDIO_AUTOGLUON_PYTHON", "")
