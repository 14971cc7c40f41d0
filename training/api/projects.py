"""Training without code, over HTTP: look, train, keep, open the test, take home."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.accounts.queries import find_namespace
from marketplace.catalog.models import Kind, Visibility
from marketplace.catalog.queries import find_repository
from marketplace.kit.idempotency import idempotent
from marketplace.kit.keyset import KeysetPagination, Order
from marketplace.storage.delivery import signed_url
from marketplace.storage.models import Blob
from training.api.bundles import BundleOut
from training.api.drafts import DraftIn
from training.api.project_shapes import (
    KeepIn,
    MoreTimeIn,
    ProjectDetailOut,
    ProjectOut,
    PublishIn,
    TrainIn,
    WatchIn,
)
from training.cutting import Manner
from training.studio import services
from training.studio.models import Project
from training.studio.permissions import visible_to
from training.studio.queries import predictions_of
from training.studio.services import Choice
from training.studio.services.publishing import Publication, publish_model


class StudioProjects(generics.ListAPIView[Project]):
    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE
    serializer_class = ProjectOut
    pagination_class = KeysetPagination
    keyset = Order(("asked_at", "id"), descending=True)

    def get_queryset(self) -> QuerySet[Project]:
        return projects_of(self.request)

    @extend_schema(operation_id="studio_project_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the caller's projects, the newest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="studio_project_begin",
        request=DraftIn,
        responses={201: ProjectOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest) -> Response:
        """Have a table of a dataset looked at; then its columns are told, and train."""
        body = DraftIn(data=request.data)
        body.is_valid(raise_exception=True)
        namespace, _, name = body.validated_data["dataset"].partition("/")
        project = services.begin_project(
            request.user,
            dataset=find_repository(
                request.user,
                kind=Kind.DATASET,
                namespace=namespace,
                name=name,
                follow=True,
            ),
            path=body.validated_data["path"],
            asked_at=timezone.now(),
        )
        return Response(ProjectOut(project).data, status.HTTP_201_CREATED)


class ProjectView(APIView):
    """One of the caller's own projects."""

    permission_classes = [MemberOnly]
    write_scope = Scope.RUN_WRITE


