"""Lessons on rights and money."""

from django.utils.translation import gettext_lazy as _

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question

FEATURES = "ada/digits-features"

LICENCES = Lesson(
    slug="what-a-licence-allows",
    title=_("What a licence allows"),
    summary=_(
        "Four questions that tell you what you may do with data or a model, and what "
        "you owe in return."
    ),
    minutes=5,
    words=_("rights creative commons cc by attribution share-alike non-commercial"),
    live=Live(
        "datasets",
        "ada/digits",
        _("Open its rights and see, use by use, what CC BY 4.0 lets you do."),
        _("Open the rights of any dataset: a grid says what its licence lets you do."),
    ),
    questions=(
        Question(
            _(
                "A company wants to use a dataset under CC BY-NC 4.0 in its product. "
                "May it?"
            ),
            (
                Choice(
                    _("Not under that licence."),
                    _(
                        "Yes: it excludes commercial use. The owner may grant it "
                        "separately, "
                        "so the company looks for a commercial offer, or asks."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Yes, if it names the author."),
                    _("Attribution is owed besides; NC still excludes commercial use."),
                ),
                Choice(
                    _("Yes, since it was free."),
                    _("Free is a price. What you may do is said by the licence."),
                ),
            ),
        ),
        Question(
            _(
                "You corrected errors in a dataset under CC BY-SA 4.0 and publish the "
                "result. Which licence may you choose?"
            ),
            (
                Choice(
                    _("The same one, or one it calls compatible."),
                    _(
                        "Yes: share-alike passes on, and you name the authors and what you "
                        "changed."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Any, since the corrections are mine."),
                    _("They are, but the rows that they correct are not."),
                ),
                Choice(
                    _("CC BY 4.0, which is more open."),
                    _("Share-alike asks for the same conditions, not for fewer."),
                ),
            ),
        ),
    ),
)
SHARES = Lesson(
    slug="shares-and-royalties",
    title=_("Ownership, shares and royalties"),
    summary=_(
        "Who owns a work together, how a sale is divided to the cent, and what those "
        "are owed whose work it is made from."
    ),
    minutes=4,
    words=_("owners co-owners split payout royalty holders lineage sources"),
    live=Live(
        "datasets",
        FEATURES,
        _(
            "Two people own it, 70 to 30. Its facts name the shares, its rights the offers "
            "that both agreed to."
        ),
        _("Open any dataset with more than one owner: its facts name their shares."),
    ),
    questions=(
        Question(
            _(
                "Three people own a dataset; one does not answer. Can the other two "
                "sell it?"
            ),
            (
                Choice(
                    _("No, not before all three accept the offer."),
                    _(
                        "Yes. What belongs to all is offered by all. Until then the "
                        "offer is "
                        "a draft."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("Yes, they are the majority."),
                    _("A majority cannot sell what a third person owns a part of."),
                ),
                Choice(
                    _("Yes, if they keep the third’s money aside."),
                    _("It takes consent and not only payment."),
                ),
            ),
        ),
        Question(
            _("€ 1.00 is divided among three owners with equal shares. Who gets what?"),
            (
                Choice(
                    _("34, 33 and 33 cents, by a fixed rule."),
                    _(
                        "Yes. Parts are whole cents and always add up; the odd cent "
                        "goes by "
                        "a rule that does not depend on who was entered first."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("33 cents each; one is left over."),
                    _(
                        "Nothing may be left over: the ledger has to balance to the cent."
                    ),
                ),
                Choice(
                    _("33⅓ cents each."),
                    _("There are no thirds of a cent. Money is counted in whole ones."),
                ),
            ),
        ),
    ),
)
PRICES = Lesson(
    slug="prices-and-fees",
    title=_("Prices and fees"),
    summary=_(
        "What a buyer pays, what this site keeps of it, and what reaches the owners."
    ),
    minutes=4,
    words=_("fee commission vat discount free subscription currency policy"),
    live=Live(
        "datasets",
        FEATURES,
        _(
            "It is offered twice, free for research and for a price to companies. Compare "
            "the two offers."
        ),
        _("Open the offers of any dataset that has more than one, and compare them."),
    ),
    questions=(
        Question(
            _("The operator raises the fee today. What of your order of yesterday?"),
            (
                Choice(
                    _("Nothing changes for it."),
                    _("Yes. The fee is written down with each order as it is placed."),
                    is_right=True,
                ),
                Choice(
                    _("The owners get less of it."),
                    _("Orders that were placed keep the fee of their day."),
                ),
                Choice(
                    _("I pay the difference."), _("A price you agreed to is the price.")
                ),
            ),
        ),
        Question(
            _("An offer costs nothing. May you then do with the data what you like?"),
            (
                Choice(
                    _("No, I may do what its licence says."),
                    _("Yes: free is a price, and a licence is something else."),
                    is_right=True,
                ),
                Choice(
                    _("Yes, it is free."), _("Many free offers are for research alone.")
                ),
                Choice(
                    _("Yes, after I have registered."),
                    _("An account changes who you are, and not what is allowed."),
                ),
            ),
        ),
    ),
)
BUYING = Lesson(
    slug="how-to-buy",
    title=_("How to buy and download"),
    summary=_(
        "Choosing the right offer, paying for it, and fetching the files by page or "
        "program."
    ),
    minutes=4,
    words=_("order checkout offer transfer card cart receipt invoice download"),
    live=Live(
        "datasets",
        FEATURES,
        _(
            "Compare its two offers, one for research, one for companies, before you order."
        ),
        _("Open the offers of any dataset and compare what each allows."),
    ),
    questions=(
        Question(
            _(
                "You ordered the free research offer. May your start-up use the data "
                "in its "
                "product?"
            ),
            (
                Choice(
                    _("No; that takes the commercial offer."),
                    _("Yes. Free is the price; the licence says what for."),
                    is_right=True,
                ),
                Choice(
                    _("Yes, while the start-up earns nothing."),
                    _(
                        "It is the purpose that counts, and a product is a commercial one."
                    ),
                ),
                Choice(
                    _("Yes, the files are the same."),
                    _("The files are, what you may do with them is not."),
                ),
            ),
        ),
        Question(
            _("You transferred the money an hour ago and cannot download. Why?"),
            (
                Choice(
                    _("The operator confirms transfers by hand."),
                    _(
                        "Yes, when they arrive. The order’s page says whether it still "
                        "waits."
                    ),
                    is_right=True,
                ),
                Choice(
                    _("The seller has refused."),
                    _(
                        "An offer that is open binds its owners; they do not choose buyers."
                    ),
                ),
                Choice(
                    _("I need another token."),
                    _(
                        "A token lets you take what you have a right to. That comes with "
                        "the money."
                    ),
                ),
            ),
        ),
    ),
)
ON_RIGHTS = Chapter(_("Rights and money"), (LICENCES, SHARES, PRICES, BUYING))
