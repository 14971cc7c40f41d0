"""Copy a large file elsewhere, find a model by its size; commit as a job of CI."""

import tempfile
from pathlib import Path

from huggingface_hub import (
    CommitOperationCopy,
    HfApi,
    HfFileSystem,
    hf_hub_download,
    snapshot_download,
)
from words import digest, refusal, tell, told

asked, api = told(), HfApi()
match asked.step:
    case "copy":
        data = bytes.fromhex(asked.weights) + b"\1" * asked.size
        api.create_repo(asked.source, private=True)
        api.create_repo(asked.target, repo_type="dataset")
        api.upload_file(
            path_or_fileobj=data,
            path_in_repo="model.safetensors",
            repo_id=asked.source,
        )
        one = CommitOperationCopy(
            "model.safetensors",
            "kept/copy.bin",
            src_repo_id=asked.source,
            src_repo_type="model",
        )
        api.create_commit(
            asked.target, [one], commit_message="Copy", repo_type="dataset"
        )
        copied = hf_hub_download(asked.target, "kept/copy.bin", repo_type="dataset")
        whole = Path(snapshot_download(asked.source)) / "model.safetensors"
        with tempfile.TemporaryDirectory() as folder:
            taken = Path(folder) / "taken"
            HfFileSystem().get_file(f"{asked.source}/model.safetensors", str(taken))
            tell(
                same=[
                    digest(each.read_bytes()) == digest(data)
                    for each in (Path(copied), whole, taken)
                ],
                found=[
                    [each.id for each in api.list_models(num_parameters=wanted)]
                    for wanted in ("min:12K,max:12.5K", "min:13K")
                ],
            )
    case "take":
        one = CommitOperationCopy(
            "model.safetensors",
            "stolen.bin",
            src_repo_id=asked.source,
            src_repo_type="model",
        )
        api.create_repo(asked.target)
        tell(
            refused=refusal(
                api.create_commit, asked.target, [one], commit_message="Copy"
            ),
            files=api.list_repo_files(asked.target),
        )
    case "publish":
        api.create_repo(asked.source, exist_ok=True)
        api.upload_file(
            path_or_fileobj=b"\2" * asked.size,
            path_in_repo="built.bin",
            repo_id=asked.source,
        )
        tell(
            who=api.whoami()["name"],
            files=api.list_repo_files(asked.source),
            other=refusal(api.create_repo, f"{asked.source}-other"),
            hidden=refusal(api.list_repo_files, asked.hidden),
            settings=refusal(api.update_repo_settings, asked.source, private=False),
        )
