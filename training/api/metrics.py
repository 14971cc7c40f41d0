"""The metrics over HTTP: what each says, where it is defined and what it needs."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.kit.errors import Malformed
from training.contests.catalogue import computed_for, ranking_for
from training.contests.models import Task
from training.kinds import METRIC_FACTS


class MetricOut(serializers.Serializer[Any]):
    name = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    reading = serializers.CharField(
        read_only=True, help_text="What a value means, and when it misleads."
    )
    tasks = serializers.ListField(
        child=serializers.ChoiceField(Task.choices), read_only=True
    )
    may_rank = serializers.BooleanField(read_only=True)
    greater_is_better = serializers.BooleanField(read_only=True)
    least = serializers.FloatField(read_only=True, allow_null=True)
    most = serializers.FloatField(read_only=True, allow_null=True)
    interval = serializers.CharField(
        read_only=True, help_text="How its 95 % interval comes about."
    )
    source = serializers.CharField(  # type: ignore[assignment]  # a name DRF has, too
        read_only=True
    )


class MetricList(APIView):
    @extend_schema(
        operation_id="metric_list",
        parameters=[OpenApiParameter("task", str, enum=Task.values)],
        responses=MetricOut(many=True),
    )
    def get(self, request: Request) -> Response:
        """List all metrics, or those of one kind of task."""
        task = request.query_params.get("task", "")
        if task and task not in Task.values:
            raise Malformed(f"task: give one of {', '.join(Task.values)}.")
        names = computed_for(task) if task else list(METRIC_FACTS)
        rankable = {name for each in Task.values for name in ranking_for(each)}
        told = [_told(name, may_rank=name in rankable) for name in names]
        return Response(MetricOut(told, many=True).data)


def _told(name: str, *, may_rank: bool) -> dict[str, Any]:
    facts = METRIC_FACTS[name]
    return {
        "name": name,
        "title": facts.title,
        "description": facts.description,
        "reading": facts.reading,
        "tasks": [kind.value for kind in facts.kinds],
        "may_rank": may_rank,
        "greater_is_better": facts.is_greater_better,
        "least": facts.least,
        "most": facts.most,
        "interval": facts.interval,
        "source": facts.source,
    }
