import pytest
from django.core.exceptions import PermissionDenied

from licensing import services
from licensing.facts import COMMERCIAL
from licensing.lineage import ancestors_of, judge, sources_of
from licensing.models import Derivation, Licence, Relation, Work
from licensing.services.licences import canonical_id
from licensing.terms import NOBODY, Outlet, Stance
from marketplace.accounts.models import Role
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import (
    NOON,
    descendants,
    make_offer,
    make_order,
    make_work,
    pay,
    share,
)

pytestmark = pytest.mark.django_db


def derive(work, source, relation=Relation.ADAPT, changes="Features computed"):
    return services.record_derivation(
        work.owner.user,
        work=work,
        source=source,
        relation=relation,
        changes=changes,
        recorded_at=NOON,
    )


def test_a_namespace_has_one_party_and_a_person_the_same():
    user = UserFactory()

    assert services.party_of(user.namespace) == services.party_of_user(user)


def test_a_work_starts_with_its_owner_holding_all_of_it():
    work = make_work(licence_id="cc-by-4.0")

    (share_set,) = work.share_sets.all()
    assert work.licence_id == "CC-BY-4.0"
    assert share_set.active_from == NOON
    assert [(s.party, s.basis_points) for s in share_set.shares.all()] == [
        (work.owner, 10_000)
    ]
    assert AuditRecord.objects.filter(act="register_work", target_id=work.pk).exists()


def test_strangers_and_readers_do_not_register_works_for_others():
    organisation = OrganisationFactory()
    party = services.party_of(organisation.namespace)
    reader = MembershipFactory(organisation=organisation, role=Role.READER).user
    writer = MembershipFactory(organisation=organisation, role=Role.WRITER).user
    facts = {"title": "Ours", "owner": party, "licence_id": "", "registered_at": NOON}

    for refused in (UserFactory(), reader):
        with pytest.raises(PermissionDenied):
            services.register_work(refused, **facts)
    assert not Work.objects.exists()
    assert services.register_work(writer, **facts).owner == party


def test_makers_without_an_account_are_described():
    actor = UserFactory()
    with pytest.raises(Malformed, match="description"):
        services.describe_party(actor, name="A", description=" ", described_at=NOON)

    party = services.describe_party(
        actor, name="UCI", description="Donors of the archive", described_at=NOON
    )
    work = services.register_work(
        actor, title="Wine", owner=party, licence_id="CC-BY-4.0", registered_at=NOON
    )

    assert work.owner.is_described
    assert not work.share_sets.exists()


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        (" cc-by-4.0 ", "CC-BY-4.0"),
        ("openmdw-1.0", "OpenMDW-1.0"),
        ("licenseref-stoa-commercial-1.0", COMMERCIAL),
        ("GPL-3.0-only", "GPL-3.0-only"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("odc-by", "ODC-By-1.0"),
        ("c-uda", "C-UDA-1.0"),
    ],
)
def test_licences_are_known_by_their_spdx_id(given, known):
    assert canonical_id(given) == known


@pytest.mark.parametrize(
    "given",
    ["cc-by-9", "MIT AND Apache-2.0", "MIT OR", "\0", "(((", "a" * 5000, "no licence"],
)
def test_what_is_not_one_spdx_licence_is_refused_and_names_the_field(given):
    with pytest.raises(services.UnknownLicence, match=r"^licence: "):
        services.licence_row(given)
    assert not Licence.objects.exists()


def test_a_licence_brings_its_text_by_digest():
    licence = services.licence_row("CC-BY-NC-4.0")

    assert "NonCommercial" in licence.text.body
    assert services.licence_row("cc-by-nc-4.0") == licence


def test_a_work_may_carry_a_licence_we_hold_no_facts_on():
    work = make_work(licence_id="GPL-3.0-only")

    assert work.licence.url.startswith("https://spdx.org/")
    derived = make_work()
    with pytest.raises(services.LicenceConflict):
        services.set_licence(
            derived.owner.user, work=_derived(derived, work), licence_id="MIT", at=NOON
        )


def _derived(work, source):
    derive(work, source)
    return work


def test_the_licence_is_changed_by_writers_of_the_owner_alone():
    work = make_work(licence_id="CC-BY-4.0")

    with pytest.raises(PermissionDenied):
        services.set_licence(UserFactory(), work=work, licence_id="CC0-1.0", at=NOON)
    work.refresh_from_db()
    assert work.licence_id == "CC-BY-4.0"

    services.set_licence(work.owner.user, work=work, licence_id="", at=NOON)
    work.refresh_from_db()
    assert work.licence_id is None


