"""Gate the dataset, let the buyer in, and put a price on it."""

import os

from huggingface_hub import HfApi, get_session
from huggingface_hub.errors import GatedRepoError

api = f"{os.environ['HF_ENDPOINT']}/api/v1"
seller = HfApi(token=os.environ["SELLER_TOKEN"])
buyer = HfApi(token=os.environ["BUYER_TOKEN"])
as_seller = {"Authorization": f"Bearer {seller.token}"}
repository = f"{seller.whoami()['name']}/river-levels"

seller.update_repo_settings(repository, repo_type="dataset", gated="manual")
seller.grant_access(repository, buyer.whoami()["name"], repo_type="dataset")

about = get_session().get(f"{api}/datasets/{repository}", headers=as_seller).json()
offer = get_session().post(
    f"{api}/works/{about['work']}/offers",
    headers=as_seller,
    json={
        "code": "commercial",
        "title": "Commercial use",
        "audience": "COMMERCE",
        "licence": "LicenseRef-Stoa-Commercial-1.0",
        "price": {"minor": 4900, "currency": "EUR"},
    },
)
offer.raise_for_status()
consent = f"{api}/offers/{offer.json()['id']}/consent"
get_session().post(consent, headers=as_seller).raise_for_status()

try:
    buyer.auth_check(repository, repo_type="dataset")
except GatedRepoError as refusal:
    print("Not yet:", refusal)
