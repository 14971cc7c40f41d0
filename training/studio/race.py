"""Tries the candidates of a project, some at once, until the budget is spent.

A run of the sandbox fits one candidate, or several that are quick, and ends with what is
left of the budget; what it fitted is written down as it ends. Only workers import this.
"""

import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import transaction

from training.jobs import MIB, Limits, RunStopped, SubmissionFailed
from training.learning import LEARNERS, Candidate, learners_for
from training.runner.studio.choosing import drawn_candidate
from training.runner.studio.facts import Fitted
from training.runner.studio.fitting import fit_several, packed
from training.runner.studio.networks import Paused, train_slice
from training.studio.bench import (
    MEMORY_BYTES,
    Bench,
    Ready,
    checkpoint_of,
    stored,
)
from training.studio.larger import larger_seconds
from training.studio.models import Project, Trial
from training.studio.tuning import tuning_seconds

MOST_SEARCHED = 60
LEAST_SECONDS = 3.0  # of budget that make another candidate worth its start
GRACE_SECONDS = 20.0  # for what is needed at all, however little was given
RESERVED = 0.1  # of the budget, for whether more rows would help
LEAST_NETWORK_SECONDS = 15.0  # to import torch, train a little, and answer
NEEDED = 2  # the baseline, and one that may beat it
QUICK_SECONDS = 1.0
QUICK = (
    *("baseline", "linear", "linear_strict", "curves", "neighbours"),
    *("words", "word_counts", "shapes", "shapes_strict"),
)
SMALL_BYTES = 2 * MIB  # of a prepared table that these are quick on
MOST_TOGETHER = 5
LEAST_MEMORY_BYTES = 512 * MIB
COPIES = 16  # of the prepared table, that a learner may make

Answer = list[Fitted | Paused | SubmissionFailed]


@dataclass(frozen=True, slots=True)
class Turn:
    """A candidate and its place in the order of trying."""

    place: int
    candidate: Candidate