def test_a_co_owned_work_is_not_given_away_by_one_of_its_owners():
    work, other = make_work(), UserFactory()
    share(work, {work.owner.user: 7000, other: 3000})

    with pytest.raises(services.ConsentMissing, match=other.username):
        services.set_licence(work.owner.user, work=work, licence_id="MIT", at=NOON)
    work.refresh_from_db()
    assert work.licence_id is None


def test_lineage_is_recorded_with_what_was_changed():
    source, work = make_work(licence_id="CC-BY-4.0"), make_work()

    first = derive(work, source)
    again = derive(work, source)

    assert first == again
    assert Derivation.objects.count() == 1
    assert ancestors_of(work) == {work.pk, source.pk}
    assert list(work.sources.all()) == [source]
    assert AuditRecord.objects.filter(act="record_derivation").count() == 1


def test_lineage_is_told_by_writers_of_the_work_alone():
    source, work = make_work(), make_work()

    with pytest.raises(PermissionDenied):
        services.record_derivation(
            source.owner.user,
            work=work,
            source=source,
            relation="ADAPT",
            changes="x",
            recorded_at=NOON,
        )
    assert not Derivation.objects.exists()


@pytest.mark.parametrize(
    ("relation", "changes", "field"),
    [("STOLEN", "x", "relation"), ("ADAPT", " ", "changes")],
)
def test_lineage_names_what_is_missing(relation, changes, field):
    with pytest.raises(Malformed, match=f"^{field}: "):
        derive(make_work(), make_work(), relation, changes)


def test_lineage_has_no_cycles():
    first, second, third = make_work(), make_work(), make_work()
    derive(second, first)
    derive(third, second)

    for work, source in [(first, third), (first, first), (second, third)]:
        with pytest.raises(services.LineageRefused):
            derive(work, source)
    assert Derivation.objects.count() == 2


def test_a_source_that_forbids_the_works_licence_is_named_with_its_clause():
    source, work = make_work(licence_id="CC-BY-SA-4.0"), make_work(licence_id="MIT")

    with pytest.raises(
        services.LicenceConflict, match=r"CC-BY-SA-4\.0 \(s\.3\(b\)\(1\)\)"
    ):
        derive(work, source)


def test_a_source_that_forbids_an_offer_is_refused_too():
    source, work = make_work(licence_id="CC-BY-NC-4.0"), make_work()
    make_offer(work)

    with pytest.raises(services.LicenceConflict, match="commercial"):
        derive(work, source)


def test_sources_speak_through_all_generations():
    origin = make_work(licence_id="CC-BY-SA-4.0")
    owner = UserFactory()
    middle, work = make_work(owner), make_work(owner)
    derive(middle, origin)
    derive(work, middle)

    assert {each.work_id for each in sources_of(work)} == {origin.pk, middle.pk}
    assert judge(work, out=Outlet("MIT")).stance is Stance.DENY
    assert judge(work, out=Outlet("CC-BY-SA-4.0")).stance is Stance.OBLIGATIONS


@pytest.mark.parametrize("ancestors", [1, 40])
def test_the_gate_asks_the_same_however_many_sources(
    ancestors, django_assert_max_num_queries
):
    work = descendants(ancestors, licence_id="CC-BY-4.0")[-1]

    with django_assert_max_num_queries(5):
        assert judge(work, out=Outlet("CC-BY-4.0")).stance is Stance.OBLIGATIONS


def test_one_who_bought_does_not_speak_for_another_who_did_not():
    source, work = make_work(), make_work()
    offer = make_offer(source)
    for buys in (True, False):
        middle = make_work()
        derive(middle, source)
        derive(work, middle, Relation.MERGE)
        if buys:
            pay(make_order(offer, middle.owner.user))

    had = {each.licences for each in sources_of(work) if each.work_id == source.pk}
    assert had == {frozenset({NOBODY}), frozenset({NOBODY, COMMERCIAL})}


def test_one_may_adapt_ones_own_work_under_any_terms():
    owner = UserFactory()
    source, work = make_work(owner, licence_id="CC-BY-ND-4.0"), make_work(owner)
    derive(work, source)

    assert judge(work, out=Outlet(COMMERCIAL, is_sold=True)).stance is Stance.ALLOW


