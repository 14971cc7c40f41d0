"""Files that people post in forms."""

from django.conf import settings
from django.utils import timezone

from marketplace.storage.models import Blob
from training.contests.models import Format
from training.contests.services import keep_file
from training.web.forms import FileForm


def stored(form: FileForm) -> Blob:
    """Keep the file of a valid form, up to what its format may have."""
    return keep_file(
        form.cleaned_data["file"],
        format=Format(form.cleaned_data["format"]),
        limit_bytes=settings.STOA.max_upload_bytes,
        stored_at=timezone.now(),
    )
