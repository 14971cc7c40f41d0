"""Lessons on rights and money."""

from marketplace.front.learn.lesson import Chapter, Choice, Lesson, Live, Question

FEATURES = "ada/digits-features"

LICENCES = Lesson(
    slug="what-a-licence-allows",
    title="What a licence allows",
    summary="Four questions that tell you what you may do with data or a model, and what "
    "you owe in return.",
    minutes=5,
    words="rights creative commons cc by attribution share-alike non-commercial",
    live=Live(
        "datasets",
        "ada/digits",
        "Open its rights and see, use by use, what CC BY 4.0 lets you do.",
        "Open the rights of any dataset: a grid says what its licence lets you do.",
    ),
    questions=(
        Question(
            "A company wants to use a dataset under CC BY-NC 4.0 in its product. May it?",
            (
                Choice(
                    "Not under that licence.",
                    "Yes: it excludes commercial use. The owner may grant it separately, "
                    "so the company looks for a commercial offer, or asks.",
                    is_right=True,
                ),
                Choice(
                    "Yes, if it names the author.",
                    "Attribution is owed besides; NC still excludes commercial use.",
                ),
                Choice(
                    "Yes, since it was free.",
                    "Free is a price. What you may do is said by the licence.",
                ),
            ),
        ),
        Question(
            "You corrected errors in a dataset under CC BY-SA 4.0 and publish the "
            "result. Which licence may you choose?",
            (
                Choice(
                    "The same one, or one it calls compatible.",
                    "Yes: share-alike passes on, and you name the authors and what you "
                    "changed.",
                    is_right=True,
                ),
                Choice(
                    "Any, since the corrections are mine.",
                    "They are, but the rows that they correct are not.",
                ),
                Choice(
                    "CC BY 4.0, which is more open.",
                    "Share-alike asks for the same conditions, not for fewer.",
                ),
            ),
        ),
    ),
)
SHARES = Lesson(
    slug="shares-and-royalties",
    title="Ownership, shares and royalties",
    summary="Who owns a work together, how a sale is divided to the cent, and what those "
    "are owed whose work it is made from.",
    minutes=4,
    words="owners co-owners split payout royalty holders lineage sources",
    live=Live(
        "datasets",
        FEATURES,
        "Two people own it, 70 to 30. Its facts name the shares, its rights the offers "
        "that both agreed to.",
        "Open any dataset with more than one owner: its facts name their shares.",
    ),
    questions=(
        Question(
            "Three people own a dataset; one does not answer. Can the other two sell it?",
            (
                Choice(
                    "No, not before all three accept the offer.",
                    "Yes. What belongs to all is offered by all. Until then the offer is "
                    "a draft.",
                    is_right=True,
                ),
                Choice(
                    "Yes, they are the majority.",
                    "A majority cannot sell what a third person owns a part of.",
                ),
                Choice(
                    "Yes, if they keep the third’s money aside.",
                    "It takes consent and not only payment.",
                ),
            ),
        ),
        Question(
            "€ 1.00 is divided among three owners with equal shares. Who gets what?",
            (
                Choice(
                    "34, 33 and 33 cents, by a fixed rule.",
                    "Yes. Parts are whole cents and always add up; the odd cent goes by "
                    "a rule that does not depend on who was entered first.",
                    is_right=True,
                ),
                Choice(
                    "33 cents each; one is left over.",
                    "Nothing may be left over: the ledger has to balance to the cent.",
                ),
                Choice(
                    "33⅓ cents each.",
                    "There are no thirds of a cent. Money is counted in whole ones.",
                ),
            ),
        ),
    ),
)
PRICES = Lesson(
    slug="prices-and-fees",
    title="Prices and fees",
    summary="What a buyer pays, what this site keeps of it, and what reaches the owners.",
    minutes=4,
    words="fee commission vat discount free subscription currency policy",
    live=Live(
        "datasets",
        FEATURES,
        "It is offered twice, free for research and for a price to companies. Compare "
        "the two offers.",
        "Open the offers of any dataset that has more than one, and compare them.",
    ),
    questions=(
        Question(
            "The operator raises the fee today. What of your order of yesterday?",
            (
                Choice(
                    "Nothing changes for it.",
                    "Yes. The fee is written down with each order as it is placed.",
                    is_right=True,
                ),
                Choice(
                    "The owners get less of it.",
                    "Orders that were placed keep the fee of their day.",
                ),
                Choice("I pay the difference.", "A price you agreed to is the price."),
            ),
        ),
        Question(
            "An offer costs nothing. May you then do with the data what you like?",
            (
                Choice(
                    "No, I may do what its licence says.",
                    "Yes: free is a price, and a licence is something else.",
                    is_right=True,
                ),
                Choice("Yes, it is free.", "Many free offers are for research alone."),
                Choice(
                    "Yes, after I have registered.",
                    "An account changes who you are, and not what is allowed.",
                ),
            ),
        ),
    ),
)
BUYING = Lesson(
    slug="how-to-buy",
    title="How to buy and download",
    summary="Choosing the right offer, paying for it, and fetching the files by page or "
    "program.",
    minutes=4,
    words="order checkout offer transfer card cart receipt invoice download",
    live=Live(
        "datasets",
        FEATURES,
        "Compare its two offers, one for research, one for companies, before you order.",
        "Open the offers of any dataset and compare what each allows.",
    ),
    questions=(
        Question(
            "You ordered the free research offer. May your start-up use the data in its "
            "product?",
            (
                Choice(
                    "No; that takes the commercial offer.",
                    "Yes. Free is the price; the licence says what for.",
                    is_right=True,
                ),
                Choice(
                    "Yes, while the start-up earns nothing.",
                    "It is the purpose that counts, and a product is a commercial one.",
                ),
                Choice(
                    "Yes, the files are the same.",
                    "The files are, what you may do with them is not.",
                ),
            ),
        ),
        Question(
            "You transferred the money an hour ago and cannot download. Why?",
            (
                Choice(
                    "The operator confirms transfers by hand.",
                    "Yes, when they arrive. The order’s page says whether it still "
                    "waits.",
                    is_right=True,
                ),
                Choice(
                    "The seller has refused.",
                    "An offer that is open binds its owners; they do not choose buyers.",
                ),
                Choice(
                    "I need another token.",
                    "A token lets you take what you have a right to. That comes with "
                    "the money.",
                ),
            ),
        ),
    ),
)
ON_RIGHTS = Chapter("Rights and money", (LICENCES, SHARES, PRICES, BUYING))
