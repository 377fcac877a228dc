"""The words of orders: when, with what, what is worth telling, and who delivers."""

from shopkeeper.i18n import N_
from shopkeeper.measures.term import Term

ORDER_TERMS: tuple[Term, ...] = (
    Term(
        "order_urgency",
        N_("Today, this week, can wait"),
        N_(
            "By the last safe order day: it has come; it comes within 7 days; it comes within 28 days. Lines that go "
            "with others of their supplier count as of today."
        ),
    ),
    Term(
        "purchase_order",
        N_("Purchase order and line"),
        N_(
            "A line is an item at a location, a purchase order one supplier's lines of one day. Where a line has to go "
            "today, the supplier's lines that fall due before the next review go with it. An order below the "
            "supplier's "
            "least is filled up with what falls due next, then raised so that all lines run out on one day."
        ),
    ),
    Term(
        "materiality",
        N_("Material"),
        N_(
            "What is worth less than a share of a month's margin (0.1% unless set; the mean month of the last 365 "
            "days) "
            "leads no page and no list of actions. The largest sum leads."
        ),
    ),
    Term(
        "supplier_score",
        N_("Supplier's score"),
        N_(
            "Of the deliveries ordered in the last 365 days: on time (landed by the due day), early, late and by how "
            "much (what is on its way and past its due day is late, by the days so far), short (fewer units than "
            "ordered). From three measured deliveries on, their mean deviation from the stated lead time is "
            "added to it, the more the more deliveries there are: n / (n + 5) of it; the spread likewise."
        ),
    ),
    Term(
        "economic_order",
        N_("Economic order quantity"),
        N_(
            "Where the policy gives the cost of an order line, no order is smaller than sqrt(2 K D / h): K that cost, "
            "D "
            "the demand of a year, h what holding a unit costs a year."
        ),
    ),
)
