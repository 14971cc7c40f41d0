from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketplace.catalog.downloads import AccessRefused
from marketplace.catalog.models import Gating
from marketplace.catalog.models import Visibility as RepositoryVisibility
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from marketplace.storage.queries import open_blob
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import (
    INPUTS,
    TRUTH,
    ContestFactory,
    enter,
    file_of,
)
from training.contests import services
from training.contests.models import Contest, Format, Phase, Task, Visibility
from training.contests.permissions import visible_to
from training.contests.services import ContestPlan
from training.contests.services.hosting import ContestOver, NotExtended, SlugTaken
from training.contests.tables import BadTable, Columns

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def plan(**given):
    now = timezone.now()
    said = {
        "slug": "tell-them-apart",
        "title": "Tell them apart",
        "task": Task.BINARY,
        "metric": "auc",
        "starts_at": now,
        "ends_at": now + DAY,
        **given,
    }
    return ContestPlan(**said)


def open_with(plan_, *, host=None, dataset=None, truth=TRUTH, inputs=None, **given):
    host = host or UserFactory()
    return services.open_contest(
        host,
        namespace=given.pop("namespace", host.namespace),
        dataset=dataset or RepositoryFactory(owner=host),
        plan=plan_,
        truth=file_of(truth),
        inputs=None if inputs is None else file_of(inputs),
        opened_at=timezone.now(),
        **given,
    )


def test_an_opened_contest_keeps_what_the_host_decided_and_the_files():
    contest = open_with(plan(formats=(Format.ONNX,), classes=("1", "0")), inputs=INPUTS)

    assert (contest.row_count, contest.classes) == (40, ["1", "0"])
    assert contest.greater_is_better
    assert contest.phase_at(timezone.now()) is Phase.OPEN
    with open_blob(contest.truth_id) as truth, open_blob(contest.inputs_id) as inputs:
        assert (truth.read().decode(), inputs.read().decode()) == (TRUTH, INPUTS)
    assert AuditRecord.objects.get(act="open_contest").target_id == str(contest.pk)


def test_smaller_is_better_for_an_error():
    assert not open_with(plan(metric="log_loss")).greater_is_better


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"metric": "rmse"}, "metric: choose one of accuracy"),
        ({"metric": "ece"}, "metric: choose one of"),
        ({"task": Task.MULTICLASS}, "metric: choose one of"),
        ({"formats": ()}, "formats"),
        ({"formats": (Format.CODE,)}, "inputs: models and code need"),
        ({"slug": "new"}, "slug"),
        ({"slug": "Loud"}, "slug"),
        ({"slug": "a--b"}, "slug"),
        ({"columns": Columns(target="y")}, "wanted one column “y”"),
    ],
)
def test_a_plan_that_does_not_hold_together_is_refused_whole(changes, says):
    with pytest.raises(Malformed, match=says):
        open_with(plan(**changes))
    assert not Contest.objects.exists()


@pytest.mark.parametrize(
    ("starts", "ends"), [(DAY, DAY), (2 * DAY, DAY), (0 * DAY, 400 * 365 * DAY)]
)
def test_a_contest_ends_after_it_starts_and_within_reason(starts, ends):
    now = timezone.now()
    with pytest.raises(Malformed, match="ends_at"):
        open_with(plan(starts_at=now + starts, ends_at=now + ends))


def test_inputs_must_fit_the_truth():
    with pytest.raises(BadTable, match="inputs"):
        open_with(plan(), inputs="id,x\nr0,1\n")


@pytest.mark.parametrize(
    "shut", [{"gating": Gating.MANUAL}, {"work__asks_acceptance": True}]
)
def test_a_host_may_take_the_dataset_that_the_contest_is_about(shut):
    dataset = RepositoryFactory(public=True)
    for name, value in shut.items():
        held = dataset.work if name.startswith("work__") else dataset
        setattr(held, name.removeprefix("work__"), value)
        held.save(update_fields=[name.removeprefix("work__")])

    with pytest.raises(AccessRefused):
        open_with(plan(), dataset=dataset)

    assert not Contest.objects.exists()


def test_two_contests_do_not_share_a_name():
    open_with(plan())

    with pytest.raises(SlugTaken):
        open_with(plan())
    assert Contest.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "opens"), [("OWNER", True), ("WRITER", True), ("READER", False)]
)
def test_a_host_writes_in_the_namespace(role, opens):
    organisation = OrganisationFactory()
    host = MembershipFactory(organisation=organisation, role=role).user
    dataset = RepositoryFactory(public=True)

    if opens:
        open_with(plan(), host=host, namespace=organisation.namespace, dataset=dataset)
    else:
        with pytest.raises(PermissionDenied):
            open_with(
                plan(), host=host, namespace=organisation.namespace, dataset=dataset
            )
    assert Contest.objects.exists() == opens


