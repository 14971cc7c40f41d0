"""Who there is: people, organisations, the names they own, the tokens of their programs."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class User(AbstractUser):
    """A person. The user name is also the name of their namespace."""

    first_name = None  # type: ignore[assignment]  # one name, as people write it
    last_name = None  # type: ignore[assignment]
    full_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(unique=True)

    objects: ClassVar[UserManager["User"]] = UserManager()

    REQUIRED_FIELDS = ["email"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="accounts_user_name_unique"),
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_unique"),
        ]

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.username


class Organisation(models.Model):
    """A university, company or community that publishes, buys and hosts together."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    about = models.TextField(blank=True)
    created_at = models.DateTimeField()
    members = models.ManyToManyField(
        User, through="Membership", related_name="organisations"
    )

    def __str__(self) -> str:
        return self.title


class Role(models.TextChoices):
    OWNER = "OWNER", "Owner: everything, members included"
    WRITER = "WRITER", "Writer: publishes and changes"
    READER = "READER", "Reader: sees what is private"


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


class Namespace(models.Model):
    """The first part of every address, `name/…`, owned by one person or organisation."""

    name = models.CharField(max_length=96, unique=True)
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="namespace"
    )
    organisation = models.OneToOneField(
        Organisation, models.PROTECT, null=True, blank=True, related_name="namespace"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="accounts_namespace_name_unique"),
            models.CheckConstraint(
                name="accounts_namespace_one_owner",
                condition=Q(user__isnull=True, organisation__isnull=False)
                | Q(user__isnull=False, organisation__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    """What a token may do, at most; never more than its owner."""

    READ = "read", "Read what you may read, private repositories included"
    REPO_WRITE = "repo:write", "Create, change and share repositories"
    ORDER_WRITE = "order:write", "Accept terms, order, make offers"
    RUN_WRITE = "run:write", "Host contests, submit, cancel runs"
    ACCOUNT_WRITE = "account:write", "Change the account, its organisations and tokens"
    STAFF = "staff", "Act as staff, where the account is staff"


class ApiToken(models.Model):
    """A program's key to one account. The secret is shown once; its digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    label = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_apitoken_has_scopes", condition=Q(scopes__len__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.hint}…)"
