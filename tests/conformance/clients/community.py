"""Discuss, propose and merge changes."""

from huggingface_hub import CommitOperationAdd, HfApi
from words import refusal, tell, told

asked, api = told(), HfApi()
where = {"repo_id": asked.repository, "repo_type": "dataset"}
match asked.step:
    case "propose":
        talk = api.create_discussion(
            **where, title="Which units?", description="Celsius or Kelvin?"
        )
        api.comment_discussion(**where, discussion_num=talk.num, comment="Any idea?")
        proposed = api.create_commit(
            **where,
            operations=[CommitOperationAdd("units.txt", b"Celsius\n")],
            commit_message="Name the units",
            create_pr=True,
        )
        more = api.upload_file(
            **where,
            path_or_fileobj=b"x" * 70_000 + b"\0",
            path_in_repo="more.bin",
            revision=proposed.pr_revision,
        )
        details = api.get_discussion_details(**where, discussion_num=proposed.pr_num)
        tell(
            talk=talk.num,
            number=proposed.pr_num,
            revision=proposed.pr_revision,
            url=proposed.pr_url,
            more=more.oid,
            is_pull_request=details.is_pull_request,
            status=details.status,
            author=details.author,
            main=api.list_repo_files(**where),
            proposed=api.list_repo_files(**where, revision=proposed.pr_revision),
            merged_by_stranger=refusal(
                api.merge_pull_request, **where, discussion_num=proposed.pr_num
            ),
        )
    case "merge":
        refs = api.list_repo_refs(**where, include_pull_requests=True)
        api.merge_pull_request(**where, discussion_num=asked.number)
        api.rename_discussion(
            **where, discussion_num=asked.talk, new_title="Units of what?"
        )
        api.change_discussion_status(
            **where, discussion_num=asked.talk, new_status="closed"
        )
        talk = api.get_discussion_details(**where, discussion_num=asked.talk)
        tell(
            pull_requests=[each.name for each in refs.pull_requests],
            status=api.get_discussion_details(
                **where, discussion_num=asked.number
            ).status,
            talk=[talk.title, talk.status, [event.type for event in talk.events]],
            main=api.list_repo_files(**where),
            open=[
                each.num
                for each in api.get_repo_discussions(**where, discussion_status="open")
            ],
            all=sorted(each.num for each in api.get_repo_discussions(**where)),
        )
