"""What they compete in: contests, what was handed in, a board."""

import io
from dataclasses import asdict
from datetime import datetime, time, timedelta
from uuid import uuid4

from licensing import services as licensing
from licensing.models import Candidate, Purse
from licensing.purse_terms import PurseTerms
from marketplace.catalog.models import Repository
from marketplace.metering.services import held_budget
from marketplace.storage.services import store_bytes
from tests.reports.making import report_of
from tests.world.people import DAY, SECRET, World, named
from training.contests import boards
from training.contests.editions import keep_replaced
from training.contests.models import (
    Contest,
    Format,
    Score,
    Split,
    Submission,
    Task,
    TeamProposal,
)
from training.contests.models import Visibility as ContestVisibility
from training.contests.services import (
    ContestPlan,
    PhasePlan,
    accept_proposal,
    add_kit,
    add_page,
    add_phase,
    begin_draft,
    bring_worker,
    join_contest,
    make_calendar_feed,
    make_link,
    open_contest,
    propose_to_person,
    state_purse,
    submit,
    take_bundle,
    use_repository,
)
from training.jobs import Usage
from training.notebooks.models import Job, OutputFile, Schedule
from training.notebooks.plans import Bounds, InputPlan, JobPlan, Timetable
from training.notebooks.services import cancel_execution, create_job, start_job
from training.reports.models import State
from training.runs import leases
from training.runs.leases import Failure, Lease
from training.runs.models import Run
from training.runs.services import stop_runs
from training.serving.asking import rows_asked
from training.serving.models import Prediction, Way
from training.serving.services import ask
from training.studio.models import Project, Trial
from training.studio.services import begin_project, pause

TERM = timedelta(minutes=1)
SECRET_LENGTH = 2468013579.5
PRIVATE_LOSS = 0.1357902468
PURSE = PurseTerms("EUR", [100_00], answer_days=365)
TRUTH = b"id,label\n1,a\n2,b\n3,a\n4,b\n"
INPUTS = b"id,length\n1,10.5\n2,11.0\n3,9.5\n4,12.0\n"
NOTEBOOK = b'{"cells": [{"cell_type": "code", "source": "1 + 1"}], "nbformat": 4}'
PREDICTIONS = b"id,a,b\n1,0.9,0.1\n2,0.2,0.8\n3,0.7,0.3\n4,0.4,0.6\n"


def add_contests(world: World) -> None:
    made = world.made
    made["contest"] = _contest(
        world, "bird-cup", host="host", namespace="mx-host", dataset=made["dataset"]
    )
    _phase(world, made["contest"], by="host")
    made["good"], made["bad"], made["waiting"] = (
        _handed_in(world, "contestant", made["contest"], name)
        for name in ("good", "bad", "waiting")
    )
    _score(world, made["good"], log_loss=0.25)
    _fail(world, made["bad"])
    keep_replaced(made["contest"], at=world.at)
    made["private_contest"] = _contest(
        world,
        f"{SECRET}-cup",
        host="owner",
        namespace="fieldwork",
        dataset=made["organisation_dataset"],
        visibility=ContestVisibility.PRIVATE,
    )
    _phase(world, made["private_contest"], by="owner")
    keep_replaced(made["private_contest"], at=world.at)
    _give_purse(world, made["private_contest"], by="owner")
    made["budget"] = held_budget(world["owner"].namespace, currency="EUR", at=world.at)
    made["brought"], world.secrets["worker"] = bring_worker(
        world["host"],
        contest=made["contest"],
        name=f"The {SECRET} machine",
        for_namespace=False,
        at=world.at,
    )
    made["draft"] = begin_draft(
        world["host"], dataset=made["dataset"], path="data/rows.csv", asked_at=world.at
    )
    made["project"] = _trained(world, made["dataset"], by="host")
    made["prediction"] = _asked_model(world, made["private_model"], by="owner")
    made["model_report"] = report_of(
        made["private_model"], owner=world["owner"], state=State.BLOCKED
    )
    made["job"] = _ran(world, made["dataset"], by="host")
    made["prize"] = _prize(world, by="host", winner="contestant")
    made["private_entry"] = _handed_in(
        world, "reader", made["private_contest"], "private"
    )
    made["bundle_import"] = take_bundle(
        world["owner"],
        namespace=world.namespace("fieldwork"),
        slug=f"{SECRET}-import",
        blob=store_bytes(TRUTH, stored_at=world.at),
        filename=f"{SECRET}.zip",
        at=world.at - DAY,
    )
    accept_proposal(
        world["mate"],
        proposal=_asked(world, "mate"),
        rules_sha256=made["contest"].rules_sha256,
        at=world.at - DAY,
    )
    for name, who in (("contest", "contestant"), ("private_contest", "reader")):
        made[f"{name}_source"] = use_repository(
            world[who], contest=made[name], at=world.at - DAY
        )
    made["proposal"] = _asked(world, "stranger")
    made["calendar"] = make_calendar_feed(world["contestant"], at=world.at - DAY)
    for name in ("contest", "private_contest"):
        who = "host" if name == "contest" else "owner"
        made[f"{name}_invitation"], _ = make_link(
            world[who], contest=made[name], days=30, note=SECRET, at=world.at - DAY
        )


