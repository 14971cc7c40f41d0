from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from licensing import services as rights
from licensing.queries import access_to, works_open_to
from marketplace.catalog import services
from marketplace.catalog.downloads import release_file, require_access
from marketplace.catalog.models import CounterNotice, Report
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.queries import TakenDown, find_repository, takeable_by
from marketplace.catalog.queries.moderation import find_takedown
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def staff():
    return UserFactory(is_staff=True)


@pytest.fixture
def birds():
    made = RepositoryFactory(name="birds", public=True)
    commit(made, {"README.md": "# Birds", "rows.csv": "id\n1\n"})
    made.refresh_from_db()
    return made


def report(birds, user=None, **changes):
    facts = {"ground": "RIGHTS", "statement": "They are mine", "filed_at": NOON}
    return services.file_report(
        user or UserFactory(), repository=birds, **{**facts, **changes}
    )


def take_down(staff, birds, **changes):
    facts = {"ground": "RIGHTS", "reason": "Another's photographs"}
    takedown = services.take_down(
        staff, repository=birds, taken_down_at=NOON, **{**facts, **changes}
    )
    birds.refresh_from_db()
    return takedown


def test_one_report_of_each_waits_until_it_is_decided(birds, staff):
    user = UserFactory()
    first = report(birds, user)
    with pytest.raises(services.ReportedAlready):
        report(birds, user, ground="MALWARE")

    services.dismiss_report(
        staff, report=first, decision="They are not", decided_at=NOON
    )
    first.refresh_from_db()
    assert (first.state, first.decision) == ("DISMISSED", "They are not")
    with pytest.raises(services.ReportClosed):
        take_down(staff, birds, report=first)
    birds.refresh_from_db()
    assert birds.taken_down_at is None
    report(birds, user)
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ground": "DULL"}, "ground"),
        ({"statement": " "}, "statement"),
        ({"statement": "x" * 10_001}, "statement"),
    ],
)
def test_a_report_that_cannot_be_is_refused_by_field(birds, changes, field):
    with pytest.raises(Malformed, match=f"^{field}:"):
        report(birds, **changes)
    assert not Report.objects.exists()


def test_what_one_does_not_see_one_does_not_report():
    with pytest.raises(Http404):
        report(RepositoryFactory())


def test_operators_alone_decide(birds):
    owner, filed = birds.created_by, report(birds)
    with pytest.raises(PermissionDenied):
        take_down(owner, birds)
    with pytest.raises(PermissionDenied):
        services.dismiss_report(owner, report=filed, decision="No", decided_at=NOON)


def test_what_is_taken_down_nobody_sees_or_takes_by_any_way(birds, staff, client, api):
    owner = birds.created_by
    filed = report(birds)
    oid = birds.commits.get().oid
    at = f"{owner.username}/birds"
    assert takeable_by(owner).filter(pk=birds.pk).exists()

    take_down(staff, birds, report=filed)

    filed.refresh_from_db()
    assert filed.state == "UPHELD"
    for user in (owner, UserFactory(), staff):
        client.force_login(user)
        page = client.get(f"/datasets/{at}")
        assert page.status_code == 410
        assert "photographs" in page.content.decode()
        for path in (
            f"/datasets/{at}/raw/main/rows.csv",
            f"/datasets/{at}/tree/main",
            f"/datasets/{at}/discussions",
            f"/datasets/{at}/settings",
        ):
            assert client.get(path).status_code == 410, path
        told = api(user).get(f"/api/v1/datasets/{at}/files/rows.csv")
        assert (told.status_code, told.json()["code"]) == (410, "taken_down")
        assert told.json()["reason"] == "Another's photographs"
        assert not takeable_by(user).filter(pk=birds.pk).exists()
        with pytest.raises(TakenDown):
            release_file(user, repository=birds, path="rows.csv", at=NOON)
        with pytest.raises(TakenDown):
            require_access(user, repository=birds, at=NOON)
        for revision in ("main", oid):
            told = client.get(f"/datasets/{at}/resolve/{revision}/rows.csv")
            assert told.status_code == 410
            assert "photographs" in told["X-Error-Message"]
    assert api(None).get(f"/api/datasets/{at}").status_code == 410
    assert api(None).get("/api/v1/datasets").json()["results"] == []
    assert not access_to(birds.work, user=owner, at=NOON).allowed
    assert birds.work not in works_open_to(owner)


