"""One whole small world, built through the services: everyone who may come, and what of
theirs they would meet.

What is private says `SECRET` somewhere in it, so that a test can look for it where it
does not belong.
"""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from licensing.models import Audience, Offer, Order, Relation, Work
from licensing.services import (
    accept_offer,
    accept_shares,
    accept_terms,
    confirm_transfer,
    draft_offer,
    party_of_user,
    place_order,
    propose_shares,
    record_derivation,
)
from marketplace.accounts.models import ApiToken, Namespace, Role, Scope, User
from marketplace.accounts.services import (
    create_account,
    create_organisation,
    issue_token,
    revoke_token,
    set_member,
)
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import (
    AddFile,
    commit_files,
    create_repository,
    create_tag,
    delete_repository,
    share,
)
from marketplace.storage.services import put_part, start_upload, store_bytes
from training.contests import boards
from training.contests.models import Contest, Format, Score, Submission, Task
from training.contests.models import Visibility as ContestVisibility
from training.contests.services import ContestPlan, join_contest, open_contest, submit
from training.runs import leases
from training.runs.leases import Failure, Lease

SECRET = "ptarmigan"
DAY = timedelta(days=1)
TERM = timedelta(minutes=1)
PUBLIC_ROWS = b"id,length,label\n1,10.5,a\n2,11.0,b\n3,9.5,a\n4,12.0,b\n"
TRUTH = b"id,label\n1,a\n2,b\n3,a\n4,b\n"
INPUTS = b"id,length\n1,10.5\n2,11.0\n3,9.5\n4,12.0\n"
PREDICTIONS = b"id,a,b\n1,0.9,0.1\n2,0.2,0.8\n3,0.7,0.3\n4,0.4,0.6\n"
README = """\
---
license: cc-by-4.0
language: [en]
tags: [birds]
---
# Lengths of birds

Four birds and how long they are.
"""
EVERYONE = (
    "anonymous", "stranger", "reader", "writer", "owner", "partner", "buyer",
    "contestant", "host", "staff",
)  # fmt: skip


@dataclass(slots=True)
class World:
    """What there is. People are by the name of their part; `anonymous` is nobody.

    `owner` owns an organisation and repositories of their own, `partner` holds 30 % of a
    work of theirs; `writer` and `reader` are so in the organisation, and editor and
    viewer of `owner`'s private dataset.
    """

    at: datetime
    people: dict[str, User] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.people[name] if name in self.people else self.made[name]

    def namespace(self, name: str) -> Namespace:
        return Namespace.objects.get(name=name)

    def hidden_words(self) -> list[str]:
        """Return what no page or answer for a stranger may hold."""
        orders = [self["waiting_order"].number, self["fulfilled_order"].number]
        return [SECRET, *orders, *(str(self[each].pk) for each in HIDDEN)]


HIDDEN = (
    "private_dataset", "private_model", "organisation_dataset", "draft_offer",
    "private_contest", "good", "bad", "waiting", "private_entry", "upload",
)  # fmt: skip


def named(part: str) -> str:
    """Return the user name of who plays a part; `owner` itself is a reserved name."""
    return f"mx-{part}"


def build(at: datetime) -> World:
    """Build it all as of `at`, through the services."""
    world = World(at)
    _people(world)
    _repositories(world)
    _rights(world)
    _contests(world)
    _programs(world)
    return world


def _people(world: World) -> None:
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


def _repositories(world: World) -> None:
    owner = world["owner"]
    made = world.made
    made["dataset"] = _published(
        world, "birds", {"README.md": README.encode(), "data/rows.csv": PUBLIC_ROWS}
    )
    create_tag(
        owner, repository=made["dataset"], name="v1", created_at=world.at - 6 * DAY
    )
    made["derived"] = _published(
        world, "bird-lengths", {"lengths.csv": PUBLIC_ROWS}, licence_id=""
    )
    made["private_dataset"] = _published(
        world, f"{SECRET}-nests", _hidden_files(), visibility=Visibility.PRIVATE
    )
    create_tag(
        owner,
        repository=made["private_dataset"],
        name="v1",
        created_at=world.at - 6 * DAY,
    )
    for name, role in (("writer", ShareRole.EDITOR), ("reader", ShareRole.VIEWER)):
        share(
            owner,
            repository=made["private_dataset"],
            user=world[name],
            role=role,
            shared_at=world.at - 6 * DAY,
        )
    made["private_model"] = _published(
        world,
        f"{SECRET}-net",
        _hidden_files(),
        kind=Kind.MODEL,
        visibility=Visibility.PRIVATE,
    )
    made["organisation_dataset"] = _published(
        world,
        f"{SECRET}-counts",
        _hidden_files(),
        namespace="fieldwork",
        visibility=Visibility.PRIVATE,
    )
    made["deleted"] = _published(world, f"{SECRET}-gone", _hidden_files())
    delete_repository(owner, repository=made["deleted"], deleted_at=world.at - 5 * DAY)


