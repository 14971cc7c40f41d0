"""How a model may be called, over HTTP: have it proposed, word it, try it, commit it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest
from marketplace.accounts.models import Scope
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import find_repository
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent_service
from marketplace.kit.parsers import JSONParser
from training.api.serving import (
    PredictIn,
    PredictionOut,
    answer_out,
    asked_in,
    body_of,
)
from training.runs.models import RunStatus
from training.serving.models import SignatureDraft, Way
from training.serving.queries import draft_of, worded
from training.serving.services import (
    NoDraft,
    ask_draft,
    calibrate_draft,
    commit_signature,
    propose_signature,
    word_signature,
)
from training.serving.services.asking import NO_DRAFT
from training.serving.waiting import seconds_preferred, waited
from training.signature_words import SignatureUnusable
from training.signatures import Signature


class SignatureDraftIn(serializers.Serializer[Any]):
    """Which file of the newest version is to be read."""

    path = serializers.CharField(max_length=1000)


class SignatureWordsIn(serializers.Serializer[Any]):
    """A whole `signature.json`."""

    signature = serializers.DictField()


class SignatureCalibrateIn(serializers.Serializer[Any]):
    """Rows or pictures whose answers are known, which the model has not learnt from.

    `columns` are the one with texts, if it takes texts, and the one that it tells. Of
    pictures there are none: `table_path` is a zip, or a folder with a slash at its end,
    that has a folder of pictures for each class.
    """

    dataset = serializers.RegexField(r"^[^/\s]+/[^/\s]+$", max_length=193)
    table_path = serializers.CharField(max_length=1000)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=2
    )


class SignatureDraftOut(serializers.Serializer[Any]):
    """A proposal. `notes` are what the file leaves open, `faults` why nothing would fit."""

    path = serializers.CharField()
    version = serializers.CharField()
    status = serializers.ChoiceField(RunStatus.choices)
    failure = serializers.CharField(allow_null=True)
    asked_at = serializers.DateTimeField()
    described = serializers.JSONField(allow_null=True)
    signature = serializers.JSONField(allow_null=True)
    is_calibrated = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())
    faults = serializers.ListField(child=serializers.CharField())


class SignatureCommittedOut(serializers.Serializer[Any]):
    version = serializers.CharField()


def draft_out(draft: SignatureDraft) -> dict[str, Any]:
    proposed = worded(draft)
    signature = proposed.signature
    told = {
        "path": draft.path,
        "version": draft.commit.oid,
        "status": draft.run.status,
        "failure": draft.run.failure_message or None,
        "asked_at": draft.asked_at,
        "described": draft.described,
        "signature": None if signature is None else signature.as_json(),
        "is_calibrated": draft.calibration_id is not None,
        "notes": proposed.notes,
        "faults": proposed.faults,
    }
    return dict(SignatureDraftOut(told).data)


def _model(request: Request, namespace: str, name: str) -> Repository:
    """Return a model for one who may change it."""
    model = find_repository(
        request.user, kind=Kind.MODEL, namespace=namespace, name=name
    )
    require(request.user, CHANGE, model)
    return model


class SignatureDraftDetail(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="signature_draft_read", responses=SignatureDraftOut)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Say what is proposed of how a model is called, and how far that is."""
        draft = draft_of(_model(request, namespace, name))
        if draft is None:
            raise NoDraft(NO_DRAFT)
        return Response(draft_out(draft))

    @extend_schema(
        operation_id="signature_draft_propose",
        request=SignatureDraftIn,
        responses={202: SignatureDraftOut},
    )
    @idempotent_service
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Have a worker read a file, and propose how it is called."""
        model = _model(request, namespace, name)
        asked = SignatureDraftIn(data=request.data)
        asked.is_valid(raise_exception=True)
        draft = propose_signature(
            request.user,
            repository=model,
            path=asked.validated_data["path"],
            asked_at=timezone.now(),
        )
        return Response(draft_out(draft), status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="signature_draft_word",
        request=SignatureWordsIn,
        responses=SignatureDraftOut,
    )
    def put(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Word what is proposed; it is kept to be tried and committed."""
        model = _model(request, namespace, name)
        asked = SignatureWordsIn(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            signature = Signature.from_json(asked.validated_data["signature"])
        except SignatureUnusable as fault:
            raise Malformed(f"signature: {fault}.") from fault
        return Response(
            draft_out(
                word_signature(request.user, repository=model, signature=signature)
            )
        )


class SignatureDraftPredict(APIView):
    parser_classes = [JSONParser, MultiPartParser]
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="signature_draft_predict",
        request={"application/json": PredictIn, "multipart/form-data": PredictIn},
        responses={200: PredictionOut, 202: PredictionOut},
    )
    @idempotent_service
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Have a model answer by what is proposed, before that is committed."""
        model = _model(request, namespace, name)
        body_of(request)  # what cannot be read is told of though nothing is drafted
        prediction = ask_draft(
            request.user,
            repository=model,
            judge=lambda signature: asked_in(request, signature),
            way=Way.API,
            asked_at=timezone.now(),
        )
        seconds = seconds_preferred(request.headers.get("Prefer", ""))
        return answer_out(request, waited(prediction, seconds=seconds))


class SignatureDraftCalibrate(APIView):
    write_scope = Scope.RUN_WRITE

    @extend_schema(
        operation_id="signature_draft_calibrate",
        request=SignatureCalibrateIn,
        responses={202: SignatureDraftOut},
    )
    @idempotent_service
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Have a model say when it does not know."""
        model = _model(request, namespace, name)
        asked = SignatureCalibrateIn(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        owner, _, dataset = said["dataset"].partition("/")
        draft = calibrate_draft(
            request.user,
            repository=model,
            dataset=find_repository(
                request.user, kind=Kind.DATASET, namespace=owner, name=dataset
            ),
            path=said["table_path"],
            columns=said.get("columns", []),
            asked_at=timezone.now(),
        )
        return Response(draft_out(draft), status.HTTP_202_ACCEPTED)


class SignatureDraftCommit(APIView):
    write_scope = Scope.REPO_WRITE

    @extend_schema(
        operation_id="signature_draft_commit",
        request=None,
        responses={201: SignatureCommittedOut},
    )
    @idempotent_service
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Commit what is proposed, as it is worded, to the model's next version."""
        model = _model(request, namespace, name)
        commit = commit_signature(request.user, repository=model, at=timezone.now())
        told = SignatureCommittedOut({"version": commit.oid}).data
        return Response(told, status.HTTP_201_CREATED)
