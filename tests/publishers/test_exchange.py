"""Who is let in by what their issuer says of them, and who is not."""

import base64
import hmac
import json
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from marketplace.accounts.models import ApiToken, Role
from marketplace.accounts.services import TooManyTokens
from marketplace.catalog.models import Kind
from marketplace.kit.models import AuditRecord
from marketplace.publishers.identity import IssuerUnreachable, NotProven
from marketplace.publishers.services import distrust_publisher
from tests.factories.accounts import (
    NOON,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory
from tests.publishers.issuer import SUBJECT

HOUR = timedelta(hours=1)


def test_a_job_gets_a_token_for_one_repository_and_one_hour(
    trust, exchange, issuer, repository
):
    publisher = trust(claims={"environment": "release"})

    token, secret = exchange(issuer.token())

    assert secret.startswith("stoa_")
    assert (token.user, token.confined_to) == (repository.created_by, repository.pk)
    assert token.scopes == ["read", "repo:write"]
    assert token.expires_at == NOON + HOUR
    publisher.refresh_from_db()
    assert publisher.last_used_at == NOON
    told = AuditRecord.objects.get(act="exchange_identity")
    assert told.target_id == str(publisher.pk)
    assert told.details["subject"] == SUBJECT
    assert secret not in str(AuditRecord.objects.values())


UNFIT = {
    "expired": {"exp": int(NOON.timestamp()) - 61},
    "without an end": {"exp": None},
    "whose end is no number": {"exp": "never"},
    "not yet good": {"nbf": int(NOON.timestamp()) + 61},
    "issued tomorrow": {"iat": int((NOON + 24 * HOUR).timestamp())},
    "for somebody else": {"aud": "https://other.example"},
    "for nobody": {"aud": None},
    "of another job": {"sub": "repo:eve/birds-code:ref:refs/heads/main"},
    "without a subject": {"sub": None},
    "of another environment": {"environment": "test"},
    "without the claim": {"environment": None},
    "with a claim of another type": {"environment": ["release"]},
    "of a key nobody has": {"kid": "second"},
}


@pytest.mark.parametrize("how", UNFIT)
def test_a_token_that_does_not_fit_lets_nobody_in(how, trust, exchange, issuer):
    trust(claims={"environment": "release"})

    with pytest.raises(NotProven):
        exchange(issuer.token(**UNFIT[how]))

    assert not ApiToken.objects.exists()


def b64(told):
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def forged(issuer, how):
    stranger = ECKey.generate_key("P-256")
    header, claims, signature = issuer.token().split(".")
    if how == "signed by another key":
        return issuer.token(key=stranger)
    if how == "unsigned":
        return f"{b64({'alg': 'none', 'kid': 'first'})}.{claims}."
    if how == "signed by the public key as a secret":
        header = b64({"alg": "HS256", "kid": "first"})
        secret = issuer.key.as_pem(private=False)
        made = hmac.digest(secret, f"{header}.{claims}".encode(), "sha256")
        mac = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        return f"{header}.{claims}.{mac}"
    if how == "altered":
        body = json.loads(base64.urlsafe_b64decode(claims + "=="))
        return f"{header}.{b64({**body, 'admin': True})}.{signature}"
    if how == "odd":
        odd = {"alg": "ES256", "kid": "first", "crit": 5}
        return f"{b64(odd)}.{claims}.{signature}"
    return "rubbish" if how == "rubbish" else f"{header}.{claims}"


@pytest.mark.parametrize(
    "how",
    [
        "signed by another key",
        "unsigned",
        "signed by the public key as a secret",
        "altered",
        "odd",
        "cut",
        "rubbish",
    ],
)
def test_a_forged_token_lets_nobody_in(how, trust, exchange, issuer):
    trust()

    with pytest.raises(NotProven):
        exchange(forged(issuer, how))

    assert not ApiToken.objects.exists()


def test_the_issuer_is_asked_once_and_again_for_a_key_it_got_since(
    trust, exchange, issuer
):
    trust()
    exchange(issuer.token())
    exchange(issuer.token())
    assert len(issuer.asked) == 2

    issuer.key = ECKey.generate_key("P-256", {"kid": "second"})
    with pytest.raises(NotProven):  # but not within the same minute
        exchange(issuer.token(kid="second"))
    assert len(issuer.asked) == 2


def test_an_issuer_that_nobody_trusts_here_is_never_asked(exchange, issuer, repository):
    with pytest.raises(NotProven, match="No trusted publisher of the dataset"):
        exchange(issuer.token())

    assert issuer.asked == []


@pytest.mark.parametrize("name", ["nothing", "net"])
def test_other_repositories_are_answered_as_if_they_were_not(
    name, trust, exchange, issuer, ada
):
    trust()
    RepositoryFactory(owner=ada, name="net", kind=Kind.DATASET)

    with pytest.raises(NotProven, match=f"No trusted publisher .* “ada/{name}”"):
        exchange(issuer.token(), name=name)


@pytest.mark.parametrize(
    "told",
    [
        {"/.well-known/openid-configuration": None},
        {"/.well-known/openid-configuration": {"issuer": "https://other.example"}},
        {"/keys": {"keys": []}},
        {"/keys": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
        {"/keys": {"keys": ["x", {"kty": "EC"}]}},
        {"/keys": "x" * 300_000},
    ],
    ids=str,
)
def test_an_issuer_without_usable_keys_is_said_to_be_so(told, trust, exchange, issuer):
    trust()
    issuer.told = {f"{issuer.realm}{path}": value for path, value in told.items()}

    with pytest.raises(IssuerUnreachable):
        exchange(issuer.token())
    asked = len(issuer.asked)
    with pytest.raises(IssuerUnreachable, match="a moment ago"):
        exchange(issuer.token())

    assert len(issuer.asked) == asked


def test_no_issuer_inside_is_asked(trust, exchange, issuer):
    trust()

    with pytest.raises(IssuerUnreachable, match="not of the open internet"):
        exchange(issuer.token(), networks=[])

    assert issuer.asked == []


def test_who_may_commit_no_longer_opens_no_door(exchange, issuer, trust):
    society = OrganisationFactory(owner=(owner := UserFactory(username="olga")))
    repository = RepositoryFactory(
        owner=owner, namespace=society.namespace, name="birds", kind=Kind.DATASET
    )
    trust(owner, repository=repository)
    society.memberships.update(role=Role.READER)

    with pytest.raises(NotProven):
        exchange(issuer.token(), namespace=society.namespace.name)


def test_distrust_ends_the_tokens_that_were_given(trust, exchange, issuer, ada):
    publisher = trust()
    token, _ = exchange(issuer.token())

    distrust_publisher(ada, publisher=publisher, distrusted_at=NOON)

    token.refresh_from_db()
    assert token.revoked_at == NOON
    with pytest.raises(NotProven):
        exchange(issuer.token())


def test_tokens_are_forgotten_when_they_expired_and_are_not_without_end(
    trust, exchange, issuer
):
    trust()
    for _ in range(100):
        exchange(issuer.token())
    with pytest.raises(TooManyTokens):
        exchange(issuer.token())

    later = NOON + HOUR
    exchange(issuer.token(at=later), exchanged_at=later)

    assert ApiToken.objects.count() == 1
