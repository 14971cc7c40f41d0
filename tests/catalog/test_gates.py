import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404

from licensing.services import accept_terms, place_order
from marketplace.catalog import services
from marketplace.catalog.downloads import (
    AccessRefused,
    release_file,
    require_access,
)
from marketplace.catalog.gates import (
    BadAnswer,
    FieldKind,
    GateField,
    checked_answers,
    fields_from,
    stored,
)
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    Download,
    Gate,
    Gating,
    Visibility,
)
from marketplace.catalog.queries.contents import takeable_by
from marketplace.catalog.services.access import AccessNotNeeded
from marketplace.kit.errors import Malformed
from tests.catalog.conftest import EVERYONE
from tests.catalog.gating import ANSWERS, CARD, acts, ask, decide, gated, outcome
from tests.catalog.reading import content_of
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import DAY, PAY_WITHIN, make_offer

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


@pytest.fixture
def open_to_see(repository, people):
    """The organisation's dataset, seen by everyone, behind a gate."""
    owner = repository.created_by
    commit(repository, {"a": "1"})
    services.set_visibility(
        owner, repository=repository, visibility=Visibility.PUBLIC, changed_at=NOON
    )
    services.set_gating(
        owner, repository=repository, gating=Gating.MANUAL, changed_at=NOON
    )
    return repository


BEHIND = {"editor", "writer", "owner"}


@pytest.mark.parametrize("who", EVERYONE)
def test_those_who_may_change_it_are_behind_the_gate_and_all_others_before_it(
    open_to_see, people, who
):
    user = people[who] or NOBODY

    assert outcome(user, open_to_see) == ("" if who in BEHIND else "gated")
    assert (open_to_see in takeable_by(user)) == (who in BEHIND)


@pytest.mark.parametrize("who", EVERYONE)
def test_a_private_repository_does_not_say_that_it_has_a_gate(repository, people, who):
    commit(repository, {"a": "1"})
    services.set_gating(
        repository.created_by,
        repository=repository,
        gating=Gating.MANUAL,
        changed_at=NOON,
    )
    wanted = {"viewer": "gated", "reader": "gated"}
    for unseen in ("nobody", "stranger", "staff"):
        wanted[unseen] = "404"

    assert outcome(people[who] or NOBODY, repository) == wanted.get(who, "")


@pytest.mark.parametrize("who", EVERYONE[1:])
@pytest.mark.parametrize("act", ["set_gating", "decide", "grant"])
def test_only_who_manages_it_keeps_the_gate(open_to_see, people, who, act):
    asker = UserFactory()
    ask(asker, open_to_see)

    def do():
        match act:
            case "set_gating":
                services.set_gating(
                    people[who],
                    repository=open_to_see,
                    gating=Gating.OPEN,
                    changed_at=NOON,
                )
            case "decide":
                decide(open_to_see, asker, AccessState.ACCEPTED, actor=people[who])
            case "grant":
                services.grant_access(
                    people[who], repository=open_to_see, user=asker, granted_at=NOON
                )

    if who == "owner":
        do()
        assert outcome(asker, open_to_see) == ""
    else:
        with pytest.raises(PermissionDenied):
            do()
        assert outcome(asker, open_to_see) == "gate_pending"


def test_one_asks_waits_and_is_let_in():
    repository, asker = gated(), UserFactory()

    asked = ask(asker, repository)
    assert (asked.state, asked.decided_at) == (AccessState.PENDING, None)
    assert outcome(asker, repository) == "gate_pending"
    decided = decide(repository, asker, AccessState.ACCEPTED)

    assert outcome(asker, repository) == ""
    assert decided.decided_by == repository.created_by
    assert {"set_gating", "request_access", "decide_access"} <= acts(repository)


def test_an_automatic_gate_opens_to_who_says_what_it_asks():
    repository, asker = gated(Gating.AUTOMATIC, card=CARD), UserFactory()

    with pytest.raises(BadAnswer, match="Company"):
        ask(asker, repository)
    assert outcome(asker, repository) == "gated"
    asked = ask(asker, repository, ANSWERS)

    assert outcome(asker, repository) == ""
    assert (asked.state, asked.decided_by) == (AccessState.ACCEPTED, None)
    assert asked.answers == ANSWERS


