"""Contests as hosts open them, entrants, submissions, outcomes as workers bring them."""

import io
from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from marketplace.storage.services import store_bytes
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory
from training.contests import services
from training.contests.models import Contest, Format, Submission, Task
from training.contests.results import record_failure, record_outcome
from training.contests.services import ContestPlan
from training.contests.tables import Columns
from training.jobs import MetricValue, Outcome, Stage, SubmissionFailed, Usage
from training.runs import leases
from training.runs.models import Lane, Run

ROWS = 40
TRUTH = "id,label\n" + "".join(f"r{n},{n % 2}\n" for n in range(ROWS))
SPLIT_TRUTH = "id,label,split\n" + "".join(
    f"r{n},{n % 2},{'private' if n % 4 > 1 else 'public'}\n" for n in range(ROWS)
)
INPUTS = "id,x,y\n" + "".join(f"r{n},{n % 2}.5,{n}\n" for n in range(ROWS))
TERM = timedelta(seconds=60)


def predictions(*, wrong: int = 0, noise: float = 0.0) -> bytes:
    """Return a CSV of predictions for `TRUTH` with the first `wrong` rows wrong."""
    lines = ["id,probability"]
    for n in range(ROWS):
        right = float(n % 2)
        value = abs(right - noise)
        lines.append(f"r{n},{1 - value if n < wrong else value}")
    return "\n".join(lines).encode()


def file_of(text: str | bytes) -> io.BytesIO:
    return io.BytesIO(text.encode() if isinstance(text, str) else text)


class RunFactory(DjangoModelFactory[Run]):
    """A queued run of nobody's contest."""

    class Meta:
        model = Run

    task = "contests.evaluate"
    queue = "runs"
    lane = "contest:one"
    owner = factory.SubFactory(UserFactory)
    queued_at = NOON
    due_at = factory.SelfAttribute("queued_at")
    claimant = factory.LazyAttribute(lambda made: f"user:{made.owner.pk}")

    @classmethod
    def _create(cls, model_class, *args, lane, **given):
        lane, _ = Lane.objects.get_or_create(name=lane)
        return super()._create(model_class, *args, lane=lane, **given)


class ContestFactory(DjangoModelFactory[Contest]):
    """An open, public contest of a new host on a dataset of theirs."""

    class Meta:
        model = Contest

    class Params:
        split = factory.Trait(
            truth=SPLIT_TRUTH, columns=Columns(split="split"), slug="with-private-rows"
        )

    host = factory.SubFactory(UserFactory)
    namespace = factory.LazyAttribute(lambda made: made.host.namespace)
    dataset = factory.LazyAttribute(
        lambda made: RepositoryFactory(owner=made.host, public=True)
    )
    slug = factory.Sequence("contest-{}".format)
    title = factory.LazyAttribute(lambda made: made.slug.replace("-", " ").title())
    task = Task.BINARY
    metric = "accuracy"
    formats = (Format.PREDICTIONS, Format.ONNX, Format.CODE)
    rules = "Be fair."
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    daily_limit = 5
    columns = Columns()
    truth = TRUTH
    inputs = INPUTS
    opened_at = factory.SelfAttribute("starts_at")
    is_guarded = False  # so that a test can say which scores a board shows

    @classmethod
    def _create(cls, model_class, *args, **given):
        host, namespace = given.pop("host"), given.pop("namespace")
        inputs = given.pop("inputs")
        return services.open_contest(
            host,
            namespace=namespace,
            dataset=given.pop("dataset"),
            truth=file_of(given.pop("truth")),
            inputs=None if inputs is None else file_of(inputs),
            opened_at=given.pop("opened_at"),
            plan=ContestPlan(**given),
        )


def enter(contest, user=None, *, at=None):
    """Join as someone new or as `user`."""
    return services.join_contest(
        user or UserFactory(),
        contest=contest,
        rules_sha256=contest.rules_sha256,
        joined_at=at or timezone.now(),
    )


def hand_in(entrant, content=None, *, at=None, **given) -> Submission:
    """Hand in predictions, or `content`, for an entrant."""
    at = at or timezone.now()
    return services.submit(
        entrant.user,
        contest=entrant.contest,
        format=given.pop("format", Format.PREDICTIONS),
        blob=store_bytes(content or predictions(), stored_at=at),
        filename=given.pop("filename", "predictions.csv"),
        submitted_at=at,
        **given,
    )


def outcome_of(value, *, low=None, high=None, metric="accuracy", private=(), **usage):
    """Return an outcome as the runner would bring it."""
    told = {
        "wall_seconds": 0.5,
        "cpu_seconds": 0.4,
        "peak_memory_bytes": 2**20,
        "device": "cpu",
        "sandbox": "none needed",
        **usage,
    }
    bounds = value if low is None else low, value if high is None else high
    return Outcome(
        metrics=(MetricValue(metric, value, *bounds), MetricValue("ece", 0.1, 0, 0.2)),
        usage=Usage(**told),
        predictions_sha256="0" * 64,
        row_count=ROWS,
        private_metrics=tuple(MetricValue(metric, v, v, v) for v in private),
    )


def lease_of(attempt, *, at=None):
    """Claim the run of an attempt as a worker would."""
    return leases.claim(
        attempt.run_id, worker="worker-1", now=at or timezone.now(), term=TERM
    )


def score(submission, value, *, attempt=None, at=None, **given) -> Submission:
    """Have a worker score a submission's newest attempt, or `attempt`."""
    at = at or timezone.now()
    attempt = attempt or submission.attempts.order_by("-scorer_version").first()
    given.setdefault("metric", submission.contest.metric)
    assert record_outcome(
        lease_of(attempt, at=at),
        attempt=attempt,
        outcome=outcome_of(value, **given),
        log_tail=["one line"],
        now=at,
    )
    return submission


def fail(submission, *, code="unknown_ids", stage=Stage.READ, rows=(), at=None):
    """Have a worker refuse a submission."""
    at = at or timezone.now()
    fault = SubmissionFailed(code, "It was wrong.", stage=stage, rows=rows)
    assert record_failure(
        lease_of(submission.attempts.get(), at=at), fault=fault, log_tail=[], now=at
    )
    return submission


def scored(contest, value, **given) -> Submission:
    """Have someone new enter, hand in and be scored."""
    return score(hand_in(enter(contest)), value, **given)
