"""Who may do what at which page of a dataset's tables."""

from tests.architecture.holders import NOBODY, SEE, TAKE
from tests.architecture.verbs import GET

TABLES = {
    "viewer/cell": {GET: NOBODY},  # but for whom a page has signed it
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
