"""What a recall means for those who hold a copy, in plain words. Pure."""

from django.utils.translation import gettext

from licensing.facts import Facts


def copies_told(licence: str, facts: Facts | None, *, is_disputed: bool) -> list[str]:
    """Say what whoever holds copies of a recalled work may still do with them.

    Args:
        licence: its id; "" where the work is under none.
        facts: what is recorded of it, None if nobody read it.
        is_disputed: the work is disputed, and not withdrawn by its owner.
    """
    said = [_of_licence(licence, facts)]
    if is_disputed:
        said.append(
            gettext(
                "If the dispute is right, whoever gave the work out may have had no "
                "right to do so, and then their licence does not help. Find out before "
                "you go on."
            )
        )
    return said


def _of_licence(licence: str, facts: Facts | None) -> str:
    if not licence:
        return gettext(
            "It is under no open licence. What you hold by an order is "
            "yours as its terms say; this recall ends none of them by "
            "itself."
        )
    if facts is None:
        return gettext(
            "We hold no facts on %(licence)s: read in it whether it can be ended."
        ) % {"licence": licence}
    clause = facts.clauses.get("irrevocable", "")
    where = f" ({clause})" if clause else ""
    if facts.is_irrevocable:
        return gettext(
            "%(licence)s cannot be taken back%(where)s: who has a copy may "
            "go on using it and giving it on as the licence says. The "
            "recall asks you to look whether you should."
        ) % {"licence": licence, "where": where}
    return gettext(
        "%(facts_name)s does not promise to last for ever%(where)s; "
        "this recall does not end it by itself. Ask its owner whether "
        "you may keep your copy."
    ) % {"facts_name": facts.name, "where": where}
