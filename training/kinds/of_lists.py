"""Metrics of orders: rows put in order, and documents found for queries."""

from training.kinds.facts import Kind, MetricFacts, Needs
from training.marked import gettext_noop

LISTS = (Kind.RANKING, Kind.RETRIEVAL)
QUERIES = gettext_noop("Mean over the queries and its standard error.")

FACTS = {
    "ndcg": MetricFacts(
        gettext_noop("NDCG@10"),
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description=gettext_noop(
            "Gain of the first ten, less the deeper, against the best order."
        ),
        reading=gettext_noop(
            "1 if no order of the first ten could be better. Queries without "
            "anything relevant count as 0."
        ),
        source="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418",
        interval=QUERIES,
    ),
    "mrr": MetricFacts(
        gettext_noop("MRR@10"),
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description=gettext_noop(
            "Mean of one over the place of the first relevant of the first 10."
        ),
        reading=gettext_noop(
            "0.5 means the first hit stands second on average (harmonic). What "
            "follows the first hit does not count."
        ),
        source="Voorhees 1999, TREC-8 question answering track, NIST SP 500-246",
        interval=QUERIES,
    ),
    "map": MetricFacts(
        gettext_noop("Mean average precision"),
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description=gettext_noop(
            "Mean of the precision at every relevant one, over the queries."
        ),
        reading=gettext_noop("Relevant ones that were not found count as precision 0."),
        source="Buckley and Voorhees 2000, doi:10.1145/345508.345543",
        interval=QUERIES,
    ),
    "precision_at_10": MetricFacts(
        gettext_noop("Precision@10"),
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description=gettext_noop("Share of relevant ones among the first ten."),
        reading=gettext_noop(
            "Below 1 even at best where a query has fewer than ten relevant ones."
        ),
        source="Manning et al. 2008, Introduction to Information Retrieval, ch. 8",
        interval=QUERIES,
    ),
    "recall_at_100": MetricFacts(
        gettext_noop("Recall@100"),
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description=gettext_noop(
            "Share of the relevant ones found among the first hundred."
        ),
        reading=gettext_noop("What a second stage could still bring up front."),
        source="Manning et al. 2008, Introduction to Information Retrieval, ch. 8",
        interval=QUERIES,
    ),
}
