"""What the API's reference says before its operations, and of each group of them."""

DESCRIPTION = """\
Publish, license, buy and benchmark datasets and models.

All paths begin with `/api/v1`. What is public is read without a credential; for all else
send a token. Make one under [Settings, Tokens](/settings/tokens), with as few scopes as
will do: it does what its scopes say, and never more than you may.

```
export STOA=https://the-address-of-this-site
export STOA_TOKEN=stoa_...
curl "$STOA/api/v1/datasets?q=wine&price=free"
curl -H "Authorization: Bearer $STOA_TOKEN" "$STOA/api/v1/account"
```

The same in Python:

```
import os
import requests

stoa = requests.Session()
stoa.headers["Authorization"] = f"Bearer {os.environ['STOA_TOKEN']}"
api = f"{os.environ['STOA']}/api/v1"
answer = stoa.get(f"{api}/datasets", params={"q": "wine"}, timeout=30)
answer.raise_for_status()
for dataset in answer.json()["results"]:
    print(dataset["namespace"], dataset["name"])
```

**Lists** answer `results` and `next`. Follow `next` until it is null; a cursor is for the
list that gave it.

**Refusals** are `{"code", "detail"}`: `code` is for programs and does not change, `detail`
is for people and says what to do. Malformed input names its `fields`.

**Repeating** a request that changes something is safe with an `Idempotency-Key` header:
the same key gets the first answer, for a day.

**Too many requests** answer 429 with `Retry-After` in seconds.

The libraries of Hugging Face work here, too: see the lesson
[Use it from Python](/learn/use-it-from-python). This document is
[/api/schema/](/api/schema/) (OpenAPI 3).
"""
OF_TAGS = {
    "search": "Datasets and models at once, by words and facets.",
    "searches": "Searches that one keeps.",
    "datasets": "Repositories of data: files, versions, cards, who may see and take them.",
    "models": "Repositories of models: as datasets, and asking a model, and its reports.",
    "works": "What is owned and licensed: rights, shares, sources, offers of one work.",
    "licences": "Licences that we have read: what each allows, and whether they agree.",
    "terms": "Terms of one's own, in versions.",
    "acceptances": "Which texts somebody accepted, and when.",
    "offers": "Offers and their prices: consent, revision, withdrawal.",
    "discounts": "Codes that lower prices.",
    "cart": "What one is about to order.",
    "orders": "Orders, their payment and receipts.",
    "subscriptions": "What is paid for again and again.",
    "entitlements": "What one may take, and until when.",
    "usage": "What was taken of offers that are paid by use.",
    "billing": "The name and address that invoices bear.",
    "invoices": "Invoices and credit notes, as data, PDF and XML.",
    "refunds": "Money sent back; for operators.",
    "disputes": "What buyers dispute; for operators.",
    "earnings": "What one is owed: balances, sales, statements.",
    "payouts": "Money paid to owners; for operators.",
    "ledger": "Accounts and entries of the ledger; for operators.",
    "reconciliation": "The ledger against statements of the bank; for operators.",
    "handovers": "Works and rights that go to another owner.",
    "contests": "Contests: rules, phases, teams, submissions, leaderboards.",
    "federated-contests": "Contests whose labels stay where they are.",
    "imports": "Bundles of contests from elsewhere.",
    "submissions": "What was handed in: state, scores, signed receipts.",
    "receipts": "Checking a signed receipt.",
    "prizes": "Prizes one has won.",
    "purses": "Prize money that operators hold.",
    "metrics": "What each metric says, its range and which end is good.",
    "runs": "Work in the queue and on workers: state, log, cancelling.",
    "figures": "How the site and its processes are, for Prometheus; for operators.",
    "budgets": "What use costs, and what one's namespaces may spend on it.",
    "machine-usage": "What one's namespaces used of the site's machines, by month.",
    "lanes": "Which kinds of work go first; for operators.",
    "worker": "What a worker asks of us; with a worker's token.",
    "studio": "Training without code.",
    "model-reports": "Reports on models, and operators' overriding of them.",
    "predictions": "Answers of models that were asked.",
    "jobs": "Notebooks and scripts of one's own: runs, logs, what they left.",
    "uploads": "Large files in parts, straight to storage, with resume.",
    "reports": "What people reported of repositories; for operators.",
    "takedowns": "What was taken down, and objections.",
    "account": "Who one is.",
    "people": "Others, as far as they show themselves.",
    "organisations": "Organisations and their members.",
    "tokens": "One's tokens.",
    "notices": "One's inbox, and which letters one gets.",
}
TAGS = [{"name": name, "description": said} for name, said in OF_TAGS.items()]
SWAGGER_UI = {"deepLinking": True, "docExpansion": "none", "filter": True}
