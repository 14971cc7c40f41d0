import pytest
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
