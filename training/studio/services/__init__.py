"""What a person does in the studio."""

from training.studio.services.choices import Choice
from training.studio.services.keeping import (
    NotOurs,
    NotTrained,
    TestOpened,
    bundle_with_report,
    keep_model,
    open_test,
)
from training.studio.services.projects import (
    AtWork,
    TooManyProjects,
    begin_project,
    discard_project,
    do_again,
    go_on,
    pause,
    train,
)
from training.studio.services.scheduling import start_due
from training.studio.services.sources import dataset_from
from training.studio.services.watching import (
    look_again,
    tell_of_drift,
    watch_project,
)

__all__ = [
    "AtWork",
    "Choice",
    "NotOurs",
    "NotTrained",
    "TestOpened",
    "TooManyProjects",
    "begin_project",
    "bundle_with_report",
    "dataset_from",
    "discard_project",
    "do_again",
    "go_on",
    "keep_model",
    "look_again",
    "open_test",
    "pause",
    "start_due",
    "tell_of_drift",
    "train",
    "watch_project",
]