def test_a_co_owner_of_the_source_who_has_no_say_in_the_work_still_protects_it():
    owner, other = UserFactory(), UserFactory()
    source, work = make_work(owner, licence_id="CC-BY-ND-4.0"), make_work(owner)
    share(source, {owner: 5000, other: 5000})
    derive(work, source)

    assert judge(work, out=Outlet(COMMERCIAL)).stance is Stance.DENY


def test_a_model_is_judged_by_what_licences_say_of_results():
    data, model = make_work(licence_id="CDLA-Sharing-1.0"), make_work()
    derive(model, data, Relation.TRAIN)

    assert judge(model, out=Outlet("MIT")).stance is Stance.ALLOW
    assert judge(model, out=Outlet(COMMERCIAL, is_sold=True)).stance is Stance.ALLOW


@pytest.mark.parametrize(
    ("path", "use"),
    [
        (["COPY"], "COPY"),
        (["COPY", "COPY"], "COPY"),
        (["SUBSET", "COPY"], "ADAPT"),
        (["COLLECT", "COPY"], "COLLECT"),
        (["COPY", "COLLECT"], "COLLECT"),
        (["COLLECT", "MERGE"], "ADAPT"),
        (["FINE_TUNE", "COLLECT"], "FINE_TUNE"),
        (["COLLECT", "GENERATE"], "GENERATE"),
        (["COPY", "MERGE"], "ADAPT"),
        (["ADAPT", "TRAIN"], "TRAIN"),
        (["TRAIN", "FINE_TUNE"], "TRAIN"),
        (["FINE_TUNE", "COPY"], "FINE_TUNE"),
        (["FINE_TUNE", "ADAPT"], "FINE_TUNE"),
        (["FINE_TUNE", "GENERATE"], "GENERATE"),
        (["DISTIL", "FINE_TUNE"], "DISTIL"),
        (["GENERATE", "TRAIN"], "GENERATE"),
    ],
    ids="-".join,
)
def test_a_source_is_judged_by_what_was_made_of_it_on_the_way(path, use):
    source = work = make_work()
    for relation in path:
        made = make_work()
        derive(made, work, relation)
        work = made

    assert {each.work_id: each.use for each in sources_of(work)}[source.pk] == use


def test_the_outputs_of_a_model_are_not_an_adaptation_of_it():
    model = make_work(licence_id="OpenMDW-1.0")
    answers, tuned = make_work(), make_work()
    derive(answers, model, Relation.GENERATE)
    derive(tuned, model, Relation.FINE_TUNE)

    assert judge(answers, out=Outlet("MIT")).stance is Stance.ALLOW
    assert judge(tuned, out=Outlet("MIT")).stance is Stance.OBLIGATIONS


@pytest.mark.parametrize(
    ("reading", "stance"), [("neutral", Stance.WARN), ("strict", Stance.DENY)]
)
def test_what_is_not_settled_is_read_as_the_operator_says(settings, reading, stance):
    settings.STOA = settings.STOA.model_copy(update={"licence_reading": reading})
    data, model = make_work(licence_id="CC-BY-SA-4.0"), make_work()
    derive(model, data, Relation.TRAIN)

    assert judge(model, out=Outlet("MIT")).stance is stance


def test_a_copy_is_judged_as_a_copy():
    source, work = make_work(licence_id="CC-BY-ND-4.0"), make_work()
    derive(work, source, Relation.COPY, "")

    assert judge(work, out=Outlet("CC-BY-ND-4.0")).stance is Stance.OBLIGATIONS
    assert judge(work, out=Outlet("CC-BY-4.0")).stance is Stance.DENY


def test_a_source_had_under_a_bought_licence_is_judged_by_that_too():
    source = make_work()
    offer = make_offer(
        source, licence_id="CC-BY-4.0", price_minor=0, code="open", audience="EVERYONE"
    )
    work = make_work()
    derive(work, source)
    assert judge(work, out=Outlet("MIT")).stance is Stance.DENY

    make_order(offer, work.owner.user)

    assert judge(work, out=Outlet("MIT")).stance is Stance.OBLIGATIONS


def test_listing_remembers_when_a_work_was_first_shown():
    work = make_work(is_listed=False)
    assert work.first_listed_at is None

    services.set_listed(work, listed=True, at=NOON)
    services.set_listed(work, listed=False, at=NOON)

    work.refresh_from_db()
    assert (work.is_listed, work.first_listed_at) == (False, NOON)
