"""Nothing that tells of a person is held without a word: what, why, how long, and what
becomes of it when they leave."""

import ast
import re

from django.apps import apps
from django.db import models

from marketplace.accounts.models import User
from marketplace.config.env import ROOT
from marketplace.kit.audit import NAMING
from marketplace.privacy.rooms import ROOMS, copied
from marketplace.privacy.services.copying import SECRET
from tests.architecture.test_house import OURS, tree_of

NOT_OURS = {  # tables of libraries that hold nothing, or nothing of people
    "auth.Permission": "names of permissions",
    "auth.Group": "names of groups; we make none",
    "contenttypes.ContentType": "names of models",
    "guardian.UserObjectPermission": "stays empty: ours have direct keys",
    "guardian.GroupObjectPermission": "stays empty: ours have direct keys",
}
OF_THINGS = frozenset(  # columns that are text and never a person's
    """
    act act_id asked_sha256 base base_id button by_type calibration code codename
    content_sha256 currency device digest disabled_why failure_code failure_stage
    folder format gate_table hash hostname id id_column into lane mark merge_oid metric oid
    predictions_sha256 revision rules_sha256 sandbox scanner sha256 size_category slug
    split_column statement_sha256 suffix target_column target_id target_kind task
    tree_oid usage worker
    """.split()  # noqa: SIM905  as it is kept sorted
)
RECORDING = ("record_act", "record_among")
TOLD_OF_PEOPLE = re.compile(  # what a detail's value is written as, if it may name one
    r"\.(username|full_name|email|name|title|label|issuer|subject)\b|\breason\b|\bdecision\b"
    r"|str\((repository|namespace|collection|party|user|actor)\)"
)
PLAIN_DETAILS = {  # written so, and nobody's
    ("marketplace/catalog/services/lines.py", "branch"): "the name of a branch",
}
NO_PERSONS = {  # of tables: a name or a text, and nobody's
    *("catalog.Repository.name", "catalog.Ref.name", "catalog.TreeEntry.name"),
    *("catalog.Word.word", "kit.Inspection.name"),
    *("catalog.Commit.asked", "catalog.Commit.under", "catalog.FileScan.report"),
    *(
        "community.Collection.key",
        "contests.Attempt.software",
        "contests.BoardRow.columns",
        "contests.ContestPhase.name",
        "contests.EditionRow.columns",
        "contests.SiteResult.outcome",
        "contests.SubgroupScores.told",
        "notebooks.EnvironmentReport.name",
        "notebooks.EnvironmentReport.python",
        "notebooks.EnvironmentReport.libraries",
        "runs.Run.queue",
        "serving.Prediction.path",
        "serving.Prediction.target",
        "serving.SignatureDraft.path",
        "serving.SignatureDraft.form",
        "runs.Run.claimant",
        "runs.Run.stage",
        "runs.Run.trace",
        "runs.LostLeases.queue",
        "runs.Lane.name",
        "webhooks.Delivery.event",
    ),
    *("viewer.Conversion.cause", "viewer.Split.config", "viewer.Split.split"),
    *("viewer.Split.features", "viewer.Split.statistics", "viewer.Split.quality"),
    "viewer.Split.failure",
    *("licensing.Entry.key", "licensing.Order.number", "licensing.LicenceText.body"),
    *("licensing.Licence.name", "licensing.Licence.url"),
    *("licensing.Invoice.number", "licensing.CreditNote.number"),
    "licensing.PaperSeries.prefix",
    *("licensing.Inbox.external_id", "licensing.Inbox.kind", "licensing.Inbox.fault"),
    *("licensing.Inbox.about", "licensing.Inbox.about_id"),
    *(
        f"licensing.ProcessorStatement.{one}"
        for one in ("movements", "balance", "fault")
    ),
    *("licensing.Refund.key", "licensing.Dispute.key", "licensing.Payout.key"),
    *("licensing.Purse.reference", "licensing.Purse.path"),
    "licensing.Prepaid.reference",
    *("licensing.Conversion.from_currency", "licensing.Conversion.to_currency"),
}


def spoken_for():
    return {
        (part.model._meta.label, column)
        for room in ROOMS
        for held in room.held
        for part in held.parts
        for column in part.columns
    }


def tells_of_somebody(field):
    if field.is_relation:
        return field.related_model is User
    if isinstance(field, models.EmailField | models.GenericIPAddressField):
        return True
    is_text = isinstance(field, models.CharField | models.TextField | models.JSONField)
    return is_text and not field.choices and field.name not in OF_THINGS


def columns_of_people():
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label not in NOT_OURS:
            for field in model._meta.concrete_fields:
                named = f"{model._meta.label}.{field.name}"
                if tells_of_somebody(field) and named not in NO_PERSONS:
                    yield model._meta.label, field.name


def test_every_column_that_may_tell_of_a_person_is_in_the_table():
    forgotten = set(columns_of_people()) - spoken_for()

    assert sorted(forgotten) == [], (
        "Say in the `personal.py` of its room what this is kept for, how long, and what "
        "erasing an account does with it; or in NO_PERSONS here, if it is nobody's."
    )


def test_the_table_speaks_of_columns_that_there_are():
    for label, column in spoken_for():
        assert apps.get_model(label)._meta.get_field(column)


def test_the_table_finds_whose_a_row_is_and_shows_no_secret(db):
    for _, part in copied():
        rows = part.of(User(pk=1))

        assert not rows.values(*(part.shown or ("pk",))).exists()
        assert not SECRET & set(part.shown or ())


def test_every_detail_of_an_act_that_may_name_a_person_can_be_erased():
    unknown = {
        (file, word.arg)
        for file in OURS
        for call in ast.walk(tree_of(file))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in RECORDING
        for word in call.keywords
        if word.arg
        and word.arg not in {"at", *NAMING}
        and TOLD_OF_PEOPLE.search(ast.unparse(word.value))
    }

    assert unknown == set(PLAIN_DETAILS), "Put it into NAMING of kit/audit.py."


def test_no_act_is_recorded_past_the_check():
    written = {
        file
        for file in OURS
        if "/migrations/" not in file
        and "AuditRecord(" in (ROOT / file).read_text()
        and file not in {"marketplace/kit/audit.py", "marketplace/kit/models.py"}
    }

    assert written == set()
