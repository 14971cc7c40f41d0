"""Bundles handed in by page, by API and by command, and what hosts see of programs."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.contests.asking import BASE, signed_in, text_of, url
from tests.contests.importers import bundles
from tests.contests.importers.bundles import SCORING, program, zipped
from tests.contests.test_programs import HANDED_IN, imported, opened_now, scored
from tests.factories.accounts import UserFactory
from tests.factories.training import ContestFactory, enter, hand_in
from training.contests import services
from training.contests.bundle_runs import run_import
from training.contests.models import BundleImport, Contest, Visibility
from training.runs.models import Run, RunStatus
from training.runs.services import request_cancel

pytestmark = pytest.mark.django_db(transaction=True)
TERM = timedelta(seconds=60)
LIST_QUERIES = 5


def uploaded(content=None, name="cats.zip"):
    return SimpleUploadedFile(name, content or bundles.codabench(), "application/zip")


def worked_on(taken):
    run_import(taken.run_id, worker="worker-1", term=TERM, clock=timezone.now)
    return BundleImport.objects.select_related("run").get(pk=taken.pk)


def handed_in(client, host, content=None, slug="cats"):
    answer = client.post(
        "/imports",
        {"namespace": host.namespace.pk, "slug": slug, "file": uploaded(content)},
    )
    assert answer.status_code == 302, text_of(answer)
    return BundleImport.objects.get(), answer.url


def test_a_host_imports_a_bundle_by_page_and_opens_its_drafts():
    host = UserFactory()
    client = signed_in(host)
    assert "None yet." in text_of(client.get("/imports"))

    taken, place = handed_in(client, host)
    assert ">Waiting<" in text_of(client.get(place))
    done = worked_on(taken)

    assert done.run.status == RunStatus.SUCCEEDED
    page = text_of(client.get(place))
    assert "Cats and dogs" in page
    assert "phases of one contest: Development, Final" in page
    assert "Read as Codabench v2." in page
    assert ">docker_image</code>" in page
    assert "cats.zip" in text_of(client.get("/imports"))
    assert {one.visibility for one in Contest.objects.all()} == {Visibility.PRIVATE}
    worked_on(taken)  # delivered twice
    assert Contest.objects.count() == 1


def test_a_bundle_of_our_own_comes_back_by_page():
    contest, host = ContestFactory(), UserFactory()
    with services.export_contest(
        contest.host, contest=contest, with_truth=True, at=timezone.now()
    ) as bundle:
        taken, place = handed_in(signed_in(host), host, bundle.read(), slug="home")

    assert worked_on(taken).run.status == RunStatus.SUCCEEDED
    assert "Read as Stoa." in text_of(signed_in(host).get(place))


def test_a_bundle_that_is_refused_says_file_and_field_and_makes_nothing():
    host = UserFactory()
    client = signed_in(host)
    taken, place = handed_in(client, host, bundles.codabench(title=None))
    done = worked_on(taken)
    assert (done.run.status, done.run.failure_code) == (
        RunStatus.FAILED,
        "bundle_refused",
    )
    assert "competition.yaml, title: it is missing." in text_of(client.get(place))
    assert not Contest.objects.exists()


def test_an_import_that_is_cancelled_meanwhile_makes_nothing():
    host = UserFactory()
    taken, _ = handed_in(signed_in(host), host)
    times = iter(range(100))
    cancelled = []

    def clock():
        if next(times) == 2:  # once the bundle is read
            cancelled.append(request_cancel(host, run=taken.run, at=timezone.now()))
        return timezone.now()

    run_import(taken.run_id, worker="worker-1", term=TERM, clock=clock)
    assert cancelled
    assert Run.objects.get().status == RunStatus.CANCELLED
    assert not Contest.objects.exists()


def test_over_the_api_a_bundle_is_taken_and_its_report_read():
    host = UserFactory()
    client = signed_in(host)
    body = {
        "namespace": host.username,
        "slug": "cats",
        "file": uploaded(bundles.evalai()),
    }
    answer = client.post(f"{BASE}/imports", body)
    assert answer.status_code == 202, answer.content
    taken = BundleImport.objects.get()
    worked_on(taken)

    told = client.get(f"{BASE}/imports/{taken.pk}").json()

    assert (told["status"], told["format"]) == ("SUCCEEDED", "EvalAI")
    assert told["contests"] == ["cats"]
    fates = {note["field"]: note["fate"] for note in told["report"]}
    assert fates["title"] == "MAPPED"
    assert client.get(f"{BASE}/imports").json()["results"][0]["id"] == str(taken.pk)
    stranger = signed_in(UserFactory())
    assert stranger.get(f"{BASE}/imports/{taken.pk}").status_code == 404
    assert stranger.get(f"/imports/{taken.pk}").status_code == 404
    assert (
        stranger.post(f"{BASE}/imports", {**body, "file": uploaded()}).status_code
        == 403
    )


@pytest.mark.parametrize("count", [1, 5])
def test_listing_imports_takes_as_many_queries_for_many(
    count, django_assert_num_queries
):
    host = UserFactory()
    client = signed_in(host)
    for number in range(count):
        client.post(
            "/imports",
            {"namespace": host.namespace.pk, "slug": f"c-{number}", "file": uploaded()},
        )
    client.get("/imports")
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get(f"{BASE}/imports").status_code == 200


def test_the_command_imports_and_prints_the_fate_of_every_field(tmp_path, capsys):
    host = UserFactory()
    file = tmp_path / "cats.zip"
    file.write_bytes(bundles.codalab())
    call_command("import_contest", str(file), "--as", "cats", "--owner", host.username)
    printed = capsys.readouterr().out
    assert "MAPPED     title" in printed
    assert "IGNORED    phases[1].color" in printed
    assert "draft: /contests/cats\n" in printed
    assert Contest.objects.get(slug="cats").host == host


@pytest.mark.parametrize(
    ("file", "owner", "problem"),
    [
        ("gone.zip", "", "No such file"),
        ("cats.zip", "nobody-here", "no namespace 'nobody-here'"),
        ("cats.zip", "", "no zip that can be read"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path, file, owner, problem):
    host = UserFactory()
    (tmp_path / "cats.zip").write_bytes(b"no zip")
    with pytest.raises(CommandError, match=problem):
        call_command(
            "import_contest",
            str(tmp_path / file),
            "--as",
            "cats",
            "--owner",
            owner or host.username,
            stderr=io.StringIO(),
        )


def test_a_host_sees_the_program_and_brings_in_another():
    (draft, *_), _ = imported(bundles.codabench())
    contest = opened_now(draft)
    client = signed_in(contest.host)
    page = text_of(client.get(f"/contests/{contest.slug}/program"))
    assert "Accuracy (more is better), Errors (less is better)" in page
    new = SimpleUploadedFile("p.zip", program(SCORING.replace("scored", "rated")))

    answer = client.post(
        f"/contests/{contest.slug}/program", {"scoring": new, "position": 0}
    )

    assert answer.status_code == 302
    told = client.get(url(contest, "program")).json()
    assert (told["published"], told["pending"]) == (1, 2)
    versions = [(one["scorer_version"], one["phase"]) for one in told["versions"]]
    assert versions == [(2, 2), (2, None), (1, 2), (1, None)]
    again = client.post(url(contest, "program"), {"position": 0})
    assert (again.status_code, again.json()["code"]) == (409, "rescore_pending")


def test_a_program_that_cannot_run_is_refused_on_its_page():
    (draft, *_), _ = imported(bundles.codabench())
    client = signed_in(draft.host)
    wrong = SimpleUploadedFile("p.zip", zipped({"a.py": "1"}))
    answer = client.post(
        f"/contests/{draft.slug}/program", {"scoring": wrong, "position": 0}
    )
    assert "no metadata at its top" in text_of(answer)


def test_a_contest_without_program_says_so():
    contest = ContestFactory()
    client = signed_in(contest.host)
    page = text_of(client.get(f"/contests/{contest.slug}/program"))
    assert "own metrics" in page
    refused = client.post(url(contest, "program"), {"position": 0})
    assert refused.status_code == 400


def test_what_a_program_printed_is_shown_to_hosts_alone():
    source = SCORING.replace(
        'page.write("<h1>%d rows</h1>" % len(truth))',
        'page.write("<h1>rows</h1><script>x()</script><img src=//evil>")',
    )
    (draft, *_), _ = imported(bundles.codabench(files={"scoring/score.py": source}))
    contest = opened_now(draft)
    entrant = enter(contest)
    submission = hand_in(entrant, HANDED_IN, filename="s.zip")
    scored(submission)
    host = signed_in(contest.host)

    page = host.get(f"/submissions/{submission.pk}/scoring").content.decode()
    assert "scored 4 rows" in page
    assert "<h1>rows</h1>" in page
    assert "x()" not in page
    assert "evil" not in page
    told = host.get(f"{BASE}/submissions/{submission.pk}/scoring").json()
    assert told["log"] == "scored 4 rows\n"
    for client in (signed_in(entrant.user), signed_in(UserFactory())):
        for prefix in ("", BASE):
            answer = client.get(f"{prefix}/submissions/{submission.pk}/scoring")
            assert answer.status_code in {403, 404}
    own = signed_in(entrant.user).get(f"/submissions/{submission.pk}")
    assert "scored 4 rows" not in text_of(own)


def test_pages_of_an_imported_contest_stand():
    (draft, *_), _ = imported(bundles.codabench())
    contest = opened_now(draft)
    entrant = enter(contest)
    scored(hand_in(entrant, HANDED_IN, filename="s.zip"))
    for client in (signed_in(), signed_in(entrant.user), signed_in(contest.host)):
        for page in ("", "/leaderboard", "/leaderboard.csv"):
            assert client.get(f"/contests/{contest.slug}{page}").status_code == 200
        assert client.get(url(contest)).json()["metric"] == "accuracy"
        assert client.get("/contests").status_code == 200
    for page in ("/host", "/rescore", "/edit"):
        client = signed_in(contest.host)
        assert client.get(f"/contests/{contest.slug}{page}").status_code == 200
    assert (
        signed_in(entrant.user).get(f"/contests/{contest.slug}/submit").status_code
        == 200
    )