def _trained(world: World, dataset: Repository, *, by: str) -> Project:
    """Return a project at rest whose model can be taken home, and another's answers."""
    project = begin_project(
        world[by], dataset=dataset, path="data/rows.csv", asked_at=world.at
    )
    pause(world[by], project=project, at=world.at)
    project.bundle = store_bytes(b"PK\5\6" + bytes(18), stored_at=world.at)
    project.save(update_fields=["bundle"])
    told = store_bytes(b"row,label\n1,a\n", stored_at=world.at)
    Trial.objects.create(
        project=project,
        key="autogluon(CatBoost)",
        learner="autogluon",
        seed=1,
        place=10_000,
        scores=[{"name": "log_loss", "value": 0.5, "low": 0.4, "high": 0.6}],
        answers=told,
        predictions=told,
        tried_at=world.at,
    )
    return project


def _asked_model(world: World, model: Repository, *, by: str) -> Prediction:
    """Return what somebody asked a model and then stopped."""
    prediction = ask(
        world[by],
        repository=model,
        judge=lambda signature: rows_asked(signature, [{"length": SECRET_LENGTH}]),
        way=Way.API,
        asked_at=world.at,
    )
    stop_runs(Run.objects.filter(pk=prediction.run_id), at=world.at)
    return prediction


def _ran(world: World, dataset: Repository, *, by: str) -> Job:
    """Return a job of a notebook with one run that is over, and what that left."""
    plan = JobPlan(
        name=f"The {SECRET} job",
        source=NOTEBOOK,
        minutes=1,
        memory_mib=256,
        inputs=[InputPlan(dataset)],
        timetable=Timetable(Schedule.DAILY, time(4), None, "UTC"),
    )
    bounds = Bounds(minutes=1, memory_mib=256)
    job = create_job(world[by], plan=plan, bounds=bounds, at=world.at)
    execution = start_job(world[by], job=job, bounds=bounds, asked_at=world.at)
    cancel_execution(world[by], execution=execution, at=world.at)
    left = {"notebook": NOTEBOOK, "log": b"done\n", "archive": b"PK\5\6" + bytes(18)}
    for name, content in left.items():
        setattr(execution, name, store_bytes(content, stored_at=world.at))
    execution.save(update_fields=[*left])
    OutputFile.objects.create(
        execution=execution,
        path="made.csv",
        blob=store_bytes(TRUTH, stored_at=world.at),
    )
    return job


def _contest(
    world: World,
    slug: str,
    *,
    host: str,
    namespace: str,
    dataset: Repository,
    visibility: ContestVisibility = ContestVisibility.PUBLIC,
) -> Contest:
    contest = open_contest(
        world[host],
        namespace=world.namespace(namespace),
        dataset=dataset,
        plan=ContestPlan(
            slug=slug,
            title=slug.replace("-", " ").title(),
            task=Task.BINARY,
            metric="log_loss",
            starts_at=world.at - 2 * DAY,
            ends_at=world.at + 30 * DAY,
            daily_limit=20,
            formats=[Format.PREDICTIONS, Format.ONNX],
            visibility=visibility,
            max_team_size=3,
            rules="Be kind.",
            description=f"Tell birds apart in the {slug}.",
            is_guarded=False,
        ),
        truth=io.BytesIO(TRUTH),
        inputs=io.BytesIO(INPUTS),
        opened_at=world.at - 2 * DAY,
    )
    contest.training = contest.inputs
    contest.save(update_fields=["training"])
    told = {"contest": contest, "at": world.at - 2 * DAY}
    add_page(world[host], title="The data", text="Four *birds*.", **told)
    add_kit(world[host], name="begin.csv", what=contest.inputs, **told)
    return contest


