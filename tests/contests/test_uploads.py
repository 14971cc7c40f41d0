"""Commits of a team become submissions: once each, by the same rules, in private."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from marketplace.accounts.models import Notice
from marketplace.catalog.models import Download, Kind, Visibility
from marketplace.catalog.permissions import ShareRole, may_see
from marketplace.catalog.services import set_visibility, share
from marketplace.kit.errors import Malformed
from marketplace.storage.queries import current_store
from marketplace.storage.services import collect_unneeded
from tests.contests.asking import signed_in
from tests.contests.teaming import merge, together
from tests.contests.uploading import became, take, upload, use
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.training import ContestFactory, enter, predictions
from training.contests import services
from training.contests.models import (
    Contest,
    Format,
    Submission,
    SubmissionRepository,
)
from training.contests.queries import quota_of
from training.contests.services.repositories import NoSuchSource, RepositoryRefused

pytestmark = pytest.mark.django_db
HEADLESS = b"\x02\x00\x00\x00\x00\x00\x00\x00{}"


@pytest.fixture
def contest():
    return ContestFactory(max_team_size=3, formats=tuple(Format), daily_limit=3)


def test_a_commit_is_handed_in_once_and_by_the_rules_of_every_other_way(
    contest, django_assert_num_queries
):
    entrant = enter(contest)
    source = use(entrant)
    assert source.repository.visibility == Visibility.PRIVATE
    assert (
        str(source.repository) == f"{entrant.user.username}/{contest.slug}-submissions"
    )
    upload(source, {"README.md": "# Ours\n"})
    first = upload(source, {"out/predictions.csv": predictions(wrong=1)})
    header = upload(source, {"b.csv": "id,cat\nr1,1\n"})
    none = upload(source, {"notes.txt": "what"})
    two = upload(source, {"c.csv": predictions(), "d.onnx": b"2", "LICENSE": "MIT"})
    off = upload(source, {"model.pt2": b"PK\x03\x04"})

    assert take() == 5
    with django_assert_num_queries(1):
        assert take() == 0

    handed = became(first)
    assert handed.submitted_at == first.committed_at
    assert (handed.filename, handed.note) == ("predictions.csv", "Try it")
    assert handed.attempts.get().run.status == "QUEUED"
    assert [became(each) for each in (header, none, two, off)] == [
        "wrong_header",
        "nothing_to_hand_in",
        "several_files",
        "format_switched_off",
    ]
    quota = quota_of(entrant, contest, at=timezone.now())
    assert quota.used == 1  # what is refused before does not count
    told = Notice.objects.filter(person=entrant.user, subject__contains="not handed in")
    assert told.count() == 4
    assert "several" not in told.first().text


def test_quota_and_deadline_are_those_of_the_moment_of_the_commit(contest):
    source = use(enter(contest))
    made = [upload(source, {f"{n}.csv": predictions(wrong=n)}) for n in range(4)]
    late = timezone.now() + timedelta(seconds=5)
    over = upload(source, {"late.csv": predictions(wrong=9)}, at=late)
    Contest.objects.filter(pk=contest.pk).update(ends_at=late - timedelta(seconds=1))

    take()

    assert [bool(became(each)) and became(each) for each in made][3:] == ["quota_used"]
    assert became(over) == "contest_closed"
    assert Submission.objects.count() == 3


def test_only_the_team_reads_and_commits_to_what_it_uploads_to(contest):
    entrant = enter(contest)
    source = use(entrant)
    mate, stranger, other = enter(contest).user, UserFactory(), enter(contest)

    team = together(entrant, mate)

    assert may_see(mate, source.repository)
    assert not may_see(stranger, source.repository)
    assert not may_see(other.user, source.repository)
    by_mate = upload(source, {"a.csv": predictions()}, actor=mate)
    services.leave_team(mate, contest=contest, at=timezone.now())
    assert not may_see(mate, source.repository)
    take()
    assert became(by_mate) == "not_of_the_team"  # they had left when it was taken

    merged = merge(team, other)
    theirs = use(merged, user=other.user)
    upload(theirs, {"b.csv": predictions()}, actor=merged.user)
    share(
        source.made_by,
        repository=source.repository,
        user=stranger,
        role=ShareRole.VIEWER,
        shared_at=timezone.now(),
    )
    leaky = upload(source, {"c.csv": predictions()})
    take()
    assert Submission.objects.get().entrant == merged
    assert became(leaky) == "repository_refused"


def test_a_repository_of_ones_own_can_be_named_while_nobody_else_reads_it(contest):
    entrant, other = enter(contest), enter(contest)
    mine = RepositoryFactory(owner=entrant.user, kind=Kind.DATASET)
    commit(mine, {"old.csv": predictions()})
    open_one = RepositoryFactory(owner=entrant.user, kind=Kind.MODEL, public=True)

    source = use(entrant, f"datasets/{mine}")
    with pytest.raises(RepositoryRefused, match="public"):
        use(entrant, str(open_one))
    with pytest.raises(Malformed, match="no dataset"):
        use(other, f"datasets/{mine}")
    share(
        entrant.user,
        repository=mine,
        user=other.user,
        role=ShareRole.EDITOR,
        shared_at=timezone.now(),
    )
    with pytest.raises(PermissionDenied):
        use(other, f"datasets/{mine}")

    assert take() == 0  # what was there before is not handed in
    set_visibility(
        entrant.user,
        repository=mine,
        visibility=Visibility.PUBLIC,
        changed_at=timezone.now(),
    )
    seen_by_all = upload(source, {"new.csv": predictions()})
    take()
    assert became(seen_by_all) == "repository_refused"

    with pytest.raises(NoSuchSource):
        services.give_up_repository(
            other.user, contest=contest, source_id=source.pk, at=timezone.now()
        )
    services.give_up_repository(
        entrant.user, contest=contest, source_id=source.pk, at=timezone.now()
    )
    upload(source, {"more.csv": predictions()})
    assert take() == 0
    assert SubmissionRepository.objects.get().ended_at is not None


def test_page_and_api_tell_what_became_of_each_commit(contest, client):
    entrant = enter(contest)
    client.force_login(entrant.user)
    page, api = (
        f"/contests/{contest.slug}/uploads",
        f"/api/v1/contests/{contest.slug}",
    )

    made = client.post(page, {"repository": ""}, follow=True)
    assert "is handed in now" in made.text
    source = SubmissionRepository.objects.get()
    good = upload(source, {"a.csv": predictions()})
    bad = upload(source, {"b.txt": "no"})
    take()

    shown = client.get(page).text
    assert str(became(good).pk) in shown
    assert "“b.txt” cannot be handed in." in shown
    rows = client.get(f"{api}/uploads").json()["results"]
    assert [(row["commit"], row["code"]) for row in rows] == [
        (bad.oid, "nothing_to_hand_in"),
        (good.oid, ""),
    ]
    listed = client.get(f"{api}/repositories").json()["results"]
    assert [each["repository"] for each in listed] == [str(source.repository)]
    refused = client.post(page, {"repository": "no/where"})
    assert "here is no model" in refused.text
    over = client.post(f"{page}/{source.pk}/give-up", follow=True)
    assert "Nothing more is handed in" in over.text


def test_a_file_of_the_catalogue_is_handed_in_by_who_may_take_it(contest, client):
    entrant = enter(contest)
    client.force_login(entrant.user)
    mine = RepositoryFactory(owner=entrant.user, kind=Kind.MODEL)
    theirs = RepositoryFactory(kind=Kind.MODEL)
    first = commit(mine, {"model.onnx": b"one", "nameless.safetensors": HEADLESS})
    commit(mine, {"model.onnx": b"two"})
    commit(theirs, {"model.onnx": b"three"})
    path = f"/api/v1/contests/{contest.slug}/submissions"

    def ask(**said):
        return client.post(path, {"format": "ONNX", **said})

    made = ask(catalogued=f"{mine}@{first.oid}:model.onnx").json()
    handed = Submission.objects.get(pk=made["id"])
    assert (handed.blob.size_bytes, handed.filename) == (3, "model.onnx")
    assert handed.note == f"{mine}@{first.oid[:10]}"
    page = client.post(
        f"/contests/{contest.slug}/submit",
        {"format": "ONNX", "catalogued": f"{mine}:model.onnx"},
    )
    assert page.status_code == 302

    for said, code in [
        ({"catalogued": f"{theirs}:model.onnx"}, "invalid"),
        ({"catalogued": f"{mine}:other.onnx"}, "file_not_found"),
        ({"catalogued": "model.onnx"}, "invalid"),
        ({}, "invalid"),
        ({"format": "PT2", "catalogued": f"{mine}:model.onnx"}, "format_switched_off"),
        ({"format": "SKOPS", "catalogued": f"{mine}:model.onnx"}, "invalid"),
        (
            {"format": "SAFETENSORS", "catalogued": f"{mine}:nameless.safetensors"},
            "invalid",
        ),
    ]:
        told = ask(**said).json()
        assert told["code"] == code, told
    assert "names none where" in told["detail"]
    assert Submission.objects.count() == 2


@pytest.mark.usefixtures("own_store")
def test_what_is_refused_was_not_taken_and_leaves_no_bytes(contest, client):
    entrant = enter(contest)
    client.force_login(entrant.user)
    theirs = RepositoryFactory(kind=Kind.MODEL, public=True)
    commit(theirs, {"model.onnx": b"one", "a.csv": predictions(wrong=3)})
    at = f"/api/v1/contests/{contest.slug}/submissions"
    page = f"/contests/{contest.slug}/submit"
    Contest.objects.filter(pk=contest.pk).update(daily_limit=1)
    wrong = {"format": "SKOPS", "catalogued": f"{theirs}:model.onnx"}

    assert client.post(at, wrong).json()["code"] == "invalid"
    assert "no skops file" in client.post(page, wrong).text
    assert not Download.objects.exists()
    good = {"format": "PREDICTIONS", "catalogued": f"{theirs}:a.csv"}
    assert client.post(at, good).status_code == 201
    assert Download.objects.count() == 1
    assert client.post(at, good).json()["code"] == "quota_used"
    assert Download.objects.count() == 1

    keyed = {"headers": {"Idempotency-Key": "one"}}
    for number, (address, how) in enumerate([(at, {}), (at, keyed), (page, {})]):
        table = SimpleUploadedFile("p.csv", predictions(wrong=10 + number))
        sent = {"format": "PREDICTIONS", "file": table}
        answer = client.post(address, sent, **how)
        assert "You have used your 1 submissions of today" in answer.text
    refused = [predictions(wrong=10 + number) for number in range(3)]
    digests = {sha256(each).hexdigest() for each in refused}
    stored = current_store().stored
    assert digests <= {digest for digest, _ in stored()}
    for day in (2, 4):
        collect_unneeded(now=timezone.now() + timedelta(days=day))
    assert not digests & {digest for digest, _ in stored()}
    assert Submission.objects.get().blob_id in {digest for digest, _ in stored()}


def test_formats_that_the_operator_switched_off_are_offered_nowhere(client, settings):
    models = (Format.PREDICTIONS, Format.PT2, Format.TORCHSCRIPT, Format.ONNX)
    contest = ContestFactory(formats=models)
    alone = ContestFactory(formats=[Format.PT2])
    client.force_login(enter(contest).user)
    enter(alone, contest.entrants.get().user)
    at, page = f"/api/v1/contests/{contest.slug}", f"/contests/{contest.slug}"

    def told():
        listed = client.get("/api/v1/contests").json()["results"]
        [listed] = [each for each in listed if each["slug"] == contest.slug]
        pages = [client.get(f"{page}{each}").text for each in ("", "/submit")]
        said = [str(Format.TORCHSCRIPT.label) in text for text in pages]
        by_upload = "<code>.pt2</code>" in client.get(f"{page}/uploads").text
        document = client.get(f"{at}/croissant").text
        formats = client.get(at).json()["formats"]
        assert listed["formats"] == formats
        return formats, [*said, by_upload, str(Format.TORCHSCRIPT.label) in document]

    assert told() == (["PREDICTIONS", "ONNX"], [False] * 4)
    nothing = f"/contests/{alone.slug}"
    assert "takes no files of its formats" in client.get(nothing).text
    assert client.get(f"{nothing}/submit").status_code == 200
    host = signed_in(contest.host)
    sent = {"name": "B", "format": "PT2", "file": SimpleUploadedFile("m.pt2", b"PK")}
    answer = host.post(f"{at}/baselines", sent)
    assert answer.json()["code"] == "format_switched_off"

    settings.STOA = settings.STOA.model_copy(update={"run_torch_programs": True})
    assert told() == ([str(each) for each in models], [True] * 4)