def _hidden_files() -> dict[str, bytes]:
    return {
        "README.md": f"# {SECRET}\n\nWhere the {SECRET} nests.\n".encode(),
        "data/rows.csv": f"id,{SECRET}\n1,2\n".encode(),
    }


def _published(
    world: World,
    name: str,
    files: dict[str, bytes],
    *,
    namespace: str = "mx-owner",
    kind: Kind = Kind.DATASET,
    visibility: Visibility = Visibility.PUBLIC,
    licence_id: str = "CC-BY-4.0",
) -> Repository:
    repository = create_repository(
        world["owner"],
        namespace=namespace,
        name=name,
        kind=kind,
        visibility=visibility,
        licence_id=licence_id,
        title=name.replace("-", " ").title(),
        summary=f"All about {name}.",
        created_at=world.at - 7 * DAY,
    )
    commit_files(
        world["owner"],
        repository=repository,
        changes=[
            AddFile(path, store_bytes(data, stored_at=world.at))
            for path, data in files.items()
        ],
        message=f"Publish {name}",
        committed_at=world.at - 7 * DAY,
    )
    return repository


def _rights(world: World) -> None:
    owner, partner, buyer = world["owner"], world["partner"], world["buyer"]
    made = world.made
    work: Work = made["derived"].work
    record_derivation(
        owner,
        work=work,
        source=made["dataset"].work,
        relation=Relation.ADAPT,
        changes="Only the lengths were kept.",
        recorded_at=world.at - 5 * DAY,
    )
    made["share_set"] = propose_shares(
        owner,
        work=work,
        basis_points={party_of_user(owner): 7000, party_of_user(partner): 3000},
        proposed_at=world.at - 5 * DAY,
    )
    accept_shares(partner, share_set=made["share_set"], accepted_at=world.at - 5 * DAY)
    made["free_offer"] = _offer(world, "research", 0, "CC-BY-NC-4.0")
    made["paid_offer"] = _offer(world, "commercial", 49_00)
    made["team_offer"] = _offer(world, "team", 199_00)
    made["draft_offer"] = _offer(world, f"{SECRET}-draft", 1_00, is_agreed=False)
    made["fulfilled_order"] = _ordered(world, made["paid_offer"])
    made["waiting_order"] = _ordered(world, made["team_offer"])
    made["fulfilled_order"] = confirm_transfer(
        world["staff"],
        order=made["fulfilled_order"],
        bank_reference=f"RF18 {SECRET}",
        amount_minor=made["fulfilled_order"].total_minor,
        received_on=(world.at - 2 * DAY).date(),
        confirmed_at=world.at - DAY,
    )
    made["proposed_shares"] = propose_shares(
        owner,
        work=made["dataset"].work,
        basis_points={party_of_user(owner): 9000, party_of_user(buyer): 1000},
        proposed_at=world.at - DAY,
    )


def _offer(
    world: World,
    code: str,
    price_minor: int,
    licence_id: str = "LicenseRef-Stoa-Commercial-1.0",
    *,
    is_agreed: bool = True,
) -> Offer:
    offer = draft_offer(
        world["owner"],
        work=world["derived"].work,
        code=code,
        title=f"For {code}",
        audience=Audience.COMMERCE if price_minor else Audience.RESEARCH,
        licence_id=licence_id,
        price_minor=price_minor,
        currency="EUR",
        drafted_at=world.at - 4 * DAY,
    )
    if not is_agreed:
        return offer
    return accept_offer(world["partner"], offer=offer, accepted_at=world.at - 4 * DAY)


def _ordered(world: World, offer: Offer) -> Order:
    accept_terms(world["buyer"], offer=offer, accepted_at=world.at - 3 * DAY)
    return place_order(
        world["buyer"],
        offers=[offer],
        placed_at=world.at - 3 * DAY,
        fee_bps=500,
        pay_within=14 * DAY,
    )


