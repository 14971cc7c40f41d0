"""A person keeps one of the candidates, and opens the test, once."""

import io
import zipfile
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_bytes
from training.learning import AUTOGLUON, ENSEMBLE
from training.studio.models import Project, Step
from training.studio.reporting import files_on
from training.studio.services.projects import held_by, set_to_work

LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that equal bundles are equal bytes


class NotTrained(DomainError):
    code = "not_trained"


class NotOurs(DomainError):
    code = "not_ours"


class TestOpened(DomainError):
    code = "test_opened"
    __test__ = False  # no case of pytest's


@transaction.atomic
def keep_model(
    actor: User, *, project: Project, key: str, asked_at: datetime
) -> Project:
    """Have a candidate, or the ensemble, fitted to all rows but those of the test.

    Another may be kept instead until the test is opened.

    Raises:
        PermissionDenied: it is another's.
        AtWork, TooManyProjects: not now.
        TestOpened: the test was opened for another model.
        NotTrained: nothing was tried yet.
        Malformed: there is no such candidate.
        NotOurs: it is a model of another program, which is never loaded here.
    """
    held = held_by(actor, project)
    if held.test_opened_at is not None:
        raise TestOpened(
            gettext(
                "The test was opened, so that another model can no longer be chosen: it "
                "would be chosen by the test. Train anew for that."
            )
        )
    if not held.recommended:
        raise NotTrained(gettext("Nothing has been trained yet."))
    held.members = _members(held, key)
    held.kept, held.model, held.bundle, held.kept_at = key, None, None, None
    held.checkpoint = held.encoder = None
    held.save(
        update_fields=[
            *("members", "kept", "model", "bundle", "kept_at"),
            *("checkpoint", "encoder"),
        ]
    )
    set_to_work(actor, held, Step.KEEP, at=asked_at)
    record_act(actor, "keep_model", held, at=asked_at, key=key)
    return held


def bundle_with_report(project: Project, *, at: datetime) -> Blob | None:
    """Return the ZIP to take home, with the report in it once that is finished.

    The same project and report make the same bytes.
    """
    told = files_on(project)
    if project.bundle is None or not told:
        return project.bundle
    with open_blob(project.bundle.pk) as file:
        content = io.BytesIO(file.read())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in told.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), text)
    return store_bytes(content.getvalue(), stored_at=at)


def _members(project: Project, key: str) -> list[list[object]]:
    fitted = dict(project.trials.exclude(scores=None).values_list("key", "pk"))
    if key == ENSEMBLE and project.weights:
        return [[name, weight] for name, weight in sorted(project.weights.items())]
    if key not in fitted:
        raise Malformed(gettext("key: there is no such candidate."))
    if key.startswith(f"{AUTOGLUON}("):
        raise NotOurs(
            gettext(
                "A model of AutoGluon is a file of pickle, which runs what it says "
                "when it is "
                "loaded. It is not kept or published here: take its answers, and keep "
                "another."
            )
        )
    return [[key, 1.0]]


@transaction.atomic
def open_test(actor: User, *, project: Project, asked_at: datetime) -> Project:
    """Judge the kept model on the test rows, which nothing has seen. That is done once.

    Raises:
        PermissionDenied: it is another's.
        AtWork, TooManyProjects: not now.
        TestOpened: it was opened before.
        NotTrained: no model is kept yet.
    """
    held = held_by(actor, project)
    if held.test_scores is not None:
        raise TestOpened(gettext("The test was opened before; its scores stand below."))
    if held.model_id is None:
        raise NotTrained(gettext("Keep a model first; the test judges that one."))
    held.test_opened_at = asked_at
    held.save(update_fields=["test_opened_at"])
    set_to_work(actor, held, Step.JUDGE, at=asked_at)
    record_act(actor, "open_test", held, at=asked_at)
    return held
