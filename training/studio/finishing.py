"""Makes the model that a person keeps, and judges it once. Only workers import it."""

import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy, open_blob
from training.backbones import Backbone
from training.jobs import MIB, Limits
from training.learning import LEARNERS, Candidate
from training.runner.studio.bundling import (
    BACKBONE_LICENCE,
    MODEL,
    MODEL_NETWORK,
    MODEL_ONNX,
    BuiltOn,
    Provenance,
    bundle_of,
)
from training.runner.studio.calling import calling_of
from training.runner.studio.encoding import encoded
from training.runner.studio.exporting import export
from training.runner.studio.facts import BACKBONE_ONNX, TOKENIZER, Kept
from training.runner.studio.judged_words import policy_of
from training.runner.studio.keeping import judge, keep
from training.runner.studio.networks import keep_slice
from training.runner.studio.recalibration import held_back_mean, recalibration_for
from training.signatures import (
    CALIBRATION,
    SIGNATURE,
    FileKind,
    ModelFile,
)
from training.studio.bench import (
    MEMORY_BYTES,
    Bench,
    Found,
    Ready,
    checkpoint_of,
    fitted_in,
    ready_of,
    stored,
)
from training.studio.models import Project
from training.studio.placed import terms_of
from training.studio.tuning import WEIGHS, backbone_of, tuned_anew

AFTERWARDS = Limits(memory_bytes=MEMORY_BYTES, cpu_seconds=900, wall_seconds=900.0)


def keep_step(project: Project, bench: Bench) -> Found:
    ready = ready_of(project)
    trials = {trial.key: trial for trial in project.trials.exclude(answers=None)}
    members = {trials[key].candidate: float(weight) for key, weight in project.members}
    with local_copy(ready.learning) as learning, ExitStack() as held:
        tuning = next((one for one in members if LEARNERS[one.learner].is_tuned), None)
        if tuning is not None:
            project.encoder = tuned_anew(learning, tuning, ready, bench)
            members = {Candidate(WEIGHS, tuning.seed): 1.0}
        backbone = held.enter_context(backbone_of(project, bench))
        learnt_from: Path | bytes = learning
        if tuning is not None and backbone is not None:
            learnt_from, ready = _seen_by(backbone, learning, ready, bench)
        kept = _kept(project, members, learnt_from, ready, bench)
        kept = replace(kept, backbone=backbone)
        found, _ = fitted_in(project, learning, ready.facts)
        weights = {key: float(weight) for key, weight in project.members}
        choice = recalibration_for(found, weights, learning, facts=ready.facts)
        policy = None
        if ready.plan.flagged:
            policy = policy_of(
                kept,
                held_back_mean(found, weights, learning),
                learning,
                plan=ready.plan,
                facts=ready.facts,
                recalibration=choice.by,
                limits=AFTERWARDS,
                sandbox=bench.sandbox,
            )
        if ready.facts.classes:
            bench.write(choice.told)
        bench.write(f"The model takes {len(kept.model) / MIB:.1f} MiB.")
        files, beside = _exported(kept, learning, ready, bench)
        beside |= calling_of(
            found,
            weights,
            learning,
            plan=ready.plan,
            facts=ready.facts,
            recalibration=choice.by,
            policy=policy,
            files=files,
        )
        project.recalibration, project.policy = choice.as_json(), policy
        return {
            "model": stored(kept.model, bench.clock),
            "types": list(kept.types),
            "bundle": _bundled(project, kept, ready, None, beside, bench),
            "recalibration": project.recalibration,
            "policy": policy,
            "kept_at": bench.clock(),
            "checkpoint": None,
            "encoder": project.encoder,
        }


def _seen_by(
    backbone: Backbone, learning: Path, ready: Ready, bench: Bench
) -> tuple[bytes, Ready]:
    """Return the rows as an encoder that was fine-tuned sees them, and what is told."""
    seen, facts = encoded(
        learning,
        backbone,
        facts=ready.facts,
        limits=AFTERWARDS,
        sandbox=bench.sandbox,
        stop=bench.pulse.stop,
    )
    return seen, replace(ready, facts=replace(ready.facts, backbone=facts))


