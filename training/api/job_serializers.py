"""Jobs and their runs on the wire: `…In` we accept, `…Out` we answer; none saves."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from marketplace.catalog.models import Kind, Visibility
from training.notebooks.models import (
    STANDARD,
    Execution,
    ExecutionInput,
    Job,
    OutputFile,
    Schedule,
)
from training.notebooks.sources import MOST_SOURCE_BYTES
from training.runs.models import RunStatus

INPUT = r"\A[^/\s@]{1,96}/[^/\s@]{1,96}(@[^\s]{1,250})?\Z"


class JobIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    file = serializers.FileField(
        required=False, help_text="A notebook or script, as a form; or `content`."
    )
    content = serializers.CharField(
        required=False,
        max_length=MOST_SOURCE_BYTES,
        trim_whitespace=False,
        help_text="The script, or the JSON of the notebook.",
    )
    inputs = serializers.ListField(
        child=serializers.RegexField(INPUT, max_length=450),
        max_length=100,
        default=list,
        help_text="Datasets, as `namespace/name` or `namespace/name@revision`.",
    )
    parameters = serializers.DictField(
        default=dict,
        help_text="Defaults by name. The type of each is that of what a run may give.",
    )
    environment = serializers.CharField(max_length=60, default=STANDARD)
    minutes = serializers.IntegerField(default=10, min_value=1, max_value=10**6)
    memory_mib = serializers.IntegerField(default=1024, min_value=1, max_value=2**20)
    uses_gpu = serializers.BooleanField(default=False)
    schedule = serializers.ChoiceField(Schedule.choices, default=Schedule.NEVER.value)
    at_time = serializers.TimeField(default=None, allow_null=True)
    weekday = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=0,
        max_value=6,
        help_text="Of a weekly schedule; 0 is Monday.",
    )
    zone = serializers.CharField(
        max_length=64,
        default="",
        allow_blank=True,
        help_text="As IANA names it, such as Europe/Athens.",
    )


class JobChangeIn(JobIn):
    """What of a job is to change; the rest stays."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, partial=True, **kwargs)


class JobRunIn(serializers.Serializer[Any]):
    parameters = serializers.DictField(
        default=dict, help_text="Instead of the job's own, by name."
    )


class JobScheduleIn(serializers.Serializer[Any]):
    is_paused = serializers.BooleanField()


class JobPublishIn(serializers.Serializer[Any]):
    namespace = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=96)
    title = serializers.CharField(max_length=200, default="", allow_blank=True)
    kind = serializers.ChoiceField(Kind.choices)
    licence_id = serializers.CharField(max_length=100, default="", allow_blank=True)
    visibility = serializers.ChoiceField(
        Visibility.choices, default=Visibility.PRIVATE.value
    )
    has_notebook = serializers.BooleanField(
        default=False, help_text="With the executed notebook."
    )


class JobPublishedOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(Kind.choices)
    address = serializers.CharField(help_text="`namespace/name`.")


class OwnJobOut(serializers.ModelSerializer[Job]):
    inputs = serializers.SerializerMethodField()
    parameters = serializers.DictField(read_only=True)
    source_sha256 = serializers.CharField(source="source_id", read_only=True)

    class Meta:
        model = Job
        fields = read_only_fields = [
            *("id", "name", "kind", "version", "source_sha256", "environment"),
            *("parameters", "inputs", "uses_gpu", "minutes", "memory_mib", "made_at"),
            *("edited_at", "schedule", "at_time", "weekday", "zone", "next_at"),
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_inputs(self, job: Job) -> list[str]:
        return [str(each) for each in job.inputs.all()]


class JobRunInputOut(serializers.ModelSerializer[ExecutionInput]):
    dataset = serializers.CharField(source="address", read_only=True)
    revision = serializers.CharField(source="oid", read_only=True)

    class Meta:
        model = ExecutionInput
        fields = read_only_fields = ["dataset", "revision"]


class OutputFileOut(serializers.ModelSerializer[OutputFile]):
    sha256 = serializers.CharField(source="blob_id", read_only=True)
    size_bytes = serializers.IntegerField(source="blob.size_bytes", read_only=True)

    class Meta:
        model = OutputFile
        fields = read_only_fields = ["path", "sha256", "size_bytes"]


class JobRunOut(serializers.ModelSerializer[Execution]):
    job = serializers.UUIDField(source="job_id", read_only=True)
    run = serializers.UUIDField(source="run_id", read_only=True)
    status = serializers.ChoiceField(
        RunStatus.choices, source="run.status", read_only=True
    )
    started_at = serializers.DateTimeField(
        source="run.started_at", read_only=True, allow_null=True
    )
    finished_at = serializers.DateTimeField(
        source="run.finished_at", read_only=True, allow_null=True
    )
    failure_code = serializers.CharField(source="run.failure_code", read_only=True)
    failure_message = serializers.CharField(
        source="run.failure_message", read_only=True
    )
    log_tail = serializers.ListField(
        child=serializers.CharField(), source="run.log_tail", read_only=True
    )
    parameters = serializers.DictField(read_only=True)
    source_sha256 = serializers.CharField(source="source_id", read_only=True)
    inputs = JobRunInputOut(many=True, read_only=True)
    files = OutputFileOut(many=True, read_only=True)
    has_notebook = serializers.SerializerMethodField()
    published = serializers.SerializerMethodField()

    class Meta:
        model = Execution
        fields = read_only_fields = [
            *("job", "number", "run", "status", "asked_at", "started_at"),
            *("finished_at", "is_scheduled", "kind", "version", "source_sha256"),
            *("environment", "parameters", "uses_gpu", "minutes", "memory_mib"),
            *("inputs", "failure_code", "failure_message", "log_tail", "files"),
            *("has_notebook", "published"),
        ]

    def get_has_notebook(self, execution: Execution) -> bool:
        return execution.notebook_id is not None

    def get_published(self, execution: Execution) -> str | None:
        return str(execution.published) if execution.published else None
