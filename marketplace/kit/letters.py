"""Mail to one person. What is due is in rows, and a sweep writes it."""

from collections.abc import Sequence
from smtplib import SMTPDataError, SMTPRecipientsRefused

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import EmailMessage

log = structlog.get_logger(__name__)


Attached = tuple[str, bytes, str]  # its file name, what it holds, its media type


def post_letter(
    person: AbstractBaseUser | None,
    *,
    subject: str,
    body: str,
    address: str = "",
    attached: Sequence[Attached] = (),
) -> None:
    """Send one letter. An address that the server will not have is noted and let be.

    Args:
        person: who gets it at their address, unless another is named.
        subject: one line.
        body: plain text.
        address: where to, for one who has no account.
        attached: files that go with it.

    Raises:
        OSError: the mail server cannot be reached, so it is to be tried again.
    """
    if person is not None and not address:
        address = getattr(person, person.get_email_field_name())
    try:
        EmailMessage(subject, body, None, [address], attachments=attached).send()
    except (SMTPRecipientsRefused, SMTPDataError) as fault:
        log.warning("letter_refused", user_id=person and person.pk, fault=str(fault))
