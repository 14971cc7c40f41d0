"""The signed receipt of a result: what was scored, against what and by what."""

import hashlib
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from licensing.services import private_key, public_keys
from licensing.signatures import Forged, NoSuchKey, signed, verified
from marketplace.kit.errors import DomainError, Malformed
from training.contests.manifests import sites_in
from training.contests.models import Attempt, Contest, Score, Submission
from training.contests.queries import private_scores_for, scores_for

RESULT = "stoa.result/1"
MOST_BYTES = 1 << 16


class NothingToSign(DomainError):
    """What is not scored, or is not told, has no receipt."""

    code = "nothing_to_sign"


def signed_result(submission: Submission, *, site: str, at: datetime) -> bytes:
    """Return the file that proves a result, for whoever holds the site's public key.

    It says what everyone may know: of a guarded board the coarse score, private scores
    after the release, and who handed in only by the submission's id. The same result
    gives the same bytes until the key is rotated.

    Args:
        submission: with its results.
        site: the address people use.
        at: now.

    Raises:
        NothingToSign: there is no score that may be told.
        ReceiptKeyLost: the site cannot sign.
    """
    told = scores_for(submission, is_exact=False)
    if not told:
        raise NothingToSign(gettext("There is no score of this submission to sign."))
    attempt, contest = submission.shown, submission.contest
    if contest.released_at is not None:
        told = [*told, *private_scores_for(submission, is_exact=False)]
    receipt = {
        "format": RESULT,
        "site": site,
        "contest": contest.slug,
        "submission": str(submission.pk),
        "submitted_at": submission.submitted_at.isoformat(),
        "scored_at": _scored_at(attempt),
        "submission_sha256": submission.blob_id,
        "predictions_sha256": attempt.predictions_sha256,
        "data_sha256": commitment_to(contest, attempt.truth_id),
        "rows": attempt.row_count,
        "ranked_by": contest.metric,
        "scorer_version": attempt.scorer_version,
        "software": attempt.software,
        "computed_at": _computed_at(attempt),
        "scores": [_said(each) for each in told],
    }
    return signed(receipt, private=private_key(at=at))


def commitment_to(contest: Contest, truth_sha256: str) -> str:
    """Return what binds a receipt to hidden labels without telling their digest.

    SHA-256 of `contest id:digest of the labels' file`; a host who gives the file away
    later lets everyone check it.
    """
    return hashlib.sha256(f"{contest.pk}:{truth_sha256}".encode()).hexdigest()


def verified_result(file: bytes) -> dict[str, Any]:
    """Return what a receipt of this site says.

    Raises:
        Malformed: it is no receipt of a result, was changed, or another site's.
    """
    if len(file) > MOST_BYTES:
        raise Malformed(gettext("receipt: it is longer than any receipt."))
    try:
        told = verified(file, keys=public_keys())
    except (Forged, NoSuchKey) as fault:
        raise Malformed(f"receipt: {fault}") from fault
    if told.get("format") != RESULT:
        raise Malformed(gettext("receipt: it is signed, and is not of a result."))
    return told


def _scored_at(attempt: Attempt) -> str | None:
    ended = attempt.run.finished_at
    return ended.isoformat() if ended else None


def _computed_at(attempt: Attempt) -> list[dict[str, Any]]:
    """Say which sites scored, by whose worker and labels; none where this platform did.

    This platform vouches for what each brought, not for how it came about.
    """
    results = attempt.site_results.select_related("site", "worker")
    plans = (
        sites_in(attempt.truth_id) if attempt.submission.contest.is_federated else ()
    )
    return [
        {
            "site": result.site.name,
            "worker": result.worker.hint,
            "rows": result.row_count,
            "truth_sha256": plans[result.site.number - 1].truth_sha256,
            "by_this_platform": False,
        }
        for result in results.order_by("site__number")
    ]


def _said(score: Score) -> dict[str, str]:
    """Return a score in words: RFC 8785 and floats agree on less than one thinks."""
    return {
        "metric": score.metric,
        "split": score.split,
        "value": repr(score.value),
        "low": repr(score.low),
        "high": repr(score.high),
    }
