"""Find repositories in lists: by author, words, tags; sorted, and page by page."""

from huggingface_hub import HfApi
from words import tell, told

asked, api = told(), HfApi()
for number in range(asked.many):
    name = f"{asked.prefix}-{number}"
    api.create_repo(name, repo_type="dataset")
    if number % 2:
        card = b"---\ntags: [odd-one]\nlanguage: [el]\n---\n# Odd\n"
        api.upload_file(
            repo_id=name,
            repo_type="dataset",
            path_or_fileobj=card,
            path_in_repo="README.md",
        )
author, _, stem = asked.prefix.partition("/")


def names(**how) -> list[str]:
    return [each.id for each in api.list_datasets(author=author, search=stem, **how)]


full = next(iter(api.list_datasets(author=author, search=stem, full=True, limit=1)))
tell(
    all=sorted(names()),
    newest=names(sort="created_at"),
    changed=names(sort="last_modified"),
    limited=len(names(limit=asked.many - 1)),
    odd=sorted(names(filter="odd-one")),
    greek=sorted(names(language="el")),
    none=names(filter="nobody-has-this"),
    models=[each.id for each in api.list_models(author=author, search=stem)],
    full=[full.id, full.private, full.sha is not None, full.tags is not None],
    pages=len(
        list(api.list_repo_tree(asked.paged, repo_type="dataset", recursive=True))
    )
    if asked.paged
    else None,
)
