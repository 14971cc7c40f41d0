"""How soon a thousand pictures have an answer beyond the baseline in the table.

Counted from pressing “train” on pictures that were looked at, while no other work waits:
packed rows, both parts stored, the walls, and every write to the database. Beside it the
same learning in a bare process, in turns in the same run.
"""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from tests.contests.asking import signed_in
from tests.factories.accounts import UserFactory
from tests.studio.images import png_of, zip_of
from training.runner.cores import cores_given
from training.studio.bench import Worker
from training.studio.models import Project
from training.studio.working import work

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(0),
]
ROUNDS, OF_CLASS, SIDE = 3, 200, 96
MOST_TIMES_BARE = (
    2.0  # 1.15 seen; the aim is 5 s, of which the bare learning takes half
)
BESIDE = Path(__file__).with_name("shapes_beside.py")
WORKER = Worker(
    "one", timedelta(minutes=1), None, timezone.now, at_once=min(cores_given(), 4)
)


def drawn(kind: int, chance: np.random.Generator) -> np.ndarray:
    """Return one of five shapes among lines, of any colours."""
    noise = chance.integers(0, 255, (SIDE // 8, SIDE // 8, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((SIDE, SIDE))
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        ends = [int(each) for each in chance.integers(0, SIDE, 4)]
        pen.line(ends, fill=tuple(map(int, chance.integers(0, 255, 3))), width=2)
    x, y = (int(each) for each in chance.integers(SIDE // 4, 3 * SIDE // 4, 2))
    size = int(chance.integers(SIDE // 8, SIDE // 4))
    fill = tuple(map(int, chance.integers(0, 255, 3)))
    box = (x - size, y - size, x + size, y + size)
    if kind < 3:
        pen.regular_polygon((x, y, size), (3, 4, 6)[kind], fill=fill)
    elif kind == 3:
        pen.ellipse(box, fill=fill)
    else:
        pen.ellipse(box, outline=fill, width=4)
    return np.asarray(picture)


def pressed(client, page: str) -> float:
    """Train, and return the seconds until the first candidate beyond the baseline."""
    began = timezone.now()
    client.post(page, {"budget": 60, "learners": ["shapes"]})
    Project.objects.update(budget_seconds=1)  # what is needed at all, and no more
    project = Project.objects.get()
    work(project.run_id, worker=WORKER)
    first = project.trials.exclude(learner="baseline").order_by("tried_at")[0]
    assert first.fault == ""
    return (first.tried_at - began).total_seconds()


def beside(pictures: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, str(BESIDE), str(pictures)],
        check=True,
        capture_output=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())},
    )
    return time.perf_counter() - begun


def test_a_thousand_pictures_have_an_answer_soon(tmp_path):
    chance = np.random.default_rng(7)
    content = zip_of(
        {
            f"shape{kind}/p{number:03}.jpg": png_of(drawn(kind, chance), "JPEG")
            for kind in range(5)
            for number in range(OF_CLASS)
        }
    )
    pictures = tmp_path / "pictures.zip"
    pictures.write_bytes(content)
    client = signed_in(UserFactory())
    page = client.post("/studio", {"file": SimpleUploadedFile("shapes.zip", content)})[
        "Location"
    ]
    work(Project.objects.get().run_id, worker=WORKER)

    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(pressed(client, page))
        bare.append(beside(pictures))
    print(
        f"\nfirst answer for {5 * OF_CLASS:,} pictures: {min(ours):.2f} s "
        f"(all: {', '.join(f'{one:.2f}' for one in ours)}); bare {min(bare):.2f} s; "
        f"{min(ours) / min(bare):.2f} of it (aim: 5 s)"
    )
    assert min(ours) < MOST_TIMES_BARE * min(bare)
