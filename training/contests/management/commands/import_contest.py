from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.accounts.models import Namespace, Role, User
from marketplace.kit.errors import DomainError
from training.contests.services.importing import import_contest


class Command(BaseCommand):
    help = "Import a contest from a bundle of Codabench, CodaLab, EvalAI, or our own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the zip")
        parser.add_argument("--as", required=True, dest="slug", help="its address here")
        parser.add_argument(
            "--owner", required=True, help="the namespace it belongs to"
        )
        parser.add_argument("--by", default="", help="the host; an owner, without it")

    def handle(self, *, file: Path, slug: str, owner: str, by: str, **_: Any) -> None:
        namespace = Namespace.objects.filter(name__iexact=owner).first()
        if namespace is None:
            raise CommandError(f"There is no namespace {owner!r}.")
        try:
            with file.open("rb") as source:
                contests, notes = import_contest(
                    _host(namespace, by=by),
                    namespace=namespace,
                    slug=slug,
                    source=source,
                    at=timezone.now(),
                    on_step=lambda step: self.stderr.write(f"{step} …"),
                )
        except OSError as fault:
            raise CommandError(f"{file}: {fault.strerror}.") from fault
        except (DomainError, PermissionDenied) as refused:
            raise CommandError(str(refused)) from refused
        for note in notes:
            self.stdout.write(f"{note.fate.value:<9}  {note.field:<40} {note.remark}")
        for contest in contests:
            self.stdout.write(self.style.SUCCESS(f"draft: /contests/{contest.slug}"))


def _host(namespace: Namespace, *, by: str) -> User:
    """Return who hosts: the one that is named, or an owner of the namespace."""
    if by:
        found = User.objects.filter(username__iexact=by).first()
    elif namespace.user is not None:
        found = namespace.user
    else:
        found = (
            User.objects.filter(
                memberships__organisation=namespace.organisation,
                memberships__role=Role.OWNER,
            )
            .order_by("pk")
            .first()
        )
    if found is None:
        raise CommandError(f"Nobody of that name can host in {namespace.name}.")
    return found
