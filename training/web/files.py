"""Files that people post in forms."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from training.contests import services
from training.contests.models import Contest, Format
from training.contests.services import keep_file
from training.web.forms import FileForm
from training.web.submission_forms import SubmissionForm


def stored(form: FileForm) -> Blob:
    """Keep the file of a valid form, up to what its format may have."""
    return keep_file(
        form.cleaned_data["file"],
        format=Format(form.cleaned_data["format"]),
        limit_bytes=settings.STOA.max_upload_bytes,
        stored_at=timezone.now(),
    )


def handed_in(
    actor: User, form: SubmissionForm, *, contest: Contest, at: datetime
) -> services.Brought:
    """Return what a form hands in: what was sent with it, or a file of the catalogue."""
    file, address = form.cleaned_data["file"], form.cleaned_data["catalogued"]
    chosen = Format(form.cleaned_data["format"])
    if posted := form.files_of_tasks():
        if file or address:
            raise Malformed(
                gettext("file: choose a file for each task, or one zip of them.")
            )
        services.require_by_task(chosen)
        with services.packed_answers(contest, posted) as packed:
            blob = keep_file(
                packed,
                format=chosen,
                limit_bytes=settings.STOA.max_upload_bytes,
                stored_at=at,
            )
        return services.Brought(blob, services.ANSWERS_NAME)
    if file and not address:
        return services.Brought(stored(form), file.name)
    if address and not file:
        return services.catalogued_file(actor, address=address, format=chosen, at=at)
    raise Malformed(gettext("file: choose a file, or name one of the catalogue."))
