"""Says what an answer means, and how far to trust it, so that a beginner can act on it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from training.signatures import Policy

MOST_WRONGED = 3
MEANS_LITTLE = "its guess means little."


def sentence_of(answer: Mapping[str, Any], *, target: str) -> str:
    """Say how sure an answer is.

    Args:
        answer: as `training.runner.serving.answering` says it.
        target: what is told.
    """
    if answer["unknown"]:
        share = max(round(answer["p"] * 100, 1), 0.1)
        return (
            "It does not know: what you gave is unlike what it learnt from. Of inputs that "
            f"it knows, at most {share:g} in 100 are as unusual as this, so "
            + ("a person should look." if "judged" in answer else MEANS_LITTLE)
        )
    if "judged" in answer:
        return _judged(answer["prediction"], answer["judged"])
    if "interval" in answer:
        if answer["interval"] is None:
            return (
                "It came without a calibration, so nothing says how far it may be off."
            )
        low, high = answer["interval"]
        return (
            f"In about 90 of 100 cases like this, {target} lies between {low:g} and "
            f"{high:g}."
        )
    likely = answer["set"]
    if likely is None:
        return "It came without a calibration, so its shares may be far too sure."
    return _sentence_on(likely)


def _sentence_on(likely: Sequence[str]) -> str:
    if len(likely) == 1:
        only = f"the right answer is “{likely[0]}” alone"
        return f"In about 90 of 100 cases like this {only}."
    listed = ", ".join(f"“{one}”" for one in likely[:10])
    more = f" and {len(likely) - 10} more" if len(likely) > 10 else ""
    return (
        "It is not sure: in about 90 of 100 cases like this the right answer is one of "
        f"{listed}{more}."
    )


def warning_of(policy: Policy) -> str:
    """Say whom a judge of people's words wrongs, and how often; nothing if nobody."""
    return _wronged(asdict(policy))


def _judged(said: str, policy: Mapping[str, Any]) -> str:
    flagged = policy["flagged"]
    meant = {
        "yes": f"It takes this for “{flagged}”. Of the texts that it says this of, about "
        f"{_percent(policy['precision'])} are.",
        "no": f"It finds nothing of “{flagged}” in this. Of the texts that it says this "
        f"of, about {_percent(policy['missed'])} are “{flagged}” all the same.",
        "not sure": f"It cannot tell whether this is “{flagged}”, so a person should look.",
    }
    return f"{meant[said]} {_wronged(policy)}".strip()


def _wronged(policy: Mapping[str, Any]) -> str:
    worst = policy["wronged"][:MOST_WRONGED]
    if not worst:
        return ""
    listed = ", ".join(f"{one['term']} ({_percent(one['rate'])})" for one in worst)
    return (
        f"It also takes harmless sentences for “{policy['flagged']}” that merely name "
        f"people; most often these: {listed}. Where they are named, a person should look."
    )


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
