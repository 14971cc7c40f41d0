"""Contests whose labels stay with their owners: opened by what is told of them alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.catalog.models import Repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.storage.services import store_bytes
from training.contests.manifests import (
    SitePlan,
    checked_sites,
    manifest_of,
    sites_in,
)
from training.contests.models import Contest, ContestSite, Format, Task
from training.contests.permissions import require_host
from training.contests.services.hosting import (
    ContestPlan,
    check_plan,
    contest_from,
    require_dataset,
    save_contest,
)
from training.contests.services.inviting import check_team_size, checked_domains
from training.contests.services.rescoring import begin_rescore
from training.contests.tables import columns_for
from training.kinds import METRIC_FACTS, Kind


class NotFederated(DomainError):
    """The contest's labels are here, so no site has any."""

    code = "not_federated"


def open_federated(
    actor: User,
    *,
    namespace: Namespace,
    dataset: Repository,
    plan: ContestPlan,
    sites: Sequence[SitePlan],
    opened_at: datetime,
) -> Contest:
    """Open a contest whose labels lie at sites of others, and never come here.

    Workers at the sites score (`services.bring_site_worker`); a submission goes to each
    site in turn, and its score is the mean weighted by rows. A guarded board starts from
    a baseline of the host's, since none can be made without labels.

    Args:
        actor: the host; writes in `namespace` and may take the dataset's bytes.
        namespace: whose contest it is.
        dataset: what it is about; visible to `actor`.
        plan: what the host decides; `classes` in the order of models' outputs.
        sites: what is told of each site's files.
        opened_at: now.

    Raises:
        PermissionDenied: `actor` may not write there.
        AccessRefused: they may not take the dataset.
        Malformed: the plan or a site does not hold together.
        SlugTaken: another contest has the name.
    """
    require_writer(actor, namespace)
    require_dataset(actor, dataset, at=opened_at)
    if plan.task == Task.SEVERAL:
        raise Malformed(
            gettext("task: labels that stay with their owners are of one task.")
        )
    runs_models = set(plan.formats) != {Format.PREDICTIONS}
    check_plan(plan, has_inputs=runs_models)
    has_split = bool(plan.columns.split)
    kept = checked_sites(sites, has_split=has_split, runs_models=runs_models)
    classes = columns_for(Kind(plan.task), set(plan.classes), plan.classes)
    check_team_size(plan.max_team_size)
    checked_domains(plan.email_domains, registration=plan.registration)
    manifest = store_bytes(manifest_of(kept), stored_at=opened_at)
    with transaction.atomic():
        contest = contest_from(
            actor, namespace=namespace, dataset=dataset, plan=plan, at=opened_at
        )
        contest.metric = plan.metric
        contest.greater_is_better = METRIC_FACTS[plan.metric].is_greater_better
        contest.classes = list(classes)
        contest.row_count = sum(site.row_count for site in kept)
        contest.truth = manifest
        contest.is_federated = True
        contest.is_guarded = plan.is_guarded
        save_contest(contest)
        ContestSite.objects.bulk_create(
            ContestSite(contest=contest, number=number, name=site.name.strip())
            for number, site in enumerate(kept, 1)
        )
        record_act(
            actor,
            "open_federated_contest",
            contest,
            at=opened_at,
            slug=contest.slug,
            sites=len(kept),
        )
    return contest


@transaction.atomic
def restate_site(
    actor: User, *, contest: Contest, number: int, told: SitePlan, at: datetime
) -> Contest:
    """Score everyone anew because a site has corrected its files; the board stays.

    Publish it or drop it as any re-scoring. The site keeps its name.

    Args:
        actor: a host.
        contest: a federated one.
        number: of the site.
        told: of its files as they are now.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        NotFederated: it has no sites.
        Malformed: it has no such site, or the site does not hold together.
        RescorePending, BoardFrozen: not now.
    """
    require_host(actor, contest)
    sites = list(sites_told(contest))
    if not 1 <= number <= len(sites):
        raise Malformed(gettext("site: there is none of this number."))
    sites[number - 1] = replace(told, name=sites[number - 1].name)
    if sum(site.row_count for site in sites) != contest.row_count:
        raise Malformed(
            gettext("sites: a re-scoring keeps the rows; their number changed.")
        )
    runs_models = set(contest.formats) != {Format.PREDICTIONS}
    has_split = bool(contest.split_column)
    kept = checked_sites(sites, has_split=has_split, runs_models=runs_models)
    manifest = store_bytes(manifest_of(kept), stored_at=at)
    return begin_rescore(actor, contest=contest, truth=manifest, at=at)


def sites_told(contest: Contest) -> tuple[SitePlan, ...]:
    """Return what is told of the labels that the published scorer scores by.

    Raises:
        NotFederated: they are here.
    """
    if not contest.is_federated:
        raise NotFederated(gettext("This contest's labels are held by this platform."))
    return sites_in(contest.truth_id)
