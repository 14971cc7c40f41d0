"""Mail to one person. What is due is in rows, and a sweep writes it."""

from smtplib import SMTPDataError, SMTPRecipientsRefused

import structlog
from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import send_mail

log = structlog.get_logger(__name__)


def post_letter(person: AbstractBaseUser, *, subject: str, body: str) -> None:
    """Send one letter. An address that the server will not have is noted and let be.

    Raises:
        OSError: the mail server cannot be reached, so it is to be tried again.
    """
    address = getattr(person, person.get_email_field_name())
    try:
        send_mail(subject, body, None, [address])
    except (SMTPRecipientsRefused, SMTPDataError) as fault:
        log.warning("letter_refused", user_id=person.pk, fault=str(fault))
