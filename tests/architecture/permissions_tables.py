"""Who may do what at which page of a dataset's tables."""

from tests.architecture.holders import SEE, TAKE
from tests.architecture.verbs import GET

TABLES = {
    "viewer/cell": {},  # whoever has an address that a page has signed, and no other
    **{
        f"datasets/<str:namespace>/<str:name>/data{rest}": {GET: right}
        for rest, right in {
            "": SEE,
            "/<revision:revision>": SEE,
            "/<revision:revision>/row/<int:row>": TAKE,
            "/<revision:revision>/quality": SEE,
            "/<revision:revision>/brief": SEE,
            "/<revision:revision>/comparison": SEE,
        }.items()
    },
}