def test_a_host_cannot_use_a_dataset_they_may_not_see_or_a_model():
    private = RepositoryFactory(visibility=RepositoryVisibility.PRIVATE)

    with pytest.raises(Malformed, match="dataset"):
        open_with(plan(), dataset=private)
    with pytest.raises(Malformed, match="dataset"):
        open_with(plan(), dataset=RepositoryFactory(public=True, model=True))


@pytest.fixture
def contest():
    return ContestFactory()


@pytest.mark.parametrize("who", ["entrant", "stranger"])
def test_only_hosts_change_close_and_extend(contest, who):
    user = enter(contest).user if who == "entrant" else UserFactory()
    now = timezone.now()

    with pytest.raises(PermissionDenied):
        services.update_contest(user, contest=contest, changes={"title": "X"}, at=now)
    with pytest.raises(PermissionDenied):
        services.close_contest(user, contest=contest, at=now)
    with pytest.raises(PermissionDenied):
        services.extend_contest(
            user, contest=contest, ends_at=contest.ends_at + DAY, at=now
        )

    kept = Contest.objects.get()
    assert (kept.title, kept.ends_at) == (contest.title, contest.ends_at)


def test_a_host_changes_words_and_nothing_else(contest):
    services.update_contest(
        contest.host,
        contest=contest,
        changes={"title": "Better", "daily_limit": 9},
        at=timezone.now(),
    )

    kept = Contest.objects.get()
    assert (kept.title, kept.daily_limit) == ("Better", 9)
    with pytest.raises(ValueError, match="truth"):
        services.update_contest(
            contest.host, contest=contest, changes={"truth": "x"}, at=timezone.now()
        )


def test_closing_ends_the_contest_now_and_once(contest):
    now = timezone.now()

    services.close_contest(contest.host, contest=contest, at=now)

    assert Contest.objects.get().ends_at == now
    with pytest.raises(ContestOver):
        services.close_contest(contest.host, contest=contest, at=now + DAY)


def test_extending_moves_the_end_later_only_and_not_after_it(contest):
    now = timezone.now()

    with pytest.raises(NotExtended):
        services.extend_contest(
            contest.host, contest=contest, ends_at=contest.ends_at, at=now
        )
    services.extend_contest(
        contest.host, contest=contest, ends_at=contest.ends_at + DAY, at=now
    )
    assert Contest.objects.get().ends_at == contest.ends_at + DAY
    with pytest.raises(ContestOver):
        services.extend_contest(
            contest.host,
            contest=contest,
            ends_at=contest.ends_at + 9 * DAY,
            at=contest.ends_at + 2 * DAY,
        )


def test_a_private_contest_is_for_its_members_and_those_who_joined():
    organisation = OrganisationFactory()
    host = organisation.memberships.get().user
    contest = ContestFactory(
        host=host, namespace=organisation.namespace, visibility=Visibility.PRIVATE
    )
    reader = MembershipFactory(organisation=organisation).user
    joined = enter(contest).user
    see = {
        "host": host,
        "reader": reader,
        "joined": joined,
        "staff": UserFactory(is_staff=True),
    }

    for user in see.values():
        assert visible_to(user).filter(pk=contest.pk).exists()
    assert not visible_to(UserFactory()).filter(pk=contest.pk).exists()


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("slug_plain", {"slug": "Not plain"}),
        ("classes_fit_task", {"task": "OTHER"}),
        ("visibility_known", {"visibility": "OTHER"}),
        ("daily_limit_positive", {"daily_limit": 0}),
        ("has_rows", {"row_count": 0}),
        ("formats_known", {"formats": []}),
        ("formats_known", {"formats": ["PICKLE"]}),
        ("models_need_inputs", {"inputs": None}),
        ("classes_fit_task", {"classes": ["one"]}),
        ("classes_fit_task", {"task": Task.REGRESSION}),
        ("pending_is_newer", {"pending_version": 2}),
    ],
)
def test_the_database_refuses_contests_that_must_not_be(contest, rule, state):
    with (
        pytest.raises(IntegrityError, match=f"contests_contest_{rule}"),
        transaction.atomic(),
    ):
        Contest.objects.update(**state)


def test_the_database_refuses_a_contest_that_ends_before_it_starts(contest):
    with (
        pytest.raises(IntegrityError, match="ends_after_start"),
        transaction.atomic(),
    ):
        Contest.objects.update(ends_at=contest.starts_at)
