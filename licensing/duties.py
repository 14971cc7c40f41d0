"""What is owed, in plain words. Pure."""

from collections.abc import Iterable

DUTIES = {
    "acceptable-use-policy": "keep to the makers’ policy on acceptable use",
    "attribution": "name the makers",
    "bind-recipients": "bind those you give it to in the same way",
    "built-with-llama": "show “Built with Llama”",
    "document-changes": "document what you changed as well as it was documented",
    "improves-no-other-model": "improve no other large language model with it",
    "include-licence-text": "keep the licence’s text with it",
    "indicate-changes": "say what you changed",
    "irrevocable-free-grant": "leave what was given for free with those who have it",
    "keep-separate": "keep each part apart, under its own licence",
    "mark-mixed-terms": "mark which part is under which terms",
    "name-begins-llama": "begin your model’s name with “Llama”",
    "no-reconstruction": "the work must not be recoverable from it",
    "notice": "keep its notices",
    "notice-4.3": "say where it came from, and under which licence that is",
    "notice-file": "keep the makers’ notice file with it",
    "offer-derivative-database": "offer the changed database whole",
    "offer-source": "give the source along",
    "retain-notices": "keep its notices",
    "share-alike": "give it on under the same licence",
    "use-restrictions": "bind those you give it to by its restrictions on use",
    "warranty-disclaimer": "keep the disclaimer of warranty",
}


def told(duties: Iterable[str]) -> str:
    """Return duties as the words of one sentence, without its full stop."""
    said = ", ".join(dict.fromkeys(DUTIES[duty] for duty in duties))
    return said[:1].upper() + said[1:]