class Race:
    """Candidates of one project that wait, run, or are written down.

    What waits is tried in order, and what is quick together; a run that breaks a limit
    with several is told apart by trying each alone. Seconds are those of the clock on the
    wall, however many runs there are at once, and all runs share one allowance of memory.
    """

    def __init__(
        self, project: Project, learning: Path, ready: Ready, bench: Bench
    ) -> None:
        self.project, self.learning = project, learning
        self.ready, self.bench = ready, bench
        size = learning.stat().st_size
        fitting = MEMORY_BYTES // (LEAST_MEMORY_BYTES + COPIES * size)
        self.hands = max(1, min(bench.at_once, fitting))
        self.is_small = size <= SMALL_BYTES
        self.seconds_of: dict[str, float] = {}
        self.tried: dict[str, Trial] = {}
        for trial in project.trials.all():
            self.tried[trial.key] = trial
            self._learn(trial)
        self.checkpoint = checkpoint_of(project)
        self.waiting = deque(turn for turn in _turns(ready) if self._is_open(turn))
        self.running: dict[Future[Answer], list[Turn]] = {}
        self.alone: set[str] = set()
        self.reserved = (
            RESERVED * project.budget_seconds
            + larger_seconds(project)
            + tuning_seconds(project)
        )
        self.ended = threading.Event()
        self.since = time.monotonic()

    def _is_open(self, turn: Turn) -> bool:
        """Whether it was not tried, or is a network that time cut short."""
        before = self.tried.get(turn.candidate.key)
        if before is None:
            return True
        is_network = LEARNERS[turn.candidate.learner].is_network
        return is_network and bool(self.checkpoint) and before.answers_id is not None

    def run(self) -> None:
        """Try until nothing waits or the budget is spent.

        Raises:
            RunStopped: somebody said stop, or the lease is lost.
            SandboxBroken: the sandbox failed, and the step may be tried again.
        """
        with ThreadPoolExecutor(self.hands) as pool:
            try:
                self._start(pool)
                while self.running:
                    done, _ = wait(self.running, return_when=FIRST_COMPLETED)
                    self._spend()
                    for future in done:
                        self._take(future, self.running.pop(future))
                    self._start(pool)
            finally:
                self.ended.set()
        if self.waiting:
            self.bench.write("The budget is spent.")

    def _start(self, pool: ThreadPoolExecutor) -> None:
        while len(self.running) < self.hands:
            if self.bench.pulse.stop():
                raise RunStopped
            together = self._next()
            if not together:
                return
            self.bench.pulse.enter(together[0].candidate.learner[:20])
            future = pool.submit(self._fit, together, self._limits(together))
            self.running[future] = together

    def _fit(self, together: list[Turn], limits: Limits) -> Answer:
        first = together[0].candidate
        if LEARNERS[first.learner].is_network:
            return [self._train_slice(first, limits)]
        found = fit_several(
            self.learning,
            [turn.candidate for turn in together],
            plan=self.ready.plan,
            facts=self.ready.facts,
            limits=limits,
            sandbox=self.bench.sandbox,
            stop=self._is_over,
        )
        return [*found]

    def _train_slice(self, candidate: Candidate, limits: Limits) -> Fitted | Paused:
        title = LEARNERS[candidate.learner].title
        return train_slice(
            self.learning,
            candidate,
            checkpoint=self.checkpoint,
            facts=self.ready.facts,
            limits=limits,
            sandbox=self.bench.sandbox,
            stop=self._is_over,
            on_log=lambda line: self.bench.write(f"{title}: {line}"),
        )

    def _next(self) -> list[Turn]:
        """Take what the next run is to try from what waits; nothing if it is too late."""
        left = self._left()
        can = [turn for turn in self.waiting if self._is_in_time(turn, left)]
        if not can:
            return []
        together = can[:1]
        if self._is_quick(can[0]):
            together = [turn for turn in can if self._is_quick(turn)][:MOST_TOGETHER]
        for turn in together:
            self.waiting.remove(turn)
        return together

    def _is_in_time(self, turn: Turn, left: float) -> bool:
        learner = turn.candidate.learner
        if LEARNERS[learner].is_network:
            return left >= LEAST_NETWORK_SECONDS
        expected = self.seconds_of.get(learner, 0.0)
        return turn.place < NEEDED or left >= max(LEAST_SECONDS, expected)

    def _is_quick(self, turn: Turn) -> bool:
        learner = turn.candidate.learner
        if turn.candidate.key in self.alone:
            return False
        if learner in self.seconds_of:
            return self.seconds_of[learner] <= QUICK_SECONDS
        return self.is_small and learner in QUICK

    def _left(self) -> float:
        return max(self.project.left_seconds - self.reserved, 0.0)

    def _limits(self, together: list[Turn]) -> Limits:
        left = self._left()
        if any(turn.place < NEEDED for turn in together):
            left = max(left, GRACE_SECONDS)
        return Limits(
            memory_bytes=MEMORY_BYTES // self.hands,
            cpu_seconds=int(left) + 1,
            wall_seconds=left,
        )

    def _is_over(self) -> bool:
        return self.ended.is_set() or self.bench.pulse.stop()

    def _spend(self) -> None:
        now = time.monotonic()
        self.project.spent_seconds += now - self.since
        self.since = now

    def _take(self, future: Future[Answer], turns: list[Turn]) -> None:
        try:
            found = future.result()
        except SubmissionFailed as refused:
            if len(turns) > 1:
                self.alone.update(turn.candidate.key for turn in turns)
                self.waiting.extendleft(reversed(turns))
                return
            found = [refused]
        for turn, one in zip(turns, found, strict=False):
            if isinstance(one, Paused):
                self._pause(turn, one)
            else:
                self._write(turn, one)
        self.waiting.extendleft(reversed(turns[len(found) :]))

    def _pause(self, turn: Turn, paused: Paused) -> None:
        self.checkpoint = paused.checkpoint
        self.bench.put_down(self.project, paused.checkpoint)
        self.waiting.appendleft(turn)

    def _write(self, turn: Turn, found: Fitted | SubmissionFailed) -> None:
        candidate = turn.candidate
        before = self.tried.get(candidate.key)
        trial = Trial(
            pk=None if before is None else before.pk,
            project=self.project,
            key=candidate.key,
            learner=candidate.learner,
            seed=candidate.seed,
            settings=[list(each) for each in candidate.settings],
            place=turn.place,
            tried_at=self.bench.clock(),
        )
        if LEARNERS[candidate.learner].is_network:
            resume = b"" if isinstance(found, SubmissionFailed) else found.resume
            self.checkpoint = resume
            self.project.checkpoint = (
                stored(resume, self.bench.clock) if resume else None
            )
        if isinstance(found, SubmissionFailed):
            trial.fault = found.message[:1000]
            told = f"{trial.title}: {trial.fault}"
        else:
            trial.answers = stored(packed(found), self.bench.clock)
            trial.scores = [asdict(score) for score in found.scores]
            trial.seconds, trial.ms_per_row = found.seconds, found.ms_per_row
            trial.size_bytes = found.size_bytes
            trial.settings += [list(each) for each in found.came_to]
            first = found.scores[0]
            told = (
                f"{trial.title}: {first.name} {first.value:.4g} ({first.low:.4g} to "
                f"{first.high:.4g}) in {trial.seconds:.1f} s"
            )
        if before is not None and not _is_better(trial, before):
            trial = before
            told = f"{told}; it was better before, and stays as it was."
        with transaction.atomic():
            self.bench.require_lease()
            trial.save()
            self.project.save(update_fields=["spent_seconds", "checkpoint"])
        self._learn(trial)
        self.bench.write(told)

    def _learn(self, trial: Trial) -> None:
        """Remember how long a learner takes here."""
        if trial.answers_id is not None:
            known = self.seconds_of.get(trial.learner, 0.0)
            self.seconds_of[trial.learner] = max(known, trial.seconds)


def _is_better(trial: Trial, before: Trial) -> bool:
    """Whether a network that went on came to more; the scores that rank are losses."""
    if not (trial.scores and before.scores):
        return bool(trial.scores)
    return float(trial.scores[0]["value"]) <= float(before.scores[0]["value"])


def _turns(ready: Ready) -> list[Turn]:
    """Return all that may be tried: the fixed list, then what is drawn at random."""
    seed = ready.plan.seed
    facts = ready.facts
    named = learners_for(
        facts.modality,
        has_classes=bool(facts.classes),
        has_backbone=facts.backbone is not None,
    )
    fixed = [Candidate(name, seed) for name in named]
    drawn = [
        drawn_candidate(seed, number, facts=facts) for number in range(MOST_SEARCHED)
    ]
    wished = [one for one in (*fixed, *drawn) if ready.plan.tries(one.learner)]
    return [Turn(place, one) for place, one in enumerate(wished)]