def _kept(
    project: Project,
    members: Mapping[Candidate, float],
    learning: Path | bytes,
    ready: Ready,
    bench: Bench,
) -> Kept:
    """Fit what is kept to all rows but those of the test; a network, slice by slice."""
    network = next((one for one in members if LEARNERS[one.learner].is_network), None)
    if network is None:
        return keep(
            learning,
            members,
            facts=ready.facts,
            limits=AFTERWARDS,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
        )
    while True:
        found = keep_slice(
            learning,
            network,
            checkpoint=checkpoint_of(project),
            facts=ready.facts,
            limits=AFTERWARDS,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
            on_log=bench.write,
        )
        if isinstance(found, Kept):
            return found
        bench.put_down(project, found.checkpoint)


def _exported(
    kept: Kept, learning: Path, ready: Ready, bench: Bench
) -> tuple[list[ModelFile], dict[str, bytes]]:
    """Return the model's files, the one to be run first; and the export if there is one."""
    original = (
        ModelFile(MODEL_NETWORK, FileKind.SAFETENSORS)
        if kept.is_network
        else ModelFile(MODEL, FileKind.SKOPS)
    )
    exported = export(
        kept.model,
        learning,
        facts=ready.facts,
        limits=AFTERWARDS,
        sandbox=bench.sandbox,
        stop=bench.pulse.stop,
    )
    if exported.onnx is None:
        bench.write(f"There is no ONNX of it. {exported.why}")
        return [original], {}
    largest = exported.largest_difference
    bench.write(f"As ONNX it answers the same but for {largest:.1g} at most.")
    first = ModelFile(MODEL_ONNX, FileKind.ONNX, largest)
    return [first, original], {MODEL_ONNX: exported.onnx}


def _beside(bundle_id: str) -> dict[str, bytes]:
    """Return what keeping put beside the model, which the test changes nothing about."""
    with open_blob(bundle_id) as file, zipfile.ZipFile(file) as archive:
        there = set(archive.namelist()) & {MODEL_ONNX, SIGNATURE, CALIBRATION}
        return {name: archive.read(name) for name in sorted(there)}


def _built_on(backbone: Backbone) -> BuiltOn:
    """Return a placed model for a bundle: whole if its licence lets it be passed on."""
    terms, files = terms_of(backbone.word), {}
    if terms.may_be_passed_on:
        files[BACKBONE_ONNX] = backbone.model.read_bytes()
        if backbone.tokenizer is not None:
            files[TOKENIZER] = backbone.tokenizer.read_bytes()
        if terms.text:
            files[BACKBONE_LICENCE] = terms.text.encode()
    told = {name: one for name, one in asdict(terms).items() if name != "text"}
    return BuiltOn(backbone.word, told, files)


def _bundled(
    project: Project,
    kept: Kept,
    ready: Ready,
    scores: list[dict[str, Any]] | None,
    beside: Mapping[str, bytes],
    bench: Bench,
) -> Blob:
    provenance = Provenance(
        members=tuple((str(key), float(weight)) for key, weight in project.members),
        recalibration=project.recalibration_choice.by,
        scores=scores,
        source=f"{project.path}, SHA-256 {project.table_id}",
        policy=project.policy,
        built_on=_built_on(kept.backbone) if kept.backbone else None,
    )
    with local_copy(ready.learning) as learning, local_copy(ready.test) as test:
        content = bundle_of(
            kept,
            plan=ready.plan,
            facts=ready.facts,
            learning=learning,
            test=test,
            provenance=provenance,
            beside=beside,
        )
    return stored(content, bench.clock)


def judge_step(project: Project, bench: Bench) -> Found:
    ready = ready_of(project)
    with (
        local_copy(str(project.model_id)) as model,
        local_copy(ready.test) as test,
        backbone_of(project, bench) as backbone,
    ):
        judged = judge(
            model,
            test,
            recalibration=project.recalibration_choice.by,
            facts=ready.facts,
            limits=AFTERWARDS,
            sandbox=bench.sandbox,
            stop=bench.pulse.stop,
            backbone=backbone,
        )
        kept = Kept(model.read_bytes(), tuple(project.types), backbone)
        scores = [asdict(score) for score in judged.scores]
        beside = _beside(str(project.bundle_id))
        bundle = _bundled(project, kept, ready, scores, beside, bench)
    return {
        "test_scores": scores,
        "speed": dict(judged.speed),
        "bundle": bundle,
    }
