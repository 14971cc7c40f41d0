"""Who there is, and the programs that ask for them."""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from marketplace.accounts.models import (
    STAFF_SCOPES,
    ApiToken,
    Namespace,
    Notice,
    Role,
    Scope,
    User,
)
from marketplace.accounts.services import (
    create_account,
    create_organisation,
    invite_member,
    issue_token,
    revoke_token,
    set_member,
)
from marketplace.storage.services import put_part, start_upload
from marketplace.webhooks.models import Delivery, State
from marketplace.webhooks.services import Item, create_webhook

SECRET = "ptarmigan"
DAY = timedelta(days=1)
EVERYONE = (
    "anonymous", "stranger", "reader", "writer", "owner", "partner", "buyer",
    "contestant", "mate", "host", "staff",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class World:
    """What there is. People are by the name of their part; `anonymous` is nobody.

    `owner` owns an organisation and repositories of their own, `partner` holds 30 % of a
    work of theirs; `writer` and `reader` are so in the organisation, and editor and
    viewer of `owner`'s private dataset; `mate` competes in `contestant`'s team.
    """

    at: datetime
    people: dict[str, User] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.people[name] if name in self.people else self.made[name]

    def namespace(self, name: str) -> Namespace:
        return Namespace.objects.get(name=name)


def named(part: str) -> str:
    """Return the user name of who plays a part; `owner` itself is a reserved name."""
    return f"mx-{part}"


def add_people(world: World) -> None:
    for name in EVERYONE[1:]:
        world.people[name] = create_account(
            name=named(name),
            email=f"{name}@{'example.org' if name == 'stranger' else SECRET}.example",
            password=None,
            is_staff=name == "staff",
            created_at=world.at - 9 * DAY,
        )
    organisation = create_organisation(
        world["owner"],
        name="fieldwork",
        title="The Fieldwork Society",
        created_at=world.at - 8 * DAY,
    )
    for name, role in (("writer", Role.WRITER), ("reader", Role.READER)):
        set_member(
            world["owner"],
            organisation=organisation,
            user=world[name],
            role=role,
            since=world.at - 8 * DAY,
        )
    world.made["organisation"] = organisation
    world.made["membership_invitation"] = invite_member(
        world["owner"],
        organisation=organisation,
        address=f"guest@{SECRET}.example",
        role=Role.READER,
        at=world.at,
    )
    Notice.objects.filter(person=None).delete()  # the letter is sent, and forgotten


def add_programs(world: World) -> None:
    owner = world["owner"]
    content = f"{SECRET}, in parts".encode()
    upload = start_upload(
        owner,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        limit_bytes=2**20,
        open_limit_bytes=2**20,
        started_at=world.at,
    )
    put_part(owner, upload=upload, number=1, source=io.BytesIO(content))
    world.made["upload"] = upload
    for name in EVERYONE[1:]:
        scopes = [s for s in Scope.values if s not in STAFF_SCOPES or name == "staff"]
        world.secrets[name] = _token(world, name, scopes, label=f"{name} in full")
    world.secrets["read"] = _token(world, "owner", [Scope.READ], label="reads")
    world.secrets["staff read"] = _token(world, "staff", [Scope.READ], label="reads")
    mine = [scope for scope in Scope.values if scope not in STAFF_SCOPES]
    world.secrets["expired"] = _token(
        world, "owner", mine, label="old", expires_at=world.at - DAY
    )
    world.secrets["revoked"] = _token(world, "owner", mine, label="gone")
    revoked = ApiToken.objects.get(user=owner, label=f"{SECRET}: gone")
    revoke_token(owner, token=revoked, revoked_at=world.at)
    world.made["notice"] = Notice.objects.filter(person=owner, is_shown=True).first()
    world.made["token"] = ApiToken.objects.get(user=owner, label=f"{SECRET}: reads")


def add_webhook(world: World) -> None:
    """Have `owner` told of what happens under their name; once it was, in vain."""
    owner = world["owner"]
    world.made["webhook"] = create_webhook(
        owner,
        url=f"https://{SECRET}.example/hook",
        watched=[Item("user", owner.username)],
        domains=[],
        secret=f"{SECRET}-signs",
        created_at=world.at - 7 * DAY,
    )
    world.made["delivery"] = Delivery.objects.create(
        webhook=world["webhook"],
        repository=world["private_dataset"],
        event="update repo.content",
        payload={"repo": {"name": SECRET}},
        state=State.FAILED,
        created_at=world.at,
        next_attempt_at=world.at,
        finished_at=world.at,
    )


def _token(
    world: World,
    name: str,
    scopes: list[str],
    *,
    label: str,
    expires_at: datetime | None = None,
) -> str:
    return issue_token(
        world[name],
        label=label if name == "stranger" else f"{SECRET}: {label}",
        scopes=scopes,
        expires_at=expires_at,
        issued_at=world.at - 8 * DAY,
    )[1]
