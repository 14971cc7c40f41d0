"""Models that answer, over HTTP: how one is called, a prediction, how often it was."""

import uuid
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.accounts.http import MemberApiRequest, MemberOnly
from marketplace.accounts.models import Scope
from marketplace.catalog.models import Kind
from marketplace.catalog.permissions import CHANGE, require
from marketplace.catalog.queries import find_repository
from marketplace.kit.errors import Malformed
from marketplace.kit.idempotency import idempotent_service
from marketplace.kit.parsers import JSONParser
from training.runs.models import RunStatus
from training.serving.asking import (
    MOST_PICTURE_BYTES,
    Asked,
    picture_asked,
    rows_asked,
    texts_asked,
)
from training.serving.models import Prediction, Way
from training.serving.permissions import visible_to
from training.serving.queries import served_to, uses_of
from training.serving.services import ask
from training.serving.telling import sentence_of
from training.serving.waiting import seconds_preferred, waited
from training.signatures import Signature

SEND = "rows: send rows, texts or a picture, as the model takes them."
LACKING = dict.fromkeys(("probabilities", "set", "interval", "judged"))


class PredictIn(serializers.Serializer[Any]):
    """One of the three, as the model takes it."""

    rows = serializers.ListField(child=serializers.DictField(), required=False)
    texts = serializers.ListField(child=serializers.CharField(), required=False)
    picture = serializers.FileField(required=False)


class WrongedOut(serializers.Serializer[Any]):
    term = serializers.CharField()
    rate = serializers.FloatField()


class EdgesOut(serializers.Serializer[Any]):
    """It says yes from a share of `high` of `flagged` on, no below `low`, else neither."""

    flagged = serializers.CharField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    precision = serializers.FloatField()
    missed = serializers.FloatField()
    wronged = WrongedOut(many=True)


class JudgedOut(EdgesOut):
    """What a judge of people's words found, beside yes, no or not sure."""

    share = serializers.FloatField()


class AnswerOut(serializers.Serializer[Any]):
    """One answer. Null is a prediction of what is unknown; `guess` is there even then."""

    prediction = serializers.JSONField(allow_null=True)
    guess = serializers.JSONField()
    unknown = serializers.BooleanField()
    p = serializers.FloatField(allow_null=True)
    probabilities = serializers.DictField(
        child=serializers.FloatField(), allow_null=True
    )
    set = serializers.ListField(child=serializers.CharField(), allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    judged = JudgedOut(allow_null=True)
    sentence = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField())


class PredictionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    model = serializers.CharField()
    version = serializers.CharField()
    status = serializers.ChoiceField(RunStatus.choices)
    url = serializers.CharField()
    asked_at = serializers.DateTimeField()
    target = serializers.CharField()
    answers = AnswerOut(many=True, allow_null=True)
    failure = serializers.CharField(allow_null=True)
    cpu_seconds = serializers.FloatField(allow_null=True)


class SignatureColumnOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    example = serializers.CharField()


class SignatureOut(serializers.Serializer[Any]):
    takes = serializers.CharField()
    target = serializers.CharField()
    classes = serializers.ListField(child=serializers.CharField())
    columns = SignatureColumnOut(many=True)
    policy = EdgesOut(allow_null=True)
    file = serializers.CharField()
    version = serializers.CharField()
    knows_unknown = serializers.BooleanField()


class DayOfUseOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    requests = serializers.IntegerField()
    inputs = serializers.IntegerField()
    unknown = serializers.IntegerField()
    accounts = serializers.IntegerField()
    cpu_seconds = serializers.FloatField()


def prediction_out(request: Request, prediction: Prediction) -> dict[str, Any]:
    run, target = prediction.run, prediction.target
    at = f"/api/v1/predictions/{prediction.pk}"
    usage = run.usage or {}
    told = {
        "id": prediction.pk,
        "model": str(prediction.repository),
        "version": prediction.commit.oid,
        "status": run.status,
        "url": request.build_absolute_uri(at),
        "asked_at": prediction.asked_at,
        "target": target,
        "answers": prediction.answers
        and [
            {**LACKING, **one, "sentence": sentence_of(one, target=target)}
            for one in prediction.told
        ],
        "failure": run.failure_message or None,
        "cpu_seconds": usage.get("cpu_seconds"),
    }
    return dict(PredictionOut(told).data)


