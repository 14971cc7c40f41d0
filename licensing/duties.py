"""What is owed, in plain words. Pure."""

from collections.abc import Iterable

from django.utils.translation import gettext, gettext_noop

DUTIES = {
    "acceptable-use-policy": gettext_noop(
        "keep to the makers’ policy on acceptable use"
    ),
    "attribution": gettext_noop("name the makers"),
    "bind-recipients": gettext_noop("bind those you give it to in the same way"),
    "built-with-llama": gettext_noop("show “Built with Llama”"),
    "document-changes": gettext_noop(
        "document what you changed as well as it was documented"
    ),
    "improves-no-other-model": gettext_noop(
        "improve no other large language model with it"
    ),
    "include-licence-text": gettext_noop("keep the licence’s text with it"),
    "indicate-changes": gettext_noop("say what you changed"),
    "irrevocable-free-grant": gettext_noop(
        "leave what was given for free with those who have it"
    ),
    "keep-separate": gettext_noop("keep each part apart, under its own licence"),
    "mark-mixed-terms": gettext_noop("mark which part is under which terms"),
    "name-begins-llama": gettext_noop("begin your model’s name with “Llama”"),
    "no-reconstruction": gettext_noop("the work must not be recoverable from it"),
    "notice": gettext_noop("keep its notices"),
    "notice-4.3": gettext_noop(
        "say where it came from, and under which licence that is"
    ),
    "notice-file": gettext_noop("keep the makers’ notice file with it"),
    "offer-derivative-database": gettext_noop("offer the changed database whole"),
    "offer-source": gettext_noop("give the source along"),
    "retain-notices": gettext_noop("keep its notices"),
    "share-alike": gettext_noop("give it on under the same licence"),
    "use-restrictions": gettext_noop(
        "bind those you give it to by its restrictions on use"
    ),
    "warranty-disclaimer": gettext_noop("keep the disclaimer of warranty"),
}

# What a duty is called where a few words must do.
NAMES = {
    "acceptable-use-policy": gettext_noop("acceptable use policy"),
    "attribution": gettext_noop("attribution"),
    "bind-recipients": gettext_noop("bind recipients"),
    "built-with-llama": gettext_noop("built with llama"),
    "document-changes": gettext_noop("document changes"),
    "improves-no-other-model": gettext_noop("improves no other model"),
    "include-licence-text": gettext_noop("include licence text"),
    "indicate-changes": gettext_noop("indicate changes"),
    "irrevocable-free-grant": gettext_noop("irrevocable free grant"),
    "keep-separate": gettext_noop("keep separate"),
    "mark-mixed-terms": gettext_noop("mark mixed terms"),
    "name-begins-llama": gettext_noop("name begins llama"),
    "no-reconstruction": gettext_noop("no reconstruction"),
    "notice": gettext_noop("notice"),
    "notice-4.3": gettext_noop("notice 4.3"),
    "notice-file": gettext_noop("notice file"),
    "offer-derivative-database": gettext_noop("offer derivative database"),
    "offer-source": gettext_noop("offer source"),
    "retain-notices": gettext_noop("retain notices"),
    "share-alike": gettext_noop("share alike"),
    "use-restrictions": gettext_noop("use restrictions"),
    "warranty-disclaimer": gettext_noop("warranty disclaimer"),
}


def told(duties: Iterable[str]) -> str:
    """Return duties to their reader as the words of one sentence, without its full stop."""
    said = ", ".join(dict.fromkeys(gettext(DUTIES[duty]) for duty in duties))
    return said[:1].upper() + said[1:]