def test_nobody_learns_of_a_hidden_thing_by_its_takedown(staff, client):
    hidden = RepositoryFactory(name="nests")
    reader = UserFactory()
    services.share(
        hidden.created_by,
        repository=hidden,
        user=reader,
        role=ShareRole.VIEWER,
        shared_at=NOON,
    )
    takedown = take_down(staff, hidden)
    path = hidden.get_absolute_url()

    assert client.get(path).status_code == 404
    assert client.get(f"/takedowns/{takedown.pk}").status_code == 404
    client.force_login(reader)
    assert client.get(path).status_code == 410
    with pytest.raises(Http404):
        find_takedown(UserFactory(), takedown.pk)


def test_what_is_taken_down_is_not_changed_nor_sold(birds, staff):
    owner = birds.created_by
    offer = make_offer(birds.work, decision="From now on")
    take_down(staff, birds)

    with pytest.raises(TakenDown):
        services.set_archived(owner, repository=birds, archived=True, at=NOON)
    with pytest.raises(TakenDown):
        commit(birds, {"more.csv": "id\n"})
    rights.accept_terms(owner, offer=offer, accepted_at=NOON)
    with pytest.raises(rights.OfferWithdrawn):
        rights.place_order(
            owner, offers=[offer], placed_at=NOON, fee_bps=0, pay_within=HOUR
        )


def test_an_owner_objects_the_operator_answers_and_puts_it_back(birds, staff):
    owner = birds.created_by
    takedown = take_down(staff, birds)
    with pytest.raises(PermissionDenied):
        services.file_counter_notice(
            UserFactory(), takedown=takedown, statement="No", filed_at=NOON
        )
    notice = services.file_counter_notice(
        owner, takedown=takedown, statement="I took them", filed_at=NOON
    )
    with pytest.raises(services.NoticeWaits):
        services.file_counter_notice(
            owner, takedown=takedown, statement="I did", filed_at=NOON
        )
    services.reject_counter_notice(
        staff, notice=notice, answer="Show us", answered_at=NOON
    )
    services.file_counter_notice(
        owner, takedown=takedown, statement="Here is the film", filed_at=NOON
    )
    with pytest.raises(PermissionDenied):
        services.reinstate(owner, takedown=takedown, reason="Yes", reinstated_at=NOON)

    services.reinstate(
        staff, takedown=takedown, reason="It is theirs", reinstated_at=NOON + HOUR
    )

    at = {"kind": "DATASET", "namespace": owner.username, "name": "birds"}
    assert find_repository(UserFactory(), **at) == birds
    assert release_file(
        owner, repository=find_repository(owner, **at), path="rows.csv", at=NOON
    )
    states = CounterNotice.objects.order_by("filed_at", "state").values_list("state")
    assert sorted(states) == [("REJECTED",), ("UPHELD",)]
    birds.work.refresh_from_db()
    assert (birds.work.is_listed, birds.work.is_withheld) == (True, False)
    with pytest.raises(services.NotTakenDown):
        services.reinstate(staff, takedown=takedown, reason="Again", reinstated_at=NOON)
    acts = set(AuditRecord.objects.values_list("act", flat=True))
    assert {
        "take_down",
        "file_counter_notice",
        "reject_counter_notice",
        "reinstate",
    } <= acts


def test_two_operators_at_the_same_report_make_one_takedown(birds, staff):
    first = take_down(staff, birds)

    assert take_down(UserFactory(is_staff=True), birds) == first


def test_a_takedown_ends_neither_by_deleting_nor_by_restoring(birds, staff):
    owner = birds.created_by
    services.delete_repository(owner, repository=birds, deleted_at=NOON)
    take_down(staff, birds)

    services.restore_repository(owner, repository=birds, restored_at=NOON)

    birds.work.refresh_from_db()
    assert (birds.work.is_listed, birds.work.is_withheld) == (False, True)
    with pytest.raises(TakenDown):
        find_repository(owner, kind="DATASET", namespace=owner.username, name="birds")


STRANGER = {
    "ground": "PERSONAL_DATA",
    "statement": "My address is in it",
    "name": "Eleni",
    "email": "eleni@example.org",
}


