"""Who there is: people, organisations, their names, the tokens of their programs."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, AnonymousUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Upper

from marketplace.accounts.names import LONGEST_NAME, SHAPE, validate_name


class PeopleManager(UserManager["User"]):
    """Django's own ways to make a user, each of which also makes their namespace."""

    use_in_migrations = False

    @transaction.atomic
    def create_user(self, *args: Any, **kwargs: Any) -> "User":
        return _with_namespace(super().create_user(*args, **kwargs))

    @transaction.atomic
    def create_superuser(self, *args: Any, **kwargs: Any) -> "User":
        return _with_namespace(super().create_superuser(*args, **kwargs))


def _with_namespace(user: "User") -> "User":
    Namespace.objects.create(name=user.username, user=user)
    return user


class Letter(models.TextChoices):
    """What a person may be written to about; those of `LEGAL` they always get."""

    TAKEDOWN = "TAKEDOWN", "What is yours was taken down, or put back"
    REPORT = "REPORT", "What you reported: that it came, and what was decided"
    ACCOUNT = "ACCOUNT", "Your account, and the copy of your data"
    HANDOVER = "HANDOVER", "Works and rights that are handed over"
    CONSENT = "CONSENT", "Shares and offers that wait for your yes"
    ACCESS = "ACCESS", "Access asked for, and what was decided"


LEGAL = (Letter.TAKEDOWN, Letter.REPORT, Letter.ACCOUNT)


class User(AbstractUser):
    """A person. The user name also names their namespace, and never changes.

    But for one whose account was erased: theirs is a pseudonym from `erased_at` on, by
    which what has to stay is still signed.
    """

    first_name = None  # type: ignore[assignment]  # one name, as people write it
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        "name",
        max_length=LONGEST_NAME,
        unique=True,
        validators=[validate_name],
        error_messages={"unique": "This name is taken."},
    )
    full_name = models.CharField(max_length=150, blank=True)
    about = models.TextField(max_length=2000, blank=True)
    email = models.EmailField(unique=True)
    unwanted = ArrayField(
        models.CharField(max_length=8, choices=Letter.choices),
        default=list,
        db_default=[],
        blank=True,
    )
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[PeopleManager] = PeopleManager()

    REQUIRED_FIELDS = ["email"]

    class Meta:
        constraints = [  # upper case, since that is how `iexact` looks them up
            models.UniqueConstraint(
                Upper("username"), name="accounts_user_name_unique"
            ),
            models.UniqueConstraint(Upper("email"), name="accounts_user_email_unique"),
            models.CheckConstraint(
                name="accounts_user_name_shape", condition=Q(username__regex=SHAPE)
            ),
        ]

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.username

    def wants(self, letter: Letter) -> bool:
        return self.is_active and (letter in LEGAL or letter not in self.unwanted)


class RetiredName(models.Model):
    """The name of an erased account, which nobody gets again: a keyed digest of it."""

    digest = models.CharField(max_length=64, unique=True)
    retired_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:12]


