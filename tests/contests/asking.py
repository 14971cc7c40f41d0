"""What asks of contests, over the API and by pages, say alike."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

BASE = "/api/v1"
EVERYONE = ("nobody", "stranger", "entrant", "host", "staff")


def csv(text, name="table.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return SimpleUploadedFile(name, data, "text/csv")


def each(*statuses):
    return list(zip(EVERYONE, statuses, strict=True))


def url(contest, *more):
    return "/".join([BASE, "contests", contest.slug, *more])


def signed_in(user=None):
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())
