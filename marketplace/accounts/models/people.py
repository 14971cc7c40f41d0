"""Who there is: people, organisations, and their names."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, AnonymousUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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

    TAKEDOWN = "TAKEDOWN", _("What is yours was taken down, or put back")
    REPORT = "REPORT", _("What you reported: that it came, and what was decided")
    ACCOUNT = "ACCOUNT", _("Your account, and the copy of your data")
    SECURITY = (
        "SECURITY",
        _("Your account's safety: sign-ins, passwords, second factor"),
    )
    HANDOVER = "HANDOVER", _("Works and rights that are handed over")
    CONSENT = "CONSENT", _("Shares and offers that wait for your yes")
    ACCESS = "ACCESS", _("Access asked for, and what was decided")
    PRIZE = "PRIZE", _("Contests: prizes, purses, and who is disqualified")
    CONTEST = "CONTEST", _("Contests: teams, invitations, and requests to enter")
    NEWS = "NEWS", _("Contests you entered: what their hosts announce")
    TALK = "TALK", _("Contests: what is said in discussions that you watch")
    RESULT = "RESULT", _("Contests: your team's submissions, scored or failed")
    BOARD = "BOARD", _("Contests you entered: what opens, ends soon, or is released")
    TRAINING = "TRAINING", _("The studio: training of yours that ended")
    MEMBERS = "MEMBERS", _("Organisations: who answers your invitations")
    JOB = "JOB", _("Your jobs: scheduled runs that failed")
    SEARCH = "SEARCH", _("Searches you saved: what is new in them")
    BUDGET = "BUDGET", _("Budgets: when most of one is used up")


LEGAL = (Letter.TAKEDOWN, Letter.REPORT, Letter.ACCOUNT, Letter.SECURITY)
URGENT = (Letter.SECURITY,)  # no letter of these waits for the one before to be old
QUIET = (Letter.RESULT,)  # in the inbox, and by letter only to who asks for that


def quiet_letters() -> list[str]:
    """Return of what somebody new gets no letters."""
    return [str(kind) for kind in QUIET]


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
        error_messages={"unique": _("This name is taken.")},
    )
    full_name = models.CharField(max_length=150, blank=True)
    about = models.TextField(max_length=2000, blank=True)
    email = models.EmailField(unique=True)
    unwanted = ArrayField(
        models.CharField(max_length=8, choices=Letter.choices),
        default=quiet_letters,
        db_default=quiet_letters(),
        blank=True,
    )
    unshown = ArrayField(
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
        """Whether they are written to about it."""
        return self.is_active and (letter in LEGAL or letter not in self.unwanted)

    def shows(self, letter: Letter) -> bool:
        """Whether it is in their inbox."""
        return self.is_active and (letter in LEGAL or letter not in self.unshown)


class RetiredName(models.Model):
    """The name of an erased account, which nobody gets again: a keyed digest of it."""

    digest = models.CharField(max_length=64, unique=True)
    retired_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:12]


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
    OWNER = "OWNER", _("Owner: everything, members included")
    WRITER = "WRITER", _("Writer: publishes and changes")
    READER = "READER", _("Reader: sees what is private")

    @property
    def said(self) -> str:
        """Return it as one word to its reader."""
        return {
            Role.OWNER: gettext("owner"),
            Role.WRITER: gettext("writer"),
            Role.READER: gettext("reader"),
        }[self]


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

    @property
    def role_said(self) -> str:
        return Role(self.role).said


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
