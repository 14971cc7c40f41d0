"""The programs that lessons print, as files that tests run."""

from pathlib import Path

PROGRAMS = {
    path.stem: path.read_text()
    for path in Path(__file__).parents[1].joinpath("examples").glob("*.py")
}
PEOPLE = """\
stoa=".venv/bin/python manage.py"
$stoa create_account sally --email sally@example.org
$stoa create_account bob --email bob@example.org
$stoa create_account olga --email olga@example.org --staff
echo export SELLER_TOKEN=$($stoa issue_token sally --scopes read repo:write order:write)
echo export BUYER_TOKEN=$($stoa issue_token bob --scopes read order:write)
echo export OPERATOR_TOKEN=$($stoa issue_token olga --scopes read staff money:write)
"""
CONNECT = """\
pip install huggingface_hub datasets
export HF_ENDPOINT={base_url}
"""


def examples(base_url: str) -> dict[str, str]:
    """Return the text of every example by name, for the site at `base_url`."""
    files = f"{base_url}/api/v1/datasets/NAME/DATASET/files/rows.csv"
    return {
        **PROGRAMS,
        "people": PEOPLE,
        "connect": CONNECT.format(base_url=base_url),
        "upload": f'curl -H "Authorization: Bearer $STOA_TOKEN" '
        f"--upload-file rows.csv \\\n  {files}",
        "download": f'curl -L -H "Authorization: Bearer $STOA_TOKEN" \\\n'
        f"  -o rows.csv {files}",
    }
