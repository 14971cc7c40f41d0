"""Step 1: real data sets are published with cards, sources and their true licences."""

from pathlib import Path

from django.utils import timezone

from licensing.models import Relation
from licensing.services import record_derivation
from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.services import (
    AddFile,
    commit_files,
    create_repository,
    set_visibility,
)
from marketplace.demo import materials
from marketplace.demo.cast import Cast, Say
from marketplace.storage.services import store_many

CARDS = Path(__file__).with_name("cards")


def publish(say: Say, cast: Cast) -> dict[str, Repository]:
    """Publish six repositories and tell what was made from what; return them by name."""
    challenge = materials.challenge()
    ada, bruno, dora = cast["ada"], cast["bruno"], cast["dora"]
    made = [
        _published(
            say,
            ada,
            "breast-cancer-wisconsin",
            title="Breast Cancer Wisconsin (Diagnostic)",
            summary="Thirty measurements of cell nuclei and a diagnosis, 569 rows.",
            licence_id="CC-BY-4.0",
            files={"breast-cancer.csv": materials.breast_cancer_csv()},
        ),
        _published(
            say,
            ada,
            "wine",
            title="Wine recognition",
            summary="Thirteen constituents of 178 wines from three cultivars.",
            licence_id="CC-BY-4.0",
            files={"wine.csv": materials.wine_csv()},
        ),
        _published(
            say,
            bruno,
            "diabetes",
            title="Diabetes progression",
            summary="Ten baseline variables of 442 patients and their next year.",
            licence_id="BSD-3-Clause",
            files={"diabetes.parquet": materials.diabetes_parquet()},
        ),
        _published(
            say,
            ada,
            "digits",
            title="Handwritten digits, 8x8",
            summary="1,797 scans of handwritten digits as PNG, one folder a digit.",
            licence_id="CC-BY-4.0",
            files=materials.digit_images(),
        ),
        _published(
            say,
            ada,
            "digits-features",
            title="Digit features",
            summary="Twenty-three features of each of 1,797 handwritten digits.",
            licence_id="",
            files={"features.csv": materials.digit_features_csv()},
        ),
        _published(
            say,
            dora,
            "benign-or-malignant",
            title="Benign or malignant? Training rows and test inputs",
            summary="455 labelled rows to learn from and 114 to predict.",
            licence_id="CC-BY-4.0",
            files={
                "train.csv": challenge.train_csv(),
                "test-inputs.csv": challenge.inputs_csv(),
            },
        ),
    ]
    repositories = {repository.name: repository for repository in made}
    record_derivation(
        ada,
        work=repositories["digits-features"].work,
        source=repositories["digits"].work,
        relation=Relation.ADAPT,
        changes="Twenty-three features were computed from the scans; no pixel is left.",
        recorded_at=timezone.now(),
    )
    record_derivation(
        dora,
        work=repositories["benign-or-malignant"].work,
        source=repositories["breast-cancer-wisconsin"].work,
        relation=Relation.SUBSET,
        changes="Split 80/20 by a stratified draw; labels of the test rows taken out.",
        recorded_at=timezone.now(),
    )
    for repository in made:
        if repository.visibility != Visibility.PUBLIC:
            set_visibility(
                repository.created_by,
                repository=repository,
                visibility=Visibility.PUBLIC,
                changed_at=timezone.now(),
            )
    return repositories


def _published(
    say: Say,
    actor: User,
    name: str,
    *,
    title: str,
    summary: str,
    licence_id: str,
    files: dict[str, bytes],
) -> Repository:
    now = timezone.now()
    known = Repository.objects.filter(
        kind=Kind.DATASET, namespace=actor.namespace, name=name, deleted_at=None
    ).first()
    repository = known or create_repository(
        actor,
        namespace=actor.namespace,
        name=name,
        kind=Kind.DATASET,
        visibility=Visibility.PRIVATE,
        licence_id=licence_id,
        title=title,
        summary=summary,
        created_at=now,
    )
    card = (CARDS / f"{name}.md").read_bytes()
    given = {"README.md": card, **files}
    blobs = store_many(list(given.values()), stored_at=now)
    commit = commit_files(
        actor,
        repository=repository,
        changes=[AddFile(path, blob) for path, blob in zip(given, blobs, strict=True)],
        message=f"Publish {title}",
        committed_at=now,
    )
    size = sum(len(data) for data in files.values())
    terms = licence_id or "offers below"
    say(
        f"  {actor.username}/{name:<24} {len(files):>5} file(s) {size / 1000:>7.0f} kB  "
        f"{terms:<13} {commit.oid[:10]}{'  (already there)' if known else ''}"
    )
    return repository