class StudioProject(ProjectView):
    @extend_schema(operation_id="studio_project_read", responses=ProjectDetailOut)
    def get(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Say what is known of the table, what was tried, and what is kept."""
        return Response(ProjectDetailOut(own(request, project_id)).data)

    @extend_schema(operation_id="studio_project_discard", responses={204: None})
    def delete(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Throw the project away; a model published from it stays."""
        services.discard_project(
            request.user, project=own(request, project_id), at=timezone.now()
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class StudioProjectTrain(ProjectView):
    @extend_schema(
        operation_id="studio_project_train",
        request=TrainIn,
        responses={202: ProjectOut},
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Train now or later; what was tried before is thrown away."""
        project = own(request, project_id)
        body = TrainIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        services.train(
            request.user,
            project=project,
            choice=Choice(**{**given, "manner": Manner(given["manner"])}),
            asked_at=timezone.now(),
        )
        return accepted(request, project_id)


class StudioProjectStop(ProjectView):
    @extend_schema(
        operation_id="studio_project_stop", request=None, responses={202: ProjectOut}
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Stop the worker, or let be what was to start later; what was tried is kept."""
        services.pause(
            request.user, project=own(request, project_id), at=timezone.now()
        )
        return accepted(request, project_id)


class StudioProjectGoOn(ProjectView):
    @extend_schema(
        operation_id="studio_project_go_on",
        request=MoreTimeIn,
        responses={202: ProjectOut},
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Train on with what is left of the budget, and more of it if wished."""
        project = own(request, project_id)
        body = MoreTimeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.go_on(
            request.user,
            project=project,
            asked_at=timezone.now(),
            **body.validated_data,
        )
        return accepted(request, project_id)


class StudioProjectAgain(ProjectView):
    @extend_schema(
        operation_id="studio_project_again", request=None, responses={202: ProjectOut}
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Do the step that failed, was stopped, or is to start later, now."""
        services.do_again(
            request.user, project=own(request, project_id), asked_at=timezone.now()
        )
        return accepted(request, project_id)


class StudioProjectKeep(ProjectView):
    @extend_schema(
        operation_id="studio_project_keep", request=KeepIn, responses={202: ProjectOut}
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Have a candidate fitted to all rows but those of the test."""
        project = own(request, project_id)
        body = KeepIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.keep_model(
            request.user,
            project=project,
            asked_at=timezone.now(),
            **body.validated_data,
        )
        return accepted(request, project_id)


class StudioProjectTest(ProjectView):
    @extend_schema(
        operation_id="studio_project_open_test",
        request=None,
        responses={202: ProjectOut},
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Judge the kept model on rows that nothing has seen; that is done once."""
        services.open_test(
            request.user, project=own(request, project_id), asked_at=timezone.now()
        )
        return accepted(request, project_id)


class StudioProjectWatch(ProjectView):
    @extend_schema(
        operation_id="studio_project_watch",
        request=WatchIn,
        responses=ProjectOut,
    )
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Have the model looked at again, or not, when its dataset moves on."""
        project = own(request, project_id)
        body = WatchIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.watch_project(
            request.user, project=project, at=timezone.now(), **body.validated_data
        )
        return Response(ProjectOut(own(request, project_id)).data)


class StudioProjectPublish(ProjectView):
    @extend_schema(
        operation_id="studio_project_publish",
        request=PublishIn,
        responses={201: ProjectOut},
    )
    @idempotent
    def post(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Make a model repository of the kept model, with where it comes from."""
        project = own(request, project_id)
        body = PublishIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        publication = Publication(
            **{
                **given,
                "namespace": find_namespace(given["namespace"]),
                "visibility": Visibility(given["visibility"]),
            }
        )
        publish_model(
            request.user, project=project, publication=publication, at=timezone.now()
        )
        made = ProjectOut(own(request, project_id)).data
        return Response(made, status.HTTP_201_CREATED)


class StudioProjectBundle(ProjectView):
    @extend_schema(operation_id="studio_project_bundle", responses=BundleOut)
    def get(self, request: MemberApiRequest, project_id: UUID) -> Response:
        """Say where the kept model lies for a short while, with all that it needs."""
        project = own(request, project_id)
        if project.bundle is None:
            raise Http404
        return _lies_at(
            request, project.bundle, filename="model.zip", kind="application/zip"
        )


class StudioProjectPredictions(ProjectView):
    @extend_schema(operation_id="studio_project_predictions", responses=BundleOut)
    def get(self, request: MemberApiRequest, project_id: UUID, place: int) -> Response:
        """Say where the answers of a model that cannot be kept lie for a short while."""
        found = predictions_of(own(request, project_id), place)
        return _lies_at(request, found, filename="answers.csv", kind="text/csv")


def _lies_at(
    request: MemberApiRequest, blob: Blob, *, filename: str, kind: str
) -> Response:
    address = signed_url(blob, filename=filename, content_type=kind, now=timezone.now())
    told = {
        "url": request.build_absolute_uri(address),
        "sha256": blob.sha256,
        "size_bytes": blob.size_bytes,
    }
    return Response(BundleOut(told).data)


def projects_of(request: Request) -> QuerySet[Project]:
    return visible_to(request.user).select_related(
        "dataset__namespace", "run", "published__namespace", "bundle"
    )


def own(request: Request, project_id: UUID) -> Project:
    """Return a project of the caller's own, or 404."""
    return get_object_or_404(projects_of(request), pk=project_id)


def accepted(request: Request, project_id: UUID) -> Response:
    """Answer with a project as it is now, while a worker has yet to do its part."""
    return Response(ProjectOut(own(request, project_id)).data, status.HTTP_202_ACCEPTED)