def answer_out(request: Request, prediction: Prediction) -> Response:
    """Answer with what a model answered, or with where that will be."""
    answer = prediction_out(request, prediction)
    if prediction.run.is_live:
        headers = {"Location": answer["url"], "Retry-After": "1"}
        return Response(answer, status.HTTP_202_ACCEPTED, headers=headers)
    return Response(answer)


class ModelPredict(APIView):
    parser_classes = [JSONParser, MultiPartParser]
    write_scope = Scope.RUN_WRITE

    @extend_schema(operation_id="model_signature", responses=SignatureOut)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Say how a model is called: what it takes, and what it answers."""
        model = find_repository(
            request.user, kind=Kind.MODEL, namespace=namespace, name=name
        )
        called = served_to(request.user, repository=model, at=timezone.now())
        signature = called.signature.as_json()
        about = {
            "file": called.file.path,
            "version": called.commit.oid,
            "knows_unknown": called.calibration is not None,
        }
        return Response(SignatureOut(signature | about).data)

    @extend_schema(
        operation_id="model_predict",
        parameters=[
            OpenApiParameter(
                "Prefer",
                str,
                OpenApiParameter.HEADER,
                description="`wait=10` is how many seconds to wait for the answer, at "
                "most; `respond-async` is none (RFC 7240).",
            )
        ],
        request={"application/json": PredictIn, "multipart/form-data": PredictIn},
        responses={200: PredictionOut, 202: PredictionOut},
    )
    @idempotent_service
    def post(self, request: MemberApiRequest, namespace: str, name: str) -> Response:
        """Have a model answer: 200 with the answers, or 202 and where they will be."""
        model = find_repository(
            request.user, kind=Kind.MODEL, namespace=namespace, name=name
        )
        prediction = ask(
            request.user,
            repository=model,
            judge=lambda signature: asked_in(request, signature),
            way=Way.API,
            asked_at=timezone.now(),
        )
        seconds = seconds_preferred(request.headers.get("Prefer", ""))
        return answer_out(request, waited(prediction, seconds=seconds))


def body_of(request: Request) -> dict[str, Any]:
    """Return what was sent.

    Raises:
        Malformed: it is no record, or nothing in it can be asked.
    """
    body = request.data
    if not isinstance(body, dict) or not {"rows", "texts", "picture"} & set(body):
        raise Malformed(SEND)
    return body


def asked_in(request: Request, signature: Signature) -> Asked:
    """Read rows, texts or a picture, as a model takes them.

    Raises:
        Malformed: it is none of them, or not as the model takes it.
    """
    body = body_of(request)
    if "picture" in request.FILES:
        with request.FILES["picture"].open() as file:
            return picture_asked(signature, file.read(MOST_PICTURE_BYTES + 1))
    if len({"rows", "texts"} & set(body)) != 1:
        raise Malformed(SEND)
    if "rows" in body:
        return rows_asked(signature, body["rows"])
    return texts_asked(signature, body["texts"])


class PredictionDetail(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="prediction_read", responses=PredictionOut)
    def get(self, request: MemberApiRequest, prediction_id: uuid.UUID) -> Response:
        """Say what became of something that one asked a model."""
        own = visible_to(request.user).select_related(
            "run", "commit", "repository__namespace"
        )
        return Response(
            prediction_out(request, get_object_or_404(own, pk=prediction_id))
        )


class ModelUses(APIView):
    @extend_schema(operation_id="model_uses", responses=DayOfUseOut(many=True))
    def get(self, request: Request, namespace: str, name: str) -> Response:
        """Say how often a model answered on each of the last thirty days."""
        model = find_repository(
            request.user, kind=Kind.MODEL, namespace=namespace, name=name
        )
        require(request.user, CHANGE, model)
        uses = uses_of(model, today=timezone.now().date())
        return Response(DayOfUseOut(uses, many=True).data)