class Notice(models.Model):
    """Something a person is to be written to about. The row is what waits, no broker.

    `address` is of one who has no account. Several of one kind make one letter.
    """

    person = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="+"
    )
    address = models.EmailField(blank=True)
    kind = models.CharField(max_length=8, choices=Letter.choices)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    path = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_notice_kind_known", condition=Q(kind__in=Letter.values)
            ),
            models.CheckConstraint(
                name="accounts_notice_to_somebody",
                condition=Q(person__isnull=False, address="")
                | (Q(person__isnull=True) & ~Q(address="")),
            ),
        ]
        indexes = [
            models.Index(
                name="accounts_notice_waiting",
                fields=["due_at", "id"],
                condition=Q(sent_at__isnull=True),
            ),
            models.Index(
                name="accounts_notice_sent", fields=["person", "kind", "sent_at"]
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class Organisation(models.Model):
    """A university, company or community that publishes, buys and hosts together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    about = models.TextField(max_length=2000, blank=True)
    created_at = models.DateTimeField()
    members = models.ManyToManyField(
        User, through="Membership", related_name="organisations"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_organisation_has_title", condition=~Q(title="")
            )
        ]

    def __str__(self) -> str:
        return self.title


class Role(models.TextChoices):
    OWNER = "OWNER", "Owner: everything, members included"
    WRITER = "WRITER", "Writer: publishes and changes"
    READER = "READER", "Reader: sees what is private"


WRITERS = (Role.OWNER, Role.WRITER)


class Membership(models.Model):
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role.choices)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="accounts_membership_once", fields=["organisation", "user"]
            ),
            models.CheckConstraint(
                name="accounts_membership_role_known",
                condition=Q(role__in=Role.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}: {self.role}"


class NamespaceQuerySet(models.QuerySet["Namespace"]):
    def named(self, name: str) -> "NamespaceQuerySet":
        """The one of this name, whatever its case; an index answers."""
        return self.filter(name__iexact=name)

    def held_by(self, user: User, *roles: Role) -> "NamespaceQuerySet":
        """A person's own, and those of organisations where they have a role."""
        organisations = Membership.objects.filter(user=user, role__in=roles)
        return self.filter(
            Q(user=user) | Q(organisation__in=organisations.values("organisation"))
        )


class Namespace(models.Model):
    """The first part of an address, `name/…`, owned by one person or organisation."""

    name = models.CharField(
        max_length=LONGEST_NAME, unique=True, validators=[validate_name]
    )
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="namespace"
    )
    organisation = models.OneToOneField(
        Organisation, models.PROTECT, null=True, blank=True, related_name="namespace"
    )

    objects = NamespaceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Upper("name"), name="accounts_namespace_name_unique"
            ),
            models.CheckConstraint(
                name="accounts_namespace_name_shape", condition=Q(name__regex=SHAPE)
            ),
            models.CheckConstraint(
                name="accounts_namespace_one_owner",
                condition=Q(user__isnull=True, organisation__isnull=False)
                | Q(user__isnull=False, organisation__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def role_of(self, user: User | AnonymousUser) -> Role | None:
        """What `user` is here: a person in their own namespace is its owner.

        Cost: no query for a person's namespace, one for an organisation's.
        """
        if not user.is_active:  # as nobody is, too
            return None
        if self.organisation_id is None:
            return Role.OWNER if self.user_id == user.pk else None
        membership = Membership.objects.filter(
            organisation_id=self.organisation_id, user_id=user.pk
        ).first()
        return Role(membership.role) if membership else None


class Scope(models.TextChoices):
    """What a token may do, at most; never more than its owner."""

    READ = "read", "Read what you may read, private repositories included"
    REPO_WRITE = "repo:write", "Create, change and share repositories"
    ORDER_WRITE = "order:write", "Accept terms, order, make offers"
    RUN_WRITE = "run:write", "Host contests, submit, cancel runs"
    ACCOUNT_WRITE = "account:write", "Change the account, its organisations and tokens"
    STAFF = "staff", "Act as staff, where the account is staff"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def unrevoked(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at__isnull=True)

    def not_replaced(self) -> "ApiTokenQuerySet":
        """Of a login only the newest token; all that were made by hand."""
        return self.filter(refresh_token__spent_at__isnull=True)

    def confined(self, user: User, *, to: uuid.UUID) -> "ApiTokenQuerySet":
        """Those of `user` that are good for one thing alone."""
        return self.filter(user=user, confined_to=to)

    def note_use(self, pk: uuid.UUID, *, at: datetime, not_since: datetime) -> bool:
        """Write that a token was used, unless that was written after `not_since`."""
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=not_since)
        return self.filter(stale, pk=pk).update(last_used_at=at) == 1


class ApiToken(models.Model):
    """A program's key to one account. The secret is shown once; its digest is kept.

    Those with a `grant` were fetched by a program that a person let in. One that is
    `confined_to` a thing, by its id, is good for that alone, for as long as it lives.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    grant = models.ForeignKey(
        "DeviceGrant", models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    confined_to = models.UUIDField(null=True, blank=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_apitoken_has_scopes", condition=Q(scopes__len__gt=0)
            ),
            models.CheckConstraint(
                name="accounts_apitoken_scopes_known",
                condition=Q(scopes__contained_by=Scope.values),
            ),
            models.CheckConstraint(
                name="accounts_apitoken_expires_after_issue",
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("issued_at")),
            ),
            models.CheckConstraint(
                name="accounts_apitoken_confined_one_expires",
                condition=Q(confined_to__isnull=True) | Q(expires_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="accounts_apitoken_confined",
                fields=["confined_to", "user"],
                condition=Q(confined_to__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.hint}…)"


class GrantState(models.TextChoices):
    PENDING = "PENDING", "Waits for a person"
    APPROVED = "APPROVED", "Approved, not yet fetched"
    DENIED = "DENIED", "Denied"
    ISSUED = "ISSUED", "Signed in"
    ENDED = "ENDED", "Ended"


class DeviceGrant(models.Model):
    """A program that a person lets in by a code: asked for, decided, then a login.

    Of both codes only digests are kept. The one for people is short, so its digest is
    keyed with the site's secret. What the program says of itself is not proven.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device_digest = models.CharField(max_length=64, unique=True)
    user_code_digest = models.CharField(max_length=64, db_index=True)
    client_id = models.CharField(max_length=100)
    program = models.CharField(max_length=200, blank=True)
    asked_from = models.CharField(max_length=64, blank=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    label = models.CharField(max_length=100, blank=True)
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="device_grants"
    )
    state = models.CharField(
        max_length=8, choices=GrantState.choices, default=GrantState.PENDING
    )
    interval_seconds = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_devicegrant_state_known",
                condition=Q(state__in=GrantState.values),
            ),
            models.CheckConstraint(
                name="accounts_devicegrant_scopes_known",
                condition=Q(scopes__contained_by=Scope.values, scopes__len__gt=0),
            ),
            models.CheckConstraint(
                name="accounts_devicegrant_decided_by_someone",
                condition=Q(state=GrantState.PENDING, user__isnull=True)
                | Q(~Q(state=GrantState.PENDING), user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.client_id


class RefreshToken(models.Model):
    """What a login's next pair of tokens is fetched with, once.

    `token` is the access token issued beside it; `parent` is what this pair was fetched
    with, none for the first.
    """

    grant = models.ForeignKey(
        DeviceGrant, models.CASCADE, related_name="refresh_tokens"
    )
    token = models.OneToOneField(ApiToken, models.CASCADE, related_name="refresh_token")
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    digest = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_refreshtoken_expires_after_issue",
                condition=Q(expires_at__gt=F("issued_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant}, issued {self.issued_at}"
