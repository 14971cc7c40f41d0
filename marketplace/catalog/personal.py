"""What the catalog holds on people: who published, asked, took and reported what."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Membership, Namespace, Organisation, Role
from marketplace.catalog.models import (
    AccessRequest,
    AccessRound,
    AccessState,
    Commit,
    CounterNotice,
    Download,
    Gate,
    Readme,
    Ref,
    Report,
    ReportState,
    Repository,
    RepositoryAlias,
    RepositoryUserObjectPermission,
    Takedown,
)
from marketplace.kit.personal import (
    AtErasure,
    Held,
    Lasts,
    Obstacle,
    Part,
    Person,
    PersonalData,
)

NO_ADDRESS = {"name": "", "sender": "", "email": "somebody@erased.invalid"}


def _obstacles(person: Person) -> Iterator[Obstacle]:
    """Yield each repository that would be left without anybody: theirs alone.

    What was taken down they could neither hand over nor delete; it stays so.
    """
    shared = Membership.objects.exclude(user=person).values("organisation")
    alone = Organisation.objects.filter(
        memberships__user=person, memberships__role=Role.OWNER
    ).exclude(pk__in=shared)
    left = Namespace.objects.filter(Q(user=person) | Q(organisation__in=alone))
    living = Repository.objects.filter(
        namespace__in=left, deleted_at__isnull=True, work__is_withheld=False
    )
    for repository in living.select_related("namespace").order_by("created_at", "pk"):
        yield Obstacle(
            gettext("%(repository)s is yours alone. Hand it over, or delete it.")
            % {"repository": repository},
            reverse(
                f"catalog:{repository.kind.lower()}-settings",
                args=[repository.namespace.name, repository.name],
            ),
        )


CATALOG = PersonalData(
    room="catalog",
    held=(
        Held(
            what=_("Datasets and models you made, and the versions you committed"),
            why=_(
                "Versions are immutable: others cite them, licence them and build on them."
            ),
            at_erasure=AtErasure.STAYS,
            note=_(
                "Files, messages and cards stay as they are, with whatever names stand in "
                "them. So does the id of a version, a digest in which the author’s name of "
                "that time has a part."
            ),
            parts=(
                Part(
                    Repository, ("created_by", "title", "summary"), person="created_by"
                ),
                Part(Commit, ("author", "message"), person="author"),
                Part(Ref, ("created_by", "message"), person="created_by"),
                Part(Readme, ("body", "card")),
                Part(Gate, ("heading", "description", "prompt", "button", "fields")),
                Part(
                    RepositoryAlias,
                    ("name",),
                    person="namespace__user",
                ),
            ),
        ),
        Held(
            what=_("What is shared with you"),
            why=_("So that you may see and change it."),
            at_erasure=AtErasure.GOES,
            parts=(Part(RepositoryUserObjectPermission, ("user",), person="user"),),
        ),
        Held(
            what=_("Your requests for access, and what you answered there"),
            why=_("So that owners can decide whom they let in."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    AccessRequest,
                    ("user", "answers", "reason"),
                    person="user",
                    only=Q(organisation__isnull=True),
                ),
                Part(
                    AccessRound,
                    ("answers", "reason"),
                    person="request__user",
                    only=Q(request__organisation__isnull=True),
                ),
            ),
            lasts=(
                Lasts(
                    AccessRequest,
                    "decided_at",
                    "retain_answers_days",
                    _("the decision"),
                    of=_("the answers"),
                    only=~Q(state=AccessState.PENDING),
                    emptied={"answers": {}},
                ),
                Lasts(
                    AccessRound,
                    "decided_at",
                    "retain_answers_days",
                    _("the decision"),
                    of=_("earlier answers"),
                    emptied={"answers": {}},
                ),
            ),
        ),
        Held(
            what=_(
                "Requests for access you made for an organisation, and those you decided"
            ),
            why=_("So that it is known who let an organisation in, and by whose word."),
            at_erasure=AtErasure.STAYS,
            parts=(
                Part(
                    AccessRequest,
                    ("user", "answers", "reason"),
                    person="user",
                    only=Q(organisation__isnull=False),
                ),
                Part(
                    AccessRequest,
                    ("decided_by",),
                    person="decided_by",
                    shown=("pk", "decided_at", "state"),
                ),
                Part(
                    AccessRound,
                    ("decided_by",),
                    person="decided_by",
                    shown=("pk", "decided_at", "state"),
                ),
            ),
        ),
        Held(
            what=_("What you took behind a gate or a price"),
            why=_("So that owners know who has what they licensed."),
            at_erasure=AtErasure.EMPTIED,
            note=_("Of other downloads no name is kept at all."),
            parts=(
                Part(
                    Download,
                    ("user", "taker", "path"),
                    person="user",
                    emptied={"user": None, "path": "", "sha256": ""},
                    shown=("repository", "at", "path", "sha256"),
                ),
            ),
            lasts=(
                Lasts(
                    Download,
                    "at",
                    "retain_download_days",
                    _("the download"),
                    only=Q(is_counted=True),
                ),
            ),
        ),
        Held(
            what=_("Reports, takedowns, and what was said against them"),
            why=_("So that a decision can be explained, answered and checked."),
            at_erasure=AtErasure.STAYS,
            note=_("Who has no account is forgotten after a time."),
            parts=(
                Part(
                    Report,
                    ("reporter", "name", "email", "sender", "statement"),
                    person="reporter",
                ),
                Part(
                    Report,
                    ("decided_by", "decision"),
                    person="decided_by",
                    shown=("pk", "decided_at", "decision"),
                ),
                Part(
                    Takedown,
                    ("taken_down_by", "reason"),
                    person="taken_down_by",
                    shown=("pk", "taken_down_at", "reason"),
                ),
                Part(
                    Takedown,
                    ("lifted_by", "lifting_reason"),
                    person="lifted_by",
                    shown=("pk", "lifted_at", "lifting_reason"),
                ),
                Part(CounterNotice, ("filed_by", "statement"), person="filed_by"),
                Part(
                    CounterNotice,
                    ("answered_by", "answer"),
                    person="answered_by",
                    shown=("pk", "answered_at", "answer"),
                ),
            ),
            lasts=(
                Lasts(
                    Report,
                    "decided_at",
                    "retain_report_days",
                    _("the decision"),
                    of=_("who reported without an account"),
                    only=Q(reporter__isnull=True) & ~Q(state=ReportState.OPEN),
                    emptied=NO_ADDRESS,
                ),
            ),
        ),
    ),
    obstacles=_obstacles,
)
