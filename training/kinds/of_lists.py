"""Metrics of orders: rows put in order, and documents found for queries."""

from training.kinds.facts import Kind, MetricFacts, Needs

LISTS = (Kind.RANKING, Kind.RETRIEVAL)
QUERIES = "Mean over the queries and its standard error."

FACTS = {
    "ndcg": MetricFacts(
        "NDCG@10",
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description="Gain of the first ten, less the deeper, against the best order.",
        reading="1 if no order of the first ten could be better. Queries without "
        "anything relevant count as 0.",
        source="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418",
        interval=QUERIES,
    ),
    "mrr": MetricFacts(
        "MRR@10",
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description="Mean of one over the place of the first relevant of the first 10.",
        reading="0.5 means the first hit stands second on average (harmonic). What "
        "follows the first hit does not count.",
        source="Voorhees 1999, TREC-8 question answering track, NIST SP 500-246",
        interval=QUERIES,
    ),
    "map": MetricFacts(
        "Mean average precision",
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description="Mean of the precision at every relevant one, over the queries.",
        reading="Relevant ones that were not found count as precision 0.",
        source="Buckley and Voorhees 2000, doi:10.1145/345508.345543",
        interval=QUERIES,
    ),
    "precision_at_10": MetricFacts(
        "Precision@10",
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description="Share of relevant ones among the first ten.",
        reading="Below 1 even at best where a query has fewer than ten relevant ones.",
        source="Manning et al. 2008, Introduction to Information Retrieval, ch. 8",
        interval=QUERIES,
    ),
    "recall_at_100": MetricFacts(
        "Recall@100",
        is_greater_better=True,
        needs=Needs.ORDERS,
        kinds=LISTS,
        description="Share of the relevant ones found among the first hundred.",
        reading="What a second stage could still bring up front.",
        source="Manning et al. 2008, Introduction to Information Retrieval, ch. 8",
        interval=QUERIES,
    ),
}
