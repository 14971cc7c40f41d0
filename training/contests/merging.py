"""Joins what several sites brought of one submission: pure, and without NumPy."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.jobs import MetricValue, Outcome, Usage, total

NPY_MAGIC = b"\x93NUMPY\x01\x00"
NPY_ALIGNED = 64
SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Part:
    """One site's outcome with the rows it weighs by; `losses` is an NPY of float32."""

    outcome: Outcome
    public_count: int
    private_count: int
    losses: bytes = b""


def merged(parts: Sequence[Part]) -> Outcome:
    """Return the outcome over all sites: the mean of each metric weighted by rows.

    A metric that some site lacks is left out. Sites are independent, so the squares of
    weighted half-widths add up (propagation of error for a weighted mean; Taylor, "An
    Introduction to Error Analysis", 1997, ch. 3). Losses stand one site after the other,
    if every site gave them.

    Args:
        parts: in the order of the sites, at least one.
    """
    if len(parts) == 1:
        return parts[0].outcome
    outcomes = [part.outcome for part in parts]
    has_losses = all(part.losses for part in parts)
    digests = "".join(each.predictions_sha256 for each in outcomes)
    return Outcome(
        metrics=_means(
            [each.metrics for each in outcomes], [each.public_count for each in parts]
        ),
        private_metrics=_means(
            [each.private_metrics for each in outcomes],
            [each.private_count for each in parts],
        ),
        usage=usage_over([each.usage for each in outcomes]),
        predictions_sha256=hashlib.sha256(digests.encode()).hexdigest(),
        row_count=sum(each.row_count for each in outcomes),
        losses=_npy(map(_body, parts)) if has_losses else b"",
    )


def _means(
    told: Sequence[Sequence[MetricValue]], weights: Sequence[int]
) -> tuple[MetricValue, ...]:
    by_site = [{metric.name: metric for metric in each} for each in told]
    shared = [
        metric.name
        for metric in told[0]
        if all(metric.name in each for each in by_site)
    ]
    return tuple(
        _mean([each[name] for each in by_site], weights, name) for name in shared
    )


def _mean(
    values: Sequence[MetricValue], weights: Sequence[int], name: str
) -> MetricValue:
    total = sum(weights)
    shared = [
        (weight / total, each) for weight, each in zip(weights, values, strict=True)
    ]
    mean = sum(share * each.value for share, each in shared)
    below = math.hypot(*(share * (each.value - each.low) for share, each in shared))
    above = math.hypot(*(share * (each.high - each.value) for share, each in shared))
    return MetricValue(name, mean, mean - below, mean + above)


def usage_over(told: Sequence[Usage]) -> Usage:
    """Return what several jobs took together, one after the other."""
    devices, boxes = {each.device for each in told}, {each.sandbox for each in told}
    return Usage(
        wall_seconds=sum(each.wall_seconds for each in told),
        cpu_seconds=sum(each.cpu_seconds for each in told),
        peak_memory_bytes=max(each.peak_memory_bytes for each in told),
        device=devices.pop() if len(devices) == 1 else SEVERAL,
        sandbox=boxes.pop() if len(boxes) == 1 else SEVERAL,
        energy_joules=total(each.energy_joules for each in told),
        gpu_energy_joules=total(each.gpu_energy_joules for each in told),
        gpu_peak_memory_bytes=max(
            (each.gpu_peak_memory_bytes or 0 for each in told), default=0
        )
        or None,
        latency_ms_per_row=_slowest(each.latency_ms_per_row for each in told),
    )


def _slowest(told: Iterable[float | None]) -> float | None:
    known = [each for each in told if each is not None]
    return max(known, default=None)


def _body(part: Part) -> bytes:
    start = len(NPY_MAGIC) + 2
    return part.losses[
        start + int.from_bytes(part.losses[start - 2 : start], "little") :
    ]


def _npy(bodies: Iterable[bytes]) -> bytes:
    """Return float32 numbers as an NPY file, version 1.0 of that format."""
    body = b"".join(bodies)
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(body) // 4},), }}"
    taken = len(NPY_MAGIC) + 2 + len(head) + 1
    head += " " * (-taken % NPY_ALIGNED) + "\n"
    return NPY_MAGIC + len(head).to_bytes(2, "little") + head.encode() + body
