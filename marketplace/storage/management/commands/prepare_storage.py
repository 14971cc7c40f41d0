from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from marketplace.storage.s3_bucket import make_ready
from marketplace.storage.s3_client import Bucket


class Command(BaseCommand):
    help = "Make the bucket of STORAGE_URL, and let this site's pages send parts to it."
    requires_system_checks = []

    def handle(self, **_: Any) -> None:
        url = settings.STOA.storage_url
        if not url:
            self.stdout.write("STORAGE_URL is unset: files need no preparation.")
            return
        bucket, origin = Bucket.from_url(url), settings.STOA.base_url.rstrip("/")
        takes_rules = make_ready(bucket, origin=origin)
        self.stdout.write(f"The bucket {bucket.name} is there.")
        if not takes_rules:
            self.stderr.write(
                f"The store takes no CORS rules. Let {origin} PUT to it by its own "
                "settings, or large uploads by the browser fail."
            )
