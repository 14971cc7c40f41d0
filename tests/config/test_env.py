import pytest
from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError

from marketplace.config import services
from marketplace.config.env import Environment
from training.jobs import Containers

IMAGE = f"registry.example.org/stoa@sha256:{'0' * 64}"


def test_without_isolation_nothing_runs_but_in_tests():
    with pytest.raises(ValidationError, match="takes DEBUG=1"):
        Environment(allow_unsandboxed=True, debug=False)

    assert Environment(allow_unsandboxed=True, debug=True).allow_unsandboxed


def test_containers_take_an_image_by_its_digest():
    with pytest.raises(ValidationError, match="takes SANDBOX_IMAGE"):
        Environment(sandbox_engine="docker")
    with pytest.raises(ValidationError, match="sandbox_image"):
        Environment(sandbox_engine="docker", sandbox_image="stoa:latest")

    wanted = {"sandbox_engine": "kubernetes", "sandbox_image": IMAGE}
    chosen = Environment(**wanted, sandbox_runtime="gvisor", sandbox_namespace="jobs")

    assert chosen.containers == Containers(
        "kubernetes", IMAGE, runtime="gvisor", namespace="jobs"
    )
    assert Environment().containers is None


@pytest.mark.parametrize(
    ("url", "backend", "asks_first"),
    [
        ("", "console", "optional"),
        ("file:///var/mail/stoa", "filebased", "optional"),
        ("smtps://stoa:x@mail.example.org:465", "smtp", "mandatory"),
    ],
)
def test_addresses_are_proven_before_signing_in_only_where_letters_arrive(
    url, backend, asks_first
):
    set_by = services.email(Environment(email_url=url))

    assert set_by["EMAIL_BACKEND"].split(".")[-2] == backend
    assert set_by["ACCOUNT_EMAIL_VERIFICATION"] == asks_first
    assert set_by["MFA_ALLOW_UNVERIFIED_EMAIL"] is (asks_first == "optional")
    assert set_by.get("EMAIL_USE_SSL", False) is (backend == "smtp")
    if backend == "filebased":
        assert set_by["EMAIL_FILE_PATH"] == "/var/mail/stoa"


def test_a_database_may_have_several_hosts_and_what_libpq_is_told():
    told = "postgresql://stoa:p%40ss@10.0.0.2,10.0.0.3:5433/stoa"
    asked = "target_session_attrs=read-write&sslmode=verify-full&connect_timeout=3"

    database = services.databases(Environment(database_url=f"{told}?{asked}"))[
        "default"
    ]

    assert (database["HOST"], database["PORT"]) == ("10.0.0.2,10.0.0.3", ",5433")
    assert (database["USER"], database["PASSWORD"]) == ("stoa", "p@ss")
    assert database["NAME"] == "stoa"
    assert database["OPTIONS"] == {
        "target_session_attrs": "read-write",
        "sslmode": "verify-full",
        "connect_timeout": "3",
        "options": "-c lock_timeout=30000 -c jit=off",
    }


def test_what_a_database_is_told_on_connecting_comes_after_ours():
    url = "postgresql:///stoa?options=-c%20lock_timeout%3D9"

    database = services.databases(Environment(database_url=url))["default"]

    assert database["OPTIONS"]["options"].endswith("jit=off -c lock_timeout=9")


@pytest.mark.parametrize("url", ["sqlite:///stoa", "postgresql://stoa:a secret@h/stoa"])
def test_an_address_of_no_postgresql_is_refused_without_its_password(url):
    with pytest.raises(ImproperlyConfigured, match="no address") as refused:
        services.databases(Environment(database_url=url))

    assert "secret" not in str(refused.value)
