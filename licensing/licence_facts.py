"""The licences the engine has read, clause by clause. Pure data; `terms` judges by it.

A record may be corrected against the licence's own text and by nothing else; raise
`TABLE` when one is, since each verdict is stored with the table it came from.
"""

from collections.abc import Mapping
from types import MappingProxyType

from licensing.facts import Facts
from licensing.marked import gettext_noop
from licensing.records import code, creative_commons, models, open_data, own

TABLE = "2026-11-22"

_READ = (
    *creative_commons.RECORDS,
    *open_data.RECORDS,
    *models.RECORDS,
    *code.RECORDS,
    *own.RECORDS,
)
BY_ID: Mapping[str, Facts] = MappingProxyType({facts.id: facts for facts in _READ})
BOOK: Mapping[str, Facts] = MappingProxyType({**BY_ID, own.UNSEEN.id: own.UNSEEN})
FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Creative Commons": creative_commons.CURRENT,
        gettext_noop("Open data"): tuple(facts.id for facts in open_data.RECORDS),
        gettext_noop("Models"): tuple(facts.id for facts in models.RECORDS),
        gettext_noop("Code"): tuple(facts.id for facts in code.RECORDS),
        gettext_noop("Creative Commons, earlier"): creative_commons.EARLIER,
        gettext_noop("Set here"): tuple(facts.id for facts in own.RECORDS),
    }
)
CC = frozenset(facts.id for facts in creative_commons.RECORDS)