def _contests(world: World) -> None:
    made = world.made
    made["contest"] = _contest(
        world, "bird-cup", host="host", namespace="mx-host", dataset=made["dataset"]
    )
    made["good"], made["bad"], made["waiting"] = (
        _handed_in(world, "contestant", made["contest"], name)
        for name in ("good", "bad", "waiting")
    )
    _score(world, made["good"], log_loss=0.25)
    _fail(world, made["bad"])
    made["private_contest"] = _contest(
        world,
        f"{SECRET}-cup",
        host="owner",
        namespace="fieldwork",
        dataset=made["organisation_dataset"],
        visibility=ContestVisibility.PRIVATE,
    )
    made["private_entry"] = _handed_in(
        world, "reader", made["private_contest"], "private"
    )


def _contest(
    world: World,
    slug: str,
    *,
    host: str,
    namespace: str,
    dataset: Repository,
    visibility: ContestVisibility = ContestVisibility.PUBLIC,
) -> Contest:
    return open_contest(
        world[host],
        namespace=world.namespace(namespace),
        dataset=dataset,
        plan=ContestPlan(
            slug=slug,
            title=slug.replace("-", " ").title(),
            task=Task.BINARY,
            metric="log_loss",
            starts_at=world.at - 2 * DAY,
            ends_at=world.at + 30 * DAY,
            daily_limit=20,
            formats=[Format.PREDICTIONS, Format.ONNX],
            visibility=visibility,
            rules="Be kind.",
            description=f"Tell birds apart in the {slug}.",
        ),
        truth=io.BytesIO(TRUTH),
        inputs=io.BytesIO(INPUTS),
        opened_at=world.at - 2 * DAY,
    )


def _handed_in(world: World, who: str, contest: Contest, name: str) -> Submission:
    join_contest(
        world[who],
        contest=contest,
        rules_sha256=contest.rules_sha256,
        joined_at=world.at - DAY,
    )
    content = PREDICTIONS + f"# {name}\n".encode()
    return submit(
        world[who],
        contest=contest,
        format=Format.PREDICTIONS,
        blob=store_bytes(content, stored_at=world.at),
        filename=f"{SECRET}-{name}.csv",
        note=f"The {SECRET} is {name}.",
        submitted_at=world.at - DAY,
    )


def _leased(world: World, submission: Submission) -> Lease:
    lease = leases.claim(
        submission.attempts.get().run_id, worker="worker-1", now=world.at, term=TERM
    )
    assert lease is not None
    return lease


def _score(world: World, submission: Submission, *, log_loss: float) -> None:
    lease = _leased(world, submission)
    contest = boards.hold(submission.contest_id)
    usage = {"device": "cpu", "latency_ms_per_row": 0.1, "peak_memory_bytes": 2**20}
    assert leases.complete(lease, now=world.at, usage=usage, log_tail=[SECRET])
    Score.objects.create(
        attempt=submission.attempts.get(),
        metric="log_loss",
        value=log_loss,
        low=log_loss - 0.1,
        high=log_loss + 0.1,
    )
    boards.keep(contest, entrants=[submission.entrant_id], at=world.at)


def _fail(world: World, submission: Submission) -> None:
    failure = Failure(
        code="ids_wrong",
        message=f"The {SECRET} has wrong ids.",
        stage="READ",
        rows=[{"row": 2, "id": "9", "detail": "is not asked for"}],
        row_count=1,
    )
    assert leases.fail(_leased(world, submission), now=world.at, failure=failure)


def _programs(world: World) -> None:
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
        scopes = [s for s in Scope.values if s != Scope.STAFF or name == "staff"]
        world.secrets[name] = _token(world, name, scopes, label=f"{name} in full")
    world.secrets["read"] = _token(world, "owner", [Scope.READ], label="reads")
    world.secrets["staff read"] = _token(world, "staff", [Scope.READ], label="reads")
    world.secrets["expired"] = _token(
        world, "owner", Scope.values[:-1], label="old", expires_at=world.at - DAY
    )
    world.secrets["revoked"] = _token(world, "owner", Scope.values[:-1], label="gone")
    revoked = ApiToken.objects.get(user=owner, label=f"{SECRET}: gone")
    revoke_token(owner, token=revoked, revoked_at=world.at)
    world.made["token"] = ApiToken.objects.get(user=owner, label=f"{SECRET}: reads")


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
        label=f"{SECRET}: {label}",
        scopes=scopes,
        expires_at=expires_at,
        issued_at=world.at - 8 * DAY,
    )[1]
