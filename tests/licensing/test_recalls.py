"""A recall reaches all that was made of a work, and whoever made or holds that."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.mail.backends.locmem import EmailBackend

from licensing import services
from licensing.letters import send_letters
from licensing.models import Recall, RecallNotice, Relation
from licensing.queries import flags_on, lineage_of, reached_among
from licensing.tasks import send_letters_about_recalls
from marketplace.accounts.models import Role
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import (
    DAY,
    NOON,
    descendants,
    make_offer,
    make_order,
    make_work,
)
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db
SITE = "https://stoa.example.org"
WHY = "Half of it was copied from a newspaper."


def derive(work, *sources, relation=Relation.ADAPT):
    for source in sources:
        services.record_derivation(
            work.owner.user,
            work=work,
            source=source,
            relation=relation,
            changes="Cleaned",
            recorded_at=NOON,
        )
    return work


def recall(work, actor=None, *, kind="WITHDRAWN", reason=WHY, at=NOON):
    return services.recall_work(
        actor or work.owner.user, work=work, kind=kind, reason=reason, recalled_at=at
    )


def lift(made, actor=None, *, reason="It was theirs."):
    return services.lift_recall(
        actor or made.recalled_by, recall=made, reason=reason, lifted_at=NOON + DAY
    )


def send(at=NOON):
    return send_letters(at=at, base_url=SITE)


def titles(flag):
    return [each and each.title for each in flag.path]


@pytest.fixture
def family():
    """A diamond with a long and a short way, and a model at its foot; and a cousin."""
    made = {
        name: make_work(title=name.title(), licence_id="CC-BY-4.0")
        for name in ("top", "left", "lower", "right", "foot", "model", "cousin")
    }
    derive(made["left"], made["top"])
    derive(made["lower"], made["left"])
    derive(made["right"], made["top"])
    derive(made["foot"], made["lower"], made["right"])
    derive(made["model"], made["foot"], relation=Relation.TRAIN)
    derive(made["cousin"], make_work(licence_id="CC-BY-4.0"))
    return made


def test_all_that_was_made_of_it_is_flagged_once_with_the_shortest_way(
    family, django_assert_num_queries
):
    reader = UserFactory()
    with django_assert_num_queries(1):
        assert not flags_on(family["model"], user=reader)
    made = recall(family["top"])

    with django_assert_num_queries(3):
        (flag,) = flags_on(family["model"], user=reader).shown
    assert (flag.recall, flag.is_named) == (made, True)
    assert titles(flag) == ["Top", "Right", "Foot"]
    (own,) = flags_on(family["top"], user=reader).shown
    assert own.path == []
    assert not flags_on(family["cousin"], user=reader)
    ids = {work.pk: name for name, work in family.items()}
    with django_assert_num_queries(1):
        reached = reached_among(ids)
    assert {ids[pk]: is_recalled for pk, is_recalled in reached.items()} == {
        "top": True,
        **dict.fromkeys(["left", "lower", "right", "foot", "model"], False),
    }

    lift(made)

    assert not flags_on(family["model"], user=reader)
    assert not reached_among(ids)
    made.refresh_from_db()
    assert (made.reason, made.lifting_reason) == (WHY, "It was theirs.")


def test_of_what_one_may_not_know_one_learns_that_it_was_recalled_and_no_more(client):
    hidden, middle = (make_work(is_listed=False, title="Secret") for _ in range(2))
    public, work = make_work(title="Public"), make_work(title="Foot")
    derive(middle, public)
    derive(work, middle, hidden)
    recall(hidden)
    recall(public, at=NOON + DAY)

    seen, unseen = flags_on(work, user=UserFactory()).shown

    assert (seen.is_named, titles(seen)) == (True, ["Public", None])
    assert (unseen.is_named, titles(unseen)) == (False, [None])
    page = read(client.get(f"/works/{work.pk}"))
    assert "A source of this that is not listed was withdrawn" in page
    assert "Public → a work that is not listed → this" in page
    assert "Secret" not in page
    assert client.get(f"/works/{hidden.pk}/recalls").status_code == 404
    _, theirs = flags_on(work, user=hidden.owner.user).shown
    assert (theirs.is_named, titles(theirs)) == (True, ["Secret"])


def test_owners_withdraw_and_dispute_operators_dispute_and_others_do_neither():
    work, staff = make_work(), UserFactory(is_staff=True)
    with pytest.raises(PermissionDenied):
        recall(work, UserFactory())
    with pytest.raises(Malformed, match=r"^kind:"):
        recall(work, staff)
    with pytest.raises(Malformed, match=r"^reason:"):
        recall(work, reason=" ")
    assert not Recall.objects.exists()

    theirs, ours = recall(work, staff, kind="DISPUTED"), recall(work)
    with pytest.raises(services.RecallStands):
        recall(work)
    for made, other in ((theirs, work.owner.user), (ours, staff)):
        with pytest.raises(PermissionDenied):
            lift(made, other)
    assert Recall.objects.filter(lifted_at=None).count() == 2

    lift(ours)
    with pytest.raises(services.RecallClosed):
        lift(ours)
    again = recall(work)

    assert set(Recall.objects.filter(lifted_at=None)) == {theirs, again}
    assert AuditRecord.objects.filter(act="recall_work").count() == 3
    assert AuditRecord.objects.filter(act="lift_recall").count() == 1


@pytest.mark.parametrize("count", [1, 60])
def test_a_recall_takes_as_many_queries_however_much_descends(
    count, django_assert_num_queries
):
    works = descendants(count, licence_id="CC-BY-4.0")

    with django_assert_num_queries(9):
        recall(works[0])

    assert len(reached_among([work.pk for work in works])) == count + 1
    assert RecallNotice.objects.get().user == works[-1].owner.user


def test_who_built_on_it_or_holds_it_is_written_to_once_and_once_when_it_is_lifted(
    mailoutbox, client
):
    first = make_work(title="Songs", licence_id="CC-BY-4.0")
    organisation = OrganisationFactory()
    party = services.party_of(organisation.namespace)
    boss = party.organisation.memberships.get().user
    reader = MembershipFactory(organisation=organisation, role=Role.READER).user
    second = make_work(party, title="Chorus")
    services.record_derivation(
        boss,
        work=second,
        source=first,
        relation="ADAPT",
        changes="Cut",
        recorded_at=NOON,
    )
    order = make_order(make_offer(second, licence_id="CC-BY-4.0", price_minor=0))
    unpaid = make_order(make_offer(second, code="paid", licence_id="CC-BY-4.0"))
    made = recall(first)

    assert (send(), send()) == (2, 0)

    told = {letter.to[0]: letter for letter in mailoutbox}
    assert told.keys() == {boss.email, order.buyer.email}
    assert unpaid.buyer.email not in told
    assert reader.email not in told
    for letter in told.values():
        assert letter.subject == "Songs is withdrawn"
        for words in (WHY, f"Chorus: {SITE}/works/{second.pk}", "cannot be taken back"):
            assert words in letter.body
    assert "1 that you ordered" in told[order.buyer.email].body
    client.force_login(order.buyer)
    assert "Songs</a>\n      was withdrawn" in client.get("/dashboard").content.decode()

    lift(made)
    assert (send(), send()) == (2, 0)

    assert len(mailoutbox) == 4
    assert "It was theirs." in mailoutbox[-1].body
    assert "was withdrawn" not in client.get("/dashboard").content.decode()


def test_what_is_lifted_before_anybody_was_written_to_needs_no_letter(mailoutbox):
    work = derive(make_work(), source := make_work())
    lift(recall(source))

    assert send() == 0
    assert mailoutbox == []
    assert RecallNotice.objects.get().user == work.owner.user


class Deaf(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("nobody listens")


def test_a_mail_server_that_is_away_gets_the_letters_later(mailoutbox, settings):
    derive(make_work(), source := make_work(is_listed=False, title="Secret"))
    recall(source)
    heard, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Deaf"
    with pytest.raises(ConnectionRefusedError):
        send()
    settings.EMAIL_BACKEND = heard

    send_letters_about_recalls()

    (letter,) = mailoutbox
    assert settings.STOA.base_url in letter.body
    assert "Secret" not in letter.subject + letter.body
    assert WHY not in letter.body


def test_what_is_built_on_a_recalled_source_needs_a_persons_reason(family):
    recall(family["top"])
    source = family["foot"]
    free = make_work(licence_id="CC-BY-4.0")

    with pytest.raises(services.DecisionNeeded, match="withdrawn on 2026-01-01"):
        derive(free, source)
    assert not free.derivations.exists()
    services.record_derivation(
        free.owner.user,
        work=free,
        source=source,
        relation="ADAPT",
        changes="Cleaned",
        recorded_at=NOON,
        decision="The copied half is left out.",
    )

    (decision,) = free.decisions.all()
    assert decision.words == "The copied half is left out."
    assert decision.sources == [family["top"].pk]


def test_the_drawing_and_programs_show_it(client, api, family):
    recall(family["top"])
    work = family["foot"]

    page = read(client.get(f"/works/{work.pk}/lineage"))
    told = api().get(f"/api/v1/works/{work.pk}/lineage").json()
    one = api().get(f"/api/v1/works/{work.pk}").json()

    assert page.count("is-reached") == 6
    assert page.count(">Recalled<") == 3  # in its box, and by each of its two lines
    assert page.count(">From a recalled one<") == 4
    marks = {
        each["title"]: (each["is_recalled"], each["is_flagged"])
        for level in told["levels"]
        for each in level
    }
    assert marks["Top"] == (True, True)
    assert marks["Model"] == (False, True)
    assert lineage_of(family["cousin"], user=UserFactory()).reached == {}
    (flag,) = one["flags"]
    assert (flag["work"]["title"], flag["reason"], flag["voice"]) == (
        "Top",
        WHY,
        "OWNER",
    )
    assert [each["title"] for each in flag["path"]] == ["Top", "Right"]
    assert flag["recalled_by"] == family["top"].owner.user.username


def test_a_recall_is_made_read_and_lifted_on_its_page_and_by_programs(
    browser, api, family
):
    work, staff = family["top"], UserFactory(is_staff=True)
    at = f"/works/{work.pk}/recalls"
    assert "Recall it" not in read(browser().get(at))
    owner = browser(work.owner.user)
    assert "Withdrawn" in read(owner.get(at))
    assert "Withdrawn" not in read(browser(staff).get(at))

    assert owner.post(at, {"kind": "WITHDRAWN", "reason": WHY}).url == at
    answer = api(staff).post(
        f"/api/v1{at}", {"kind": "DISPUTED", "reason": "A letter came."}
    )

    assert (answer.status_code, answer.json()["voice"]) == (201, "OPERATOR")
    page = read(browser().get(at))
    for words in (WHY, "A letter came.", "CC-BY-4.0 cannot be taken", "no right to"):
        assert words in page
    mine = Recall.objects.get(voice="OWNER")
    refused = api(staff).post(f"/api/v1{at}/{mine.pk}/lift", {"reason": "No"})
    assert refused.status_code == 403
    owner.post(f"{at}/{mine.pk}/lift", {"reason": "It was theirs."})
    listed = api().get(f"/api/v1{at}").json()["results"]
    assert [(each["voice"], bool(each["lifted_at"])) for each in listed] == [
        ("OPERATOR", False),
        ("OWNER", True),
    ]
