"""What they publish, and on which terms: repositories, shares, offers, orders."""

from licensing.models import (
    Audience,
    Contribution,
    ContributionRole,
    Offer,
    Order,
    Party,
    RecallKind,
    Relation,
    ResultsRule,
    Subscription,
    TermsVersion,
    TrainingRule,
    Work,
)
from licensing.services import (
    Amount,
    DiscountTerms,
    PrivateTo,
    accept_offer,
    accept_shares,
    accept_terms,
    bank_case,
    confirm_transfer,
    declare_terms,
    draft_offer,
    make_discount,
    open_dispute,
    party_of_user,
    place_order,
    propose_handover,
    propose_shares,
    recall_work,
    record_contribution,
    record_derivation,
    record_payout,
    refund,
)
from marketplace.catalog.models import Ground, Kind, Repository, Visibility
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import (
    AddFile,
    commit_files,
    create_repository,
    create_tag,
    delete_repository,
    file_report,
    share,
    take_down,
)
from marketplace.publishers.services import trust_publisher
from marketplace.storage.services import store_bytes
from tests.world.people import DAY, SECRET, World
from training.signatures import (
    Column,
    ColumnKind,
    FileKind,
    ModelFile,
    Signature,
    Takes,
)

PUBLIC_ROWS = b"id,length,label\n1,10.5,a\n2,11.0,b\n3,9.5,a\n4,12.0,b\n"
PAID = "gannet"
PAID_ROWS = f"id,length\n1,10.5\n2,{PAID}\n".encode()
README = """\
---
license: cc-by-4.0
language: [en]
tags: [birds]
---
# Lengths of birds

Four birds and how long they are.
"""


