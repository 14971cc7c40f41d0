"""Takes a bundle in, to be imported by a worker."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_writer
from marketplace.kit.audit import record_act
from marketplace.storage.models import Blob
from training.contests.models import BundleImport, Contest
from training.contests.services.bounds import checked_slug
from training.contests.services.hosting import SlugTaken
from training.runs.services import queue_run

IMPORT_TASK = "contests.import_bundle"
QUEUE = "runs"
MOST_BUNDLE_BYTES = 2 * 2**30


@transaction.atomic
def take_bundle(
    actor: User,
    *,
    namespace: Namespace,
    slug: str,
    blob: Blob,
    filename: str,
    at: datetime,
) -> BundleImport:
    """Queue the import of a stored bundle; a worker reads it and opens the drafts.

    Args:
        actor: the host; writes in `namespace`.
        namespace: whose contests they will be.
        slug: the address of the first.
        blob: the zip.
        filename: its own name.
        at: now.

    Raises:
        PermissionDenied: `actor` may not write there.
        Malformed: the slug may not be one.
        SlugTaken: another contest has it.
    """
    require_writer(actor, namespace)
    checked_slug(slug)
    if Contest.objects.filter(slug=slug).exists():
        raise SlugTaken(
            gettext("A contest is called “%(slug)s” already.") % {"slug": slug}
        )
    run = queue_run(
        actor,
        task=IMPORT_TASK,
        queue=QUEUE,
        lane=f"import:{actor.pk}",
        namespace=namespace,
        queued_at=at,
    )
    taken = BundleImport.objects.create(
        owner=actor,
        namespace=namespace,
        slug=slug,
        blob=blob,
        filename=filename[:200],
        run=run,
        created_at=at,
    )
    record_act(actor, "take_bundle", taken, at=at, sha256=blob.sha256)
    return taken