def test_who_is_turned_down_for_good_hears_why_and_cannot_ask_again():
    repository, asker = gated(), UserFactory()
    ask(asker, repository)

    decide(
        repository,
        asker,
        AccessState.REJECTED,
        reason="For  schools\nonly.",
        is_final=True,
    )

    with pytest.raises(AccessRefused, match="For schools only"):
        require_access(asker, repository=repository, at=NOON)
    with pytest.raises(services.AlreadyAsked):
        ask(asker, repository)
    with pytest.raises(services.NoSuchRequest):
        services.cancel_request(asker, repository=repository, cancelled_at=NOON)
    assert AccessRequest.objects.get().state == AccessState.REJECTED


def test_access_taken_back_ends_at_once():
    repository, asker = gated(), UserFactory()
    services.grant_access(
        repository.created_by, repository=repository, user=asker, granted_at=NOON
    )
    assert outcome(asker, repository) == ""

    decide(repository, asker, AccessState.PENDING)

    assert outcome(asker, repository) == "gate_pending"
    row = AccessRequest.objects.get()
    assert (row.decided_at, row.decided_by) == (None, None)


def test_who_takes_their_request_back_leaves_no_answers_and_may_ask_again():
    repository, asker = gated(card=CARD), UserFactory()
    ask(asker, repository, ANSWERS)

    services.cancel_request(asker, repository=repository, cancelled_at=NOON)

    assert not AccessRequest.objects.exists()
    assert ask(asker, repository, ANSWERS).state == AccessState.PENDING


def test_asking_twice_is_asking_once():
    repository, asker = gated(), UserFactory()

    first, again = ask(asker, repository), ask(asker, repository, at=NOON + DAY)

    assert first == again
    assert again.asked_at == NOON


def test_who_waited_is_let_in_when_the_gate_opens_by_itself_and_they_ask_again():
    repository, asker = gated(), UserFactory()
    ask(asker, repository)
    services.set_gating(
        repository.created_by,
        repository=repository,
        gating=Gating.AUTOMATIC,
        changed_at=NOON,
    )
    assert outcome(asker, repository) == "gate_pending"

    ask(asker, repository)

    assert outcome(asker, repository) == ""


def test_an_open_repository_asks_nobody_and_requests_count_again_once_it_is_shut():
    repository, asker, other = gated(), UserFactory(), UserFactory()
    services.grant_access(
        repository.created_by, repository=repository, user=asker, granted_at=NOON
    )
    for gating, refused in [(Gating.OPEN, ""), (Gating.MANUAL, "gated")]:
        services.set_gating(
            repository.created_by,
            repository=repository,
            gating=gating,
            changed_at=NOON,
        )
        assert outcome(asker, repository) == ""
        assert outcome(other, repository) == refused


def test_there_is_nothing_to_ask_for_where_there_is_no_gate_or_one_is_behind_it():
    open_one = RepositoryFactory(public=True)
    with pytest.raises(services.NotGated):
        ask(UserFactory(), open_one)
    with pytest.raises(services.NotGated):
        services.grant_access(
            open_one.created_by,
            repository=open_one,
            user=UserFactory(),
            granted_at=NOON,
        )
    repository = gated()
    with pytest.raises(AccessNotNeeded):
        ask(repository.created_by, repository)

    assert not AccessRequest.objects.exists()


def test_what_is_gated_and_paid_takes_both_and_asks_for_access_first():
    repository, buyer = gated(licence_id=""), UserFactory()
    offer = make_offer(repository.work)
    assert outcome(buyer, repository) == "gated"
    services.grant_access(
        repository.created_by, repository=repository, user=buyer, granted_at=NOON
    )
    assert outcome(buyer, repository) == "purchase_required"
    other = UserFactory()
    for each in (buyer, other):
        accept_terms(each, offer=offer, accepted_at=NOON)
    free = make_offer(repository.work, code="free", price_minor=0)
    for each in (buyer, other):
        accept_terms(each, offer=free, accepted_at=NOON)
        place_order(
            each, offers=[free], placed_at=NOON, fee_bps=0, pay_within=PAY_WITHIN
        )

    assert outcome(buyer, repository) == ""
    assert outcome(other, repository) == "gated"