def add_repositories(world: World) -> None:
    owner = world["owner"]
    made = world.made
    made["dataset"] = _published(
        world, "birds", {"README.md": README.encode(), "data/rows.csv": PUBLIC_ROWS}
    )
    create_tag(
        owner, repository=made["dataset"], name="v1", created_at=world.at - 6 * DAY
    )
    made["derived"] = _published(
        world, "bird-lengths", {"data/rows.csv": PAID_ROWS}, licence_id=""
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
        _hidden_files() | _answering_files(),
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
    made["withheld"] = _published(world, "lost-birds", _hidden_files())
    made["takedown"] = take_down(
        world["staff"],
        repository=made["withheld"],
        ground=Ground.RIGHTS,
        reason="The photographs are another's.",
        taken_down_at=world.at - 4 * DAY,
    )
    made["report"] = file_report(
        world["stranger"],
        repository=made["dataset"],
        ground=Ground.OTHER,
        statement=f"One of them is a {SECRET}.",
        filed_at=world.at - 4 * DAY,
    )
    made["deleted"] = _published(world, f"{SECRET}-gone", _hidden_files())
    delete_repository(owner, repository=made["deleted"], deleted_at=world.at - 5 * DAY)


def _answering_files() -> dict[str, bytes]:
    signature = Signature(
        takes=Takes.ROW,
        target=SECRET,
        files=(ModelFile("model.onnx", FileKind.ONNX),),
        columns=(Column("length", ColumnKind.NUMBER),),
    )
    return {"signature.json": signature.as_bytes(), "model.onnx": b"no model"}


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
    trust_publisher(
        world["owner"],
        repository=repository,
        issuer="https://ci.example",
        audience="https://hub.example",
        subject=f"repo:mx-owner/{SECRET}:*",
        claims={},
        trusted_at=world.at - 6 * DAY,
    )
    return repository


def add_rights(world: World) -> None:
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
    made["own_terms"] = _declared(world, f"{SECRET} terms").terms
    offered = _declared(world, "For a team")
    made["offered_terms"] = offered.terms
    made["team_offer"] = _offer(world, "team", 199_00, offered.licence_id)
    made["draft_offer"] = _offer(world, f"{SECRET}-draft", 1_00, is_agreed=False)
    made["private_offer"] = _offer(
        world,
        f"{SECRET}-private",
        2_00,
        private_to=PrivateTo(party_of_user(buyer), world.at + 90 * DAY, SECRET),
    )
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
    made["invoice"] = made["fulfilled_order"].invoices.get()
    _move_money(world)
    made["subscription"] = _subscribed(made["fulfilled_order"])
    made["discount"] = make_discount(
        world["staff"],
        code="MX-FOR-FRIENDS",
        issuer=None,
        offers=[made["team_offer"]],
        said=DiscountTerms(valid_from=world.at, percent_bps=1000),
        made_at=world.at - DAY,
    )
    made["acceptance"] = made["fulfilled_order"].lines.get().acceptance
    for name in ("dataset", "private_dataset", "organisation_dataset", "private_model"):
        made[f"{name}_statement"] = _stated(world, name, made[name].work.owner)
    made["derived_statement"] = _stated(world, "derived", party_of_user(partner))
    made["handover"] = propose_handover(
        owner,
        work=made["private_dataset"].work,
        to=party_of_user(partner),
        message=f"Keep the {SECRET} well.",
        proposed_at=world.at - DAY,
    )
    made["recall"] = recall_work(
        owner,
        work=made["private_dataset"].work,
        kind=RecallKind.WITHDRAWN,
        reason=f"The {SECRET} is not where it says.",
        recalled_at=world.at - DAY,
    )
    made["proposed_shares"] = propose_shares(
        owner,
        work=made["dataset"].work,
        basis_points={party_of_user(owner): 9000, party_of_user(buyer): 1000},
        proposed_at=world.at - DAY,
    )


def _move_money(world: World) -> None:
    """Pay for one more order, give back of it, have the rest disputed; pay an owner."""
    staff, made = world["staff"], world.made
    order = made["settled_order"] = _ordered(world, made["private_offer"])
    confirm_transfer(
        staff,
        order=order,
        bank_reference=f"RF19 {SECRET}",
        amount_minor=order.total_minor,
        received_on=(world.at - 2 * DAY).date(),
        confirmed_at=world.at - DAY,
    )
    made["refund"] = refund(
        staff,
        order=order,
        amount_minor=1_00,
        reason=f"It was no {SECRET}.",
        revokes=False,
        key="walked",
        at=world.at - DAY,
    )
    made["dispute"] = open_dispute(
        staff,
        order=order,
        key=bank_case("case 1"),
        amount_minor=1_00,
        reason=f"Never saw a {SECRET}.",
        at=world.at - DAY,
    )
    made["payout"] = record_payout(
        staff,
        party=party_of_user(world["partner"]),
        amount=Amount(1_00, "EUR"),
        bank_reference=f"OUT {SECRET}",
        paid_at=world.at,
        hold=0 * DAY,
    )


def _subscribed(order: Order) -> Subscription:
    line = order.lines.get()
    return Subscription.objects.create(
        offer_id=line.offer_version.offer_id,
        holder=order.holder,
        buyer=order.buyer,
        first_line=line,
        started_at=order.placed_at,
        paid_until=order.placed_at + 365 * DAY,
    )


def _stated(world: World, name: str, party: Party) -> Contribution:
    return record_contribution(
        world["owner"],
        work=world[name].work,
        party=party,
        role=ContributionRole.COLLECTED,
        recorded_at=world.at - 5 * DAY,
        evidence=f"The field book of {name}.",
    )


def _offer(
    world: World,
    code: str,
    price_minor: int,
    licence_id: str = "LicenseRef-Stoa-Commercial-1.0",
    *,
    is_agreed: bool = True,
    private_to: PrivateTo | None = None,
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
        private_to=private_to,
    )
    if not is_agreed:
        return offer
    return accept_offer(world["partner"], offer=offer, accepted_at=world.at - 4 * DAY)


def _declared(world: World, title: str) -> TermsVersion:
    return declare_terms(
        world["owner"],
        owner=party_of_user(world["owner"]),
        title=title,
        permits_redistribution=False,
        permits_derivatives=True,
        permits_commercial_use=True,
        training=TrainingRule.PUBLISHED,
        results_are=ResultsRule.TAKER,
        asks_credit=True,
        is_revocable=False,
        seats=10,
        declared_at=world.at - 4 * DAY,
    )


def _ordered(world: World, offer: Offer) -> Order:
    accept_terms(world["buyer"], offer=offer, accepted_at=world.at - 3 * DAY)
    return place_order(
        world["buyer"],
        offers=[offer],
        placed_at=world.at - 3 * DAY,
        fee_bps=500,
        pay_within=14 * DAY,
    )
