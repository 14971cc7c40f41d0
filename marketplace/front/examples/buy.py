"""Accept the terms, order, have the operator confirm the payment, and load."""

import os

from datasets import load_dataset
from huggingface_hub import HfApi, get_session, hf_hub_download

api = f"{os.environ['HF_ENDPOINT']}/api/v1"
repository = "sally/river-levels"
buyer = HfApi(token=os.environ["BUYER_TOKEN"])
as_buyer = {"Authorization": f"Bearer {buyer.token}"}
as_operator = {"Authorization": f"Bearer {os.environ['OPERATOR_TOKEN']}"}


def post(path: str, headers: dict, body: dict) -> dict:
    answer = get_session().post(f"{api}/{path}", headers=headers, json=body)
    answer.raise_for_status()
    return answer.json()


about = get_session().get(f"{api}/datasets/{repository}", headers=as_buyer).json()
offers = get_session().get(f"{api}/works/{about['work']}/offers", headers=as_buyer)
offer = offers.json()["results"][0]
read = {"licence_sha256": offer["licence_sha256"]}
post(f"offers/{offer['id']}/accept", as_buyer, read)
order = post("orders", as_buyer, {"offers": [offer["id"]]})
print("Order", order["number"], "is to be paid:", order["due"])

paid = {
    "bank_reference": f"transfer {order['number']}",
    "amount_minor": order["due"]["minor"],
    "received_on": order["placed_at"][:10],
}
post(f"orders/{order['number']}/confirm", as_operator, paid)

table = load_dataset(repository, split="train", token=buyer.token)
path = hf_hub_download(
    repository, "recordings.bin", repo_type="dataset", token=buyer.token
)
print(table.num_rows, "rows and", os.path.getsize(path), "bytes are yours to use")