def _phase(world: World, contest: Contest, *, by: str) -> None:
    plan = PhasePlan("The one phase", starts_at=contest.starts_at, daily_limit=20)
    add_phase(world[by], contest=contest, plan=plan, at=world.at - 2 * DAY)


def _asked(world: World, who: str) -> TeamProposal:
    """Have `contestant` ask somebody into their team."""
    return propose_to_person(
        world["contestant"],
        contest=world["contest"],
        name=named(who),
        at=world.at - DAY,
    )


def _give_purse(world: World, contest: Contest, *, by: str) -> None:
    """State a purse before the contest opened, and have its money come."""
    before = world.at - 3 * DAY
    purse = state_purse(world[by], contest=contest, terms=PURSE, at=before)
    _fund(world, purse, reference="RF08 purse", at=before)


def _prize(world: World, *, by: str, winner: str) -> Candidate:
    """Return a prize that waits for its winner's answer."""
    purse = licensing.state_purse(
        world[by],
        subject=uuid4(),
        title=f"The {SECRET} race",
        path="/contests",
        funder=licensing.party_of_user(world[by]),
        terms=PURSE,
        at=world.at - 3 * DAY,
    )
    _fund(world, purse, reference="RF09 purse", at=world.at - 3 * DAY)
    line = [(licensing.party_of_user(world[winner]), 1)]
    licensing.decide_purse(world["staff"], purse=purse, line=line, at=world.at - DAY)
    return purse.candidates.get()


def _fund(world: World, purse: Purse, *, reference: str, at: datetime) -> None:
    licensing.confirm_purse_transfer(
        world["staff"],
        purse=purse,
        bank_reference=reference,
        amount_minor=purse.stated_minor,
        received_on=at.date(),
        confirmed_at=at,
    )


def _handed_in(world: World, who: str, contest: Contest, name: str) -> Submission:
    join_contest(
        world[who],
        contest=contest,
        rules_sha256=contest.rules_sha256,
        joined_at=world.at - DAY,
    )
    content = PREDICTIONS + f"# {name}\n".encode()
    return submit(
        world[who],
        contest=contest,
        format=Format.PREDICTIONS,
        blob=store_bytes(content, stored_at=world.at),
        filename=f"{SECRET}-{name}.csv",
        note=f"The {SECRET} is {name}.",
        submitted_at=world.at - DAY,
    )


def _leased(world: World, submission: Submission) -> Lease:
    lease = leases.claim(
        submission.attempts.get().run_id, worker="worker-1", now=world.at, term=TERM
    )
    assert lease is not None
    return lease


def _score(world: World, submission: Submission, *, log_loss: float) -> None:
    lease = _leased(world, submission)
    contest = boards.hold(submission.contest_id)
    usage = asdict(Usage(0.5, 0.4, 2**20, device="cpu", sandbox="bubblewrap"))
    assert leases.complete(lease, now=world.at, usage=usage, log_tail=[SECRET])
    Score.objects.create(
        attempt=submission.attempts.get(),
        metric="log_loss",
        value=log_loss,
        low=log_loss - 0.1,
        high=log_loss + 0.1,
    )
    Score.objects.create(
        attempt=submission.attempts.get(),
        split=Split.PRIVATE,
        metric="log_loss",
        value=PRIVATE_LOSS,
        low=PRIVATE_LOSS,
        high=PRIVATE_LOSS,
    )
    boards.keep(contest, entrants=[submission.entrant_id], at=world.at)


def _fail(world: World, submission: Submission) -> None:
    failure = Failure(
        code="ids_wrong",
        message=f"The {SECRET} has wrong ids.",
        stage="READ",
        rows=[{"row": 2, "id": "9", "problem": "is not asked for"}],
        row_count=1,
    )
    assert leases.fail(_leased(world, submission), now=world.at, failure=failure)