def test_the_newest_card_is_read_by_whoever_sees_it_and_nothing_else_is():
    repository = gated(card="# Old")
    make_offer(repository.work, decision="Ours.")
    old = repository.commits.order_by("-pk").first()
    commit(repository, {"README.md": "# New", "data/README.md": "# New"})

    def taken(path, revision="main"):
        return release_file(
            NOBODY, repository=repository, path=path, revision=revision, at=NOON
        )

    assert content_of(taken("README.md")) == b"# New"
    for path, revision in [
        ("README.md", old),
        ("data/README.md", "main"),
        ("a", "main"),
    ]:
        with pytest.raises(AccessRefused):
            taken(path, revision)
    assert not Download.objects.exists()
    services.set_visibility(
        repository.created_by,
        repository=repository,
        visibility=Visibility.PRIVATE,
        changed_at=NOON,
    )
    with pytest.raises(Http404):
        taken("README.md")


def test_the_card_writes_what_the_gate_says_and_takes_it_away_again():
    repository = gated(card=CARD)
    gate = Gate.objects.get()
    assert gate.heading == "Say who you are"
    assert gate.prompt == "You agree to **count** birds."
    assert gate.button == "I agree"
    fields = fields_from(gate.fields)
    assert fields[3] == GateField("Purpose", FieldKind.SELECT, ("Research", "Other"))
    assert fields_from(stored(fields)) == fields

    commit(repository, {"README.md": "# Birds"})

    gate.refresh_from_db()
    assert (gate.heading, gate.prompt, gate.fields) == ("", "", [])


FIELDS = fields_from(
    [
        {"label": "Why", "kind": "TEXT", "options": []},
        {"label": "Yes", "kind": "CHECKBOX", "options": []},
        {"label": "When", "kind": "DATE", "options": []},
        {"label": "Which", "kind": "SELECT", "options": ["a", "b"]},
        {"label": "Where", "kind": "COUNTRY", "options": []},
    ]
)
GOOD = {"Why": "so", "Yes": "on", "When": "2026-01-31", "Which": "a", "Where": "GR"}


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("Why", ""),
        ("Why", "  "),
        ("Why", "x" * 1001),
        ("Why", "a\0b"),
        ("Why", 3),
        ("Why", ["so"]),
        ("Yes", False),
        ("Yes", "no"),
        ("Yes", None),
        ("Yes", {}),
        ("When", "31/01/2026"),
        ("When", "20260131"),
        ("When", "2026-02-31"),
        ("Which", "c"),
        ("Where", None),
        ("Else", "not asked"),
    ],
)
def test_an_answer_that_will_not_do_is_named(label, answer):
    assert checked_answers(FIELDS, GOOD)["Yes"] is True

    with pytest.raises(BadAnswer, match=f"^{label}: "):
        checked_answers(FIELDS, {**GOOD, label: answer})


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (AccessState.REJECTED, "x" * 501),
        (AccessState.REJECTED, "a\0"),
        (AccessState.ACCEPTED, "Because"),
    ],
)
def test_a_reason_that_cannot_be_given_decides_nothing(state, reason):
    repository, asker = gated(), UserFactory()
    ask(asker, repository)

    with pytest.raises(Malformed, match="reason"):
        decide(repository, asker, state, reason=reason)

    assert AccessRequest.objects.get().state == AccessState.PENDING


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "ELSE"},
        {"state": AccessState.ACCEPTED},
        {"state": AccessState.PENDING, "decided_at": NOON},
        {"reason": "none to give"},
        {"is_final": True},
        {"attempt": 0},
    ],
)
def test_the_database_holds_requests_to_their_rules(wrong):
    repository, asker = gated(), UserFactory()
    ask(asker, repository)

    with pytest.raises(IntegrityError), transaction.atomic():
        AccessRequest.objects.update(**wrong)
