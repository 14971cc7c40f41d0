"""Contests whose labels stay with two sites, and visits to those."""

from datetime import timedelta

from django.utils import timezone

from tests.contests.test_sites import ask, client_of, losses
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import enter, hand_in
from training.contests import services
from training.contests.manifests import SitePlan
from training.contests.models import (
    Format,
    Task,
)
from training.contests.services import ContestPlan
from training.contests.tables import Columns

DIGEST = "{:064x}".format
NORTH = SitePlan("North", DIGEST(1), 30, 10, DIGEST(11), gives_losses=True)
SOUTH = SitePlan("South", DIGEST(2), 100, 20, DIGEST(12))


def plan(**changes):
    now = timezone.now()
    told = {
        "slug": "hospitals",
        "title": "Hospitals",
        "task": Task.BINARY,
        "metric": "accuracy",
        "starts_at": now - timedelta(days=1),
        "ends_at": now + timedelta(days=30),
        "formats": [Format.CODE],
        "classes": ["0", "1"],
        "columns": Columns(split="split"),
        "is_guarded": False,
    }
    return ContestPlan(**told | changes)


def federated(*sites, host=None, **changes):
    host = host or UserFactory()
    return services.open_federated(
        host,
        namespace=host.namespace,
        dataset=RepositoryFactory(owner=host, public=True),
        plan=plan(**changes),
        sites=sites or (NORTH, SOUTH),
        opened_at=timezone.now() - timedelta(days=1),
    )


def worker_at(contest, number):
    _, secret = services.bring_site_worker(
        contest.host,
        contest=contest,
        name=f"machine {number}",
        site=number,
        at=timezone.now(),
    )
    return client_of(secret)


def metric(name, value, half):
    return {"name": name, "value": value, "low": value - half, "high": value + half}


def brought(site, value, *, half=0.03, private=0.5, **more):
    usage = {
        "wall_seconds": 2,
        "cpu_seconds": 1,
        "peak_memory_bytes": site.row_count,
        "device": "cpu",
        "sandbox": "bwrap",
    }
    return {
        "metrics": [metric("accuracy", value, half)],
        "private_metrics": [metric("accuracy", private, half)],
        "usage": usage,
        "predictions_sha256": DIGEST(site.row_count),
        "row_count": site.row_count,
        **more,
    }


def visit(worker, outcome):
    job = ask(worker, "claim").json()
    held = {"run": job["run"], "lease": job["lease"]}
    return job, ask(worker, "complete", {**held, "outcome": outcome})


def handed_in(contest, **given):
    return hand_in(enter(contest), b"PK", format=Format.CODE, filename="c.zip", **given)


def losses_of(site):
    public = losses(site.row_count - site.private_count, value=0.25)
    return {"losses": public, "private_losses": losses(site.private_count)}
