"""Publishers trusted, no longer trusted, and let in for an hour."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from marketplace.accounts.models import ApiToken, User
from marketplace.accounts.services import issue_confined_token, revoke_confined
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import CHANGE, MANAGE, require
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.outgoing import Network
from marketplace.publishers.identity import NotProven, proven_claims, read_claim
from marketplace.publishers.models import ADDRESS_CHARACTERS, TrustedPublisher
from marketplace.publishers.queries import publishers_at, publishers_of
from marketplace.publishers.rules import (
    checked_claims,
    checked_issuer,
    checked_subject,
    fits,
    said,
)

MOST_PUBLISHERS = 20
TOKENS_LIVE = timedelta(hours=1)
LABEL_CHARACTERS = 100
SUBJECT_TOLD = 400


class TooManyPublishers(DomainError):
    code = "too_many_publishers"


@transaction.atomic
def trust_publisher(
    actor: User,
    *,
    repository: Repository,
    issuer: str,
    audience: str,
    subject: str,
    claims: Mapping[str, Any],
    networks: Sequence[Network] = (),
    trusted_at: datetime,
) -> TrustedPublisher:
    """Let jobs that an issuer describes so commit to a repository, as `actor`.

    Args:
        actor: an owner of the repository.
        repository: that they may commit to, and read.
        issuer: the address that says who its jobs are, as `iss` in its tokens.
        audience: whom the tokens have to be for, as `aud`.
        subject: what `sub` has to be; `*` stands for anything, after the second part.
        claims: further ones by name, with the value each has to have.
        networks: what may be reached besides the open internet.
        trusted_at: now.

    Raises:
        PermissionDenied: `actor` is no owner of it.
        BadIssuer, BadUrl, BadSubject, BadClaims, Malformed: say what to write instead.
        TooManyPublishers: it has 20.
    """
    require(actor, MANAGE, repository)
    Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
    if publishers_of(repository).count() >= MOST_PUBLISHERS:
        raise TooManyPublishers(
            gettext(
                "%(repository)s trusts %(most_publishers)s publishers. Remove one "
                "first."
            )
            % {"repository": repository, "most_publishers": MOST_PUBLISHERS}
        )
    publisher = TrustedPublisher.objects.create(
        repository=repository,
        issuer=checked_issuer(issuer, networks=networks),
        audience=_checked_audience(audience),
        subject=checked_subject(subject),
        claims=checked_claims(claims),
        created_by=actor,
        created_at=trusted_at,
    )
    record_act(
        actor,
        "trust_publisher",
        publisher,
        at=trusted_at,
        repository=str(repository),
        issuer=publisher.issuer,
        subject=publisher.subject,
    )
    return publisher


@transaction.atomic
def distrust_publisher(
    actor: User, *, publisher: TrustedPublisher, distrusted_at: datetime
) -> None:
    """Let a publisher in no longer; the tokens it was given end at once.

    Raises:
        PermissionDenied: `actor` is no owner of the repository.
    """
    repository = publisher.repository
    require(actor, MANAGE, repository)
    revoke_confined(
        publisher.created_by, confined_to=repository.pk, revoked_at=distrusted_at
    )
    record_act(
        actor,
        "distrust_publisher",
        publisher,
        at=distrusted_at,
        repository=str(repository),
        issuer=publisher.issuer,
        subject=publisher.subject,
    )
    publisher.delete()


def exchange_identity(
    subject_token: str,
    *,
    kind: Kind,
    namespace: str,
    name: str,
    networks: Sequence[Network] = (),
    exchanged_at: datetime,
) -> tuple[ApiToken, str]:
    """Give who proves to be a trusted publisher a token for its repository (RFC 8693).

    Args:
        subject_token: what the job's issuer says of it, signed: an OpenID Connect token.
        kind: of the repository that the token is to be for.
        namespace: the first part of its address.
        name: the second.
        networks: what may be reached besides the open internet.
        exchanged_at: now.

    Returns:
        The token, good for an hour, and its secret.

    Raises:
        NotProven: the token is not in order, or the repository, if there is one, trusts
            no such publisher.
        IssuerUnreachable: the issuer's keys could not be had just now.
        TooManyTokens: it has been given 100 within the hour.

    Cost: asks the issuer for its keys, once an hour. No stranger's issuer is asked.
    """
    claim = read_claim(subject_token)
    known = publishers_at(claim.issuer, kind=kind, namespace=namespace, name=name)
    refusal = NotProven(
        gettext(
            "No trusted publisher of the %(lower)s “%(namespace)s/%(name)s” fits "
            "this token. Its owners name publishers in its settings: compare issuer, "
            "audience, subject and claims."
        )
        % {"lower": kind.lower(), "namespace": namespace, "name": name}
    )
    if not known:
        raise refusal
    claims = proven_claims(claim, networks=networks, at=exchanged_at)
    fitting = [each for each in known if _is_described(each, claims)]
    able = [
        each for each in fitting if each.created_by.has_perm(CHANGE, each.repository)
    ]
    if not able:
        raise refusal
    return _let_in(able[0], subject=str(claims["sub"]), at=exchanged_at)


@transaction.atomic
def _let_in(
    publisher: TrustedPublisher, *, subject: str, at: datetime
) -> tuple[ApiToken, str]:
    repository, user = publisher.repository, publisher.created_by
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    token, secret = issue_confined_token(
        user,
        label=f"Publisher of {repository}"[:LABEL_CHARACTERS],
        confined_to=repository.pk,
        issued_at=at,
        expires_at=at + TOKENS_LIVE,
    )
    publisher.last_used_at = at
    publisher.save(update_fields=["last_used_at"])
    record_act(
        user,
        "exchange_identity",
        publisher,
        at=at,
        repository=str(repository),
        issuer=publisher.issuer,
        subject=subject[:SUBJECT_TOLD],
        token=token.hint,
    )
    return token, secret


def _is_described(publisher: TrustedPublisher, claims: Mapping[str, Any]) -> bool:
    audience = claims["aud"]
    audiences = audience if isinstance(audience, list) else [audience]
    return (
        publisher.audience in audiences
        and fits(publisher.subject, claims["sub"])
        and all(
            said(claims.get(name)) == value for name, value in publisher.claims.items()
        )
    )


def _checked_audience(audience: str) -> str:
    audience = audience.strip()
    if not 0 < len(audience) <= ADDRESS_CHARACTERS or not audience.isprintable():
        raise Malformed(
            gettext(
                "audience: write 1 to %(address_characters)s characters: the address "
                "of this site, as programs are given it."
            )
            % {"address_characters": ADDRESS_CHARACTERS}
        )
    return audience
