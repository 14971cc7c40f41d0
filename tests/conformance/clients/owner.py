"""Open, gate, close, move and delete a repository, one step each time it is run."""

from huggingface_hub import HfApi
from words import refusal, tell, told

asked, api = told(), HfApi()
where = {"repo_id": asked.repository, "repo_type": "dataset"}
match asked.step:
    case "create":
        api.create_repo(**where, private=asked.private)
        api.upload_file(**where, path_or_fileobj=b"n\n1\n", path_in_repo="rows.csv")
        tell()
    case "gate":
        api.update_repo_settings(**where, gated=asked.gated)
        tell(gated=api.dataset_info(asked.repository).gated)
    case "publish":
        api.update_repo_settings(**where, private=False)
        tell(private=api.dataset_info(asked.repository).private)
    case "requests":
        pending = list(api.list_pending_access_requests(**where))
        tell(pending=[[each.username, each.status] for each in pending])
    case "accept":
        api.accept_access_request(**where, user=asked.user)
        accepted = list(api.list_accepted_access_requests(**where))
        tell(accepted=[each.username for each in accepted])
    case "grant":
        api.grant_access(**where, user=asked.user)
        tell()
    case "move":
        api.move_repo(asked.repository, asked.to, repo_type="dataset")
        tell(
            files=api.list_repo_files(**where),
            id=api.dataset_info(asked.repository).id,
        )
    case "delete":
        api.delete_repo(**where)
        again = refusal(api.delete_repo, **where)
        api.delete_repo(**where, missing_ok=True)
        tell(again=again, exists=api.repo_exists(**where))
