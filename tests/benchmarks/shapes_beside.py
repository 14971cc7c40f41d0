"""Learns from a zip of pictures in a process of its own, without walls or a database.

    python shapes_beside.py ZIP

It does what the studio's first answer takes and no more: decodes, measures edges and
colours, fits five folds and the whole, and answers the rest. It prints its log loss.
"""

import io
import sys
import zipfile

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict, train_test_split

from training.runner.inside.studio.image_portfolio import STRENGTH
from training.runner.inside.studio.pictures import LARGE, described, fitted

SEED = 7


def main() -> None:
    names, pixels = [], []
    with zipfile.ZipFile(sys.argv[1]) as archive:
        for name in sorted(archive.namelist()):
            with Image.open(io.BytesIO(archive.read(name))) as image:
                pixels.append(fitted(image.convert("RGB"), LARGE))
            names.append(name.partition("/")[0])
    known, others, truth, rest = train_test_split(
        described(np.stack(pixels)), names, train_size=0.64, random_state=SEED
    )
    model = LogisticRegression(C=STRENGTH["shapes"], max_iter=200)
    cross_val_predict(model, known, truth, cv=5, method="predict_proba")
    told = model.fit(known, truth).predict_proba(others)
    print(log_loss(rest, told))


if __name__ == "__main__":
    main()
