"""Who tells the story: five people and the operator, with one password for this machine."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from marketplace.accounts.models import Scope, User
from marketplace.accounts.services import create_account, issue_token, revoke_token

Say = Callable[[str], object]


class StoryBroken(Exception):
    """Something that the story promises did not happen."""


PARTS = {
    "ada": "Ada publishes data",
    "bruno": "Bruno publishes, owns with Ada, and competes",
    "clio": "Clio buys data and competes",
    "dora": "Dora hosts the contest",
    "emil": "Emil competes",
    "olga": "Olga operates this Stoa (staff)",
}


@dataclass(frozen=True, slots=True)
class Cast:
    """The people by name, and the password that opens all their accounts."""

    people: dict[str, User]
    password: str

    def __getitem__(self, name: str) -> User:
        return self.people[name]


def gather(*, password_file: Path) -> Cast:
    """Return the people, making the accounts that do not exist yet.

    The password is drawn once for each installation and kept in `password_file` (0600):
    a demonstration that was left running is not open to everybody.
    """
    if not password_file.exists():
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(9))
    password = password_file.read_text()
    found = {user.username: user for user in User.objects.filter(username__in=PARTS)}
    for name, part in PARTS.items():
        if name not in found:
            found[name] = create_account(
                name=name,
                email=f"{name}@example.org",
                password=password,
                is_staff=name == "olga",
                created_at=timezone.now(),
            )
            found[name].full_name = part
            found[name].save(update_fields=["full_name"])
    return Cast(found, password)


class Token:
    """A token for the length of a block, as a program of this person would hold."""

    def __init__(self, user: User, *scopes: Scope) -> None:
        self.user, self.scopes = user, scopes

    def __enter__(self) -> str:
        self.row, secret = issue_token(
            self.user,
            label="demonstration",
            scopes=[scope.value for scope in self.scopes],
            expires_at=None,
            issued_at=timezone.now(),
        )
        return secret

    def __exit__(self, *_: object) -> None:
        revoke_token(self.user, token=self.row, revoked_at=timezone.now())
