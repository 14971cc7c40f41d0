"""What workers do, and what holds strangers' code."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from training.figures.gates import Thresholds

EnvironmentName = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]{0,58}$")]


class Computing(BaseModel):
    """Workers, the sandbox, jobs and what the studio builds on."""

    cpu_hour_minor: int = Field(
        default=0,
        ge=0,
        le=10**6,
        description="What an hour of processor costs here, in minor units: boards may "
        "show what each model cost to run. 0 says nothing. Nobody is charged.",
    )
    worker_concurrency: int = Field(
        default=2, ge=1, le=256, description="Tasks that one worker does at once."
    )
    lease_seconds: int = Field(
        default=60,
        ge=5,
        le=3600,
        description="A run whose worker is silent for so long goes to another.",
    )
    clamd_url: str = Field(
        default="",
        pattern=r"^(|unix:///.+|tcp://.+)$",
        description="ClamAV's daemon: unix:///run/clamav/clamd.ctl or tcp://host:3310.",
    )
    allow_unsandboxed: bool = Field(
        default=False,
        description="Run strangers' models without isolation, for tests; takes DEBUG=1.",
    )
    sandbox_engine: Literal["", "docker", "kubernetes"] = Field(
        default="", description="Hold jobs in containers; unset means our own walls."
    )
    sandbox_image: str = Field(
        default="",
        pattern="^(|.+@sha256:[0-9a-f]{64})$",
        description="The image of jobs, by its digest: Stoa with its worker's libraries.",
    )
    sandbox_runtime: str = Field(
        default="",
        description="The engine's stronger runtime: runsc, or a RuntimeClass.",
    )
    sandbox_namespace: str = Field(
        default="default", description="Where Kubernetes makes jobs."
    )
    sandbox_card: str = Field(
        default="",
        description="What a job that asks for a graphics card gets of the engine: in "
        "Kubernetes a resource, such as nvidia.com/mig-1g.10gb or nvidia.com/gpu.shared, "
        "in Docker a device, such as device=MIG-…. Unset means one whole card.",
    )
    run_torch_programs: bool = Field(
        default=False,
        description="Take TorchScript, torch.export and state dict files in contests. "
        "Loading one may run code of its author; it happens in the sandbox alone.",
    )
    report_gates: Thresholds = Field(
        default=Thresholds(),
        description="Where reports block models, as JSON: violations whose lower bound "
        'is beyond a line, such as {"subgroup_gap": 0.1, "ece": 0.1, '
        '"unknown_auroc": 0.7, "stability": 0.5, "leak_auc": 0.98}.',
    )
    sandbox_python: Path | None = Field(
        default=None, description="The interpreter jobs run under; unset means ours."
    )
    studio_backbones: Path | None = Field(
        default=None,
        description="A folder of models that others trained, which the studio may build "
        "on: ONNX files, and for each a NAME.backbone.json with its SHA-256 and licence.",
    )
    job_environments: dict[EnvironmentName, Path] = Field(
        default={},
        description="More environments for people's notebooks and scripts, as JSON of "
        'names and interpreters: {"geo": "/opt/geo/bin/python"}. All that is installed '
        "beside one may be imported.",
    )
    studio_autogluon_python: Path | None = Field(
        default=None,
        description="An interpreter with autogluon.tabular, for workers of the queue "
        "large: training without code then offers it as the larger tier.",
    )
    job_minutes: int = Field(
        default=60, ge=1, le=10_080, description="The longest that a job may run."
    )
    job_memory_mib: int = Field(
        default=4096, ge=256, le=2**20, description="The most memory of a job."
    )
    jobs_have_gpu: bool = Field(
        default=False,
        description="Jobs may ask for a graphics card; takes a worker of the queue gpu.",
    )
    job_hosts: list[str] = Field(
        default=[],
        description="Hosts that jobs may reach. No wall of this version lets a job out, "
        "so any name is refused at the start.",
    )
