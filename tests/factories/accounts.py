"""People, organisations and tokens, the least of each that is valid."""

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from marketplace.accounts.models import (
    ApiToken,
    Membership,
    Namespace,
    Organisation,
    Role,
    Scope,
    User,
)
from marketplace.kit.ids import digest

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class UserFactory(DjangoModelFactory[User]):
    """A person with their namespace; `password=` makes one they can sign in with."""

    class Meta:
        model = User

    username = factory.Sequence("person-{}".format)
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    date_joined = NOON

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **kwargs)


class OrganisationFactory(DjangoModelFactory[Organisation]):
    """An organisation with its namespace and one owner, `owner=` or someone new."""

    class Meta:
        model = Organisation
        skip_postgeneration_save = True

    class Params:
        name = factory.Sequence("organisation-{}".format)

    title = factory.LazyAttribute(lambda organisation: organisation.name.title())
    created_at = NOON
    namespace = factory.RelatedFactory(
        "tests.factories.accounts.NamespaceFactory",
        factory_related_name="organisation",
        name=factory.SelfAttribute("..name"),
    )

    @factory.post_generation
    def owner(self, create, extracted, **kwargs):
        MembershipFactory(
            organisation=self, user=extracted or UserFactory(), role=Role.OWNER
        )


class NamespaceFactory(DjangoModelFactory[Namespace]):
    class Meta:
        model = Namespace

    name = factory.Sequence("namespace-{}".format)


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    organisation = factory.SubFactory(OrganisationFactory)
    user = factory.SubFactory(UserFactory)
    role = Role.READER
    since = NOON


class ApiTokenFactory(DjangoModelFactory[ApiToken]):
    """A token whose secret the test chooses: `ApiTokenFactory(secret="stoa_x")`."""

    class Meta:
        model = ApiToken

    class Params:
        secret = factory.Sequence("stoa_secret-{}".format)

    user = factory.SubFactory(UserFactory)
    label = "a program"
    digest = factory.LazyAttribute(lambda token: digest(token.secret))
    hint = factory.LazyAttribute(lambda token: token.secret[:12])
    scopes = factory.LazyFunction(lambda: list(Scope.values))
    issued_at = NOON