def test_somebody_without_an_account_reports_by_a_form_and_not_without_end(
    birds, client
):
    path = f"{birds.get_absolute_url()}/report"
    assert "Your name" in client.get(path).content.decode()
    refused = client.post(path, {**STRANGER, "email": "nowhere"})
    assert "valid email" in refused.content.decode()
    for _ in range(5):
        assert client.post(path, STRANGER).status_code == 302

    answer = client.post(path, STRANGER)

    assert "within the hour" in answer.content.decode()
    assert Report.objects.count() == 5
    filed = Report.objects.first()
    assert (filed.reporter, filed.email) == (None, "eleni@example.org")
    assert "127.0.0.1" not in filed.sender
    elsewhere = client.post(path, STRANGER, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 302


def test_operators_decide_on_pages(birds, staff, client):
    filed = report(birds)
    client.force_login(staff)
    assert str(filed.pk) in client.get("/operator/reports").content.decode()
    path = f"/operator/reports/{filed.pk}"
    assert "They are mine" in client.get(path).content.decode()
    assert "required" in client.post(path, {"outcome": "TAKE_DOWN"}).content.decode()
    said = {"outcome": "TAKE_DOWN", "ground": "RIGHTS", "reason": "Theirs"}
    assert client.post(path, said).status_code == 302
    birds.refresh_from_db()
    takedown = birds.takedowns.get()

    client.force_login(birds.created_by)
    assert "taken down" in client.get("/dashboard").content.decode()
    grave = client.get(f"/takedowns/{takedown.pk}")
    assert "Object" in grave.content.decode()
    client.post(f"/takedowns/{takedown.pk}", {"statement": "I took them"})

    client.force_login(staff)
    assert "I took them" in client.get("/operator/reports").content.decode()
    path = f"/operator/takedowns/{takedown.pk}"
    client.post(path, {"outcome": "KEEP", "reason": "Show us"})
    assert "Show us" in client.get(path).content.decode()
    client.post(path, {"outcome": "REINSTATE", "reason": "Shown"})
    assert client.get(birds.get_absolute_url()).status_code == 200
    assert "was put back" in client.get(f"/takedowns/{takedown.pk}").content.decode()


def test_programs_report_decide_and_object(birds, staff, api):
    user, owner = UserFactory(), birds.created_by
    sent = {"ground": "ILLEGAL", "statement": "Against the law"}
    filed = api(user).post(f"/api/v1{birds.get_absolute_url()}/reports", sent)
    assert filed.status_code == 201
    at = f"/api/v1/reports/{filed.json()['id']}"
    assert api(user).get(at).json()["state"] == "OPEN"
    assert api(owner).get(at).status_code == 404  # who reported is not for its owner
    listed = api(staff).get("/api/v1/reports?state=OPEN").json()["results"]
    assert [row["repository"] for row in listed] == [str(birds)]
    assert api(staff).get("/api/v1/reports?state=SHUT").status_code == 400

    told = api(staff).post(f"{at}/decide", {"outcome": "TAKE_DOWN", "reason": "Yes"})
    assert told.json()["state"] == "UPHELD"
    again = api(staff).post(f"{at}/decide", {"outcome": "DISMISS", "reason": "No"})
    assert (again.status_code, again.json()["code"]) == (409, "report_closed")

    at = f"/api/v1/takedowns/{birds.takedowns.get().pk}"
    objected = api(owner).post(f"{at}/counter-notice", {"statement": "It is allowed"})
    assert objected.status_code == 201
    assert len(api(owner).get(at).json()["notices"]) == 1
    assert api(user).get(at).json()["notices"] == []
    back = api(staff).post(
        f"{at}/decide", {"outcome": "REINSTATE", "reason": "So it is"}
    )
    assert back.json()["lifted_at"] is not None
    late = api(staff).post(f"{at}/decide", {"outcome": "KEEP", "reason": "No"})
    assert (late.status_code, late.json()["code"]) == (409, "notice_closed")


@pytest.mark.parametrize("size", [1, 4])
def test_the_queue_takes_as_many_queries_for_one_as_for_many(
    staff, client, django_assert_num_queries, size
):
    for _ in range(size):
        report(RepositoryFactory(public=True))
    client.force_login(staff)

    with django_assert_num_queries(4):  # session, user, reports, notices
        client.get("/operator/reports")
