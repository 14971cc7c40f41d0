"""What a publisher may be."""

import pytest
from django.core.exceptions import PermissionDenied

from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import share
from marketplace.kit.errors import DomainError
from marketplace.kit.models import AuditRecord
from marketplace.publishers.models import TrustedPublisher
from marketplace.publishers.rules import fits
from marketplace.publishers.services import TooManyPublishers
from tests.factories.accounts import NOON, UserFactory


@pytest.mark.parametrize(
    ("pattern", "subject", "does"),
    [
        ("repo:a/b:ref:x", "repo:a/b:ref:x", True),
        ("repo:a/b:ref:x", "repo:a/b:ref:xy", False),
        ("repo:a/b:*", "repo:a/b:ref:refs/heads/main", True),
        ("repo:a/b:*", "repo:a/bc:ref:refs/heads/main", False),
        ("repo:a/b:ref:*/main", "repo:a/b:ref:refs/heads/main", True),
        ("repo:a/b:ref:*/main", "repo:a/b:ref:refs/heads/mainly", False),
        ("a:b:x*x", "a:b:x", False),
        ("a:b:*1*2*", "a:b:__1__2__", True),
        ("a:b:*1*2*", "a:b:__2__1__", False),
        ("a:b:[x]", "a:b:x", False),
        ("a:b:" + "*a" * 90 + "b", "a:b:" + "a" * 10_000, False),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_does(pattern, subject, does):
    assert fits(pattern, subject) is does


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "ftp://ci.example"},
        {"issuer": "http://ci.example"},
        {"issuer": "https://10.0.0.1"},
        {"issuer": "https://ci.example/?x=1"},
        {"issuer": "https://name:secret@ci.example"},
        {"subject": ""},
        {"subject": "*"},
        {"subject": "repo:*:ref:refs/heads/main"},
        {"subject": "repo:*/birds:ref:refs/heads/main"},
        {"subject": "repo:a/b:\0"},
        {"audience": " "},
        {"claims": {"sub": "x"}},
        {"claims": {"a b": "x"}},
        {"claims": {"a": ""}},
        {"claims": {"a": 1}},
        {"claims": {f"a{n}": "x" for n in range(21)}},
    ],
    ids=str,
)
def test_what_would_trust_too_many_or_nobody_is_refused(wrong, trust):
    with pytest.raises(DomainError):
        trust(**wrong)

    assert not TrustedPublisher.objects.exists()


def test_a_repository_trusts_so_many(trust):
    for number in range(20):
        trust(subject=f"repo:ada/birds:{number}")

    with pytest.raises(TooManyPublishers):
        trust()


def test_only_owners_say_whom_to_trust(trust, repository, ada):
    editor = UserFactory()
    share(
        ada,
        repository=repository,
        user=editor,
        role=ShareRole.EDITOR,
        shared_at=NOON,
    )

    with pytest.raises(PermissionDenied):
        trust(editor)

    assert not TrustedPublisher.objects.exists()
    trust(ada)
    assert AuditRecord.objects.filter(act="trust_publisher").count() == 1
