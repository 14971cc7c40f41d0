"""Ask who one is, with a good token, with a bad one, and with none."""

from huggingface_hub import HfApi
from words import refusal, tell, told

asked = told()
me = HfApi().whoami()
tell(
    name=me["name"],
    kind=me["type"],
    organisations=sorted(each["name"] for each in me["orgs"]),
    role=me["auth"]["accessToken"]["role"],
    overview=HfApi().get_user_overview(me["name"]).username,
    bad=refusal(HfApi(token="hf_wrong").whoami),
    bad_public=refusal(HfApi(token="hf_wrong").list_repo_files, asked.public),
)
