"""Every word that the pages use in one sense, once: methods, windows, filters and marks."""

from collections.abc import Mapping

from shopkeeper.i18n import N_
from shopkeeper.measures.supply_terms import SUPPLY_TERMS
from shopkeeper.measures.term import Term

__all__ = ["TERMS", "Term"]


_ALL = (
    Term("as_of", N_("As of"), N_("The last complete day in the data; nothing later is counted.")),
    Term(
        "purchase",
        N_("Purchase"),
        N_(
            "A customer's day with at least one sale line: positive quantity, positive price, not cancelled, no staff, "
            "gift or exchange order. A later refund lowers revenue, it does not undo the purchase."
        ),
    ),
    Term(
        "cohort",
        N_("Cohort"),
        N_("Customers whose first-ever purchase lies in the same week, month or quarter; found before any filter."),
    ),
    Term("age", N_("Age (k)"), N_("Periods or windows since that of the first purchase, which is 0.")),
    Term("exact", N_("Exact"), N_("The customer bought in period k itself.")),
    Term(
        "unbounded",
        N_("Unbounded"),
        N_("The customer bought in period k or later, up to the as-of date; never final, it can still rise."),
    ),
    Term(
        "cumulative",
        N_("Cumulative"),
        N_("The customer bought again in any of the periods 1 to k; 0 at age 0."),
    ),
    Term(
        "calendar",
        N_("Calendar periods"),
        N_("Age k is the k-th calendar week, month or quarter after that of the first purchase."),
    ),
    Term(
        "rolling",
        N_("Rolling windows"),
        N_("Age k is the k-th window of n days since the customer's own first purchase; window 0 begins with it."),
    ),
    Term(
        "acquired_in",
        N_("Acquired in"),
        N_("Keeps the customers whose first-ever purchase was there; all their later purchases count."),
    ),
    Term(
        "bought_in",
        N_("Bought in"),
        N_("Keeps the purchases made there; cohorts are still those of the first-ever purchase anywhere."),
    ),
    Term(
        "immature",
        N_("Not yet closed"),
        N_("The period or window has not closed by the as-of date: the cell is empty and marked, never 0."),
    ),
    Term(
        "mean",
        N_("Weighted mean"),
        N_("Sum of the values over the sum of n, over closed cells only."),
    ),
    Term(
        "interval",
        N_("95% interval"),
        N_("Wilson score interval: where the true rate lies with 95% confidence. With n below 30 it is wide."),
    ),
    Term(
        "left_truncation",
        N_("May not be first"),
        N_(
            "The cohort lies near the start of the data: some of its customers bought before, so their first purchase "
            "here may not be their first."
        ),
    ),
    Term(
        "identity_bounds",
        N_("Identity bounds"),
        N_(
            "Orders without a known buyer cannot be attributed. The bounds run from none of them being a return to "
            "each being the return of a different customer of the cohort."
        ),
    ),
    Term(
        "holdout",
        N_("Holdout"),
        N_(
            "The last third of the history, at least 90 days: models are fitted on what came before and tested on it. "
            "The model that foresaw it best is the default, fitted again on all days."
        ),
    ),
    Term(
        "expected_next_order",
        N_("Expected next order"),
        N_(
            "If the customer still buys here: the day by which half of the customers with such a history have bought "
            "again. Empty where that lies more than two years ahead."
        ),
    ),
    Term(
        "lifetime_value",
        N_("Lifetime value"),
        N_(
            "What customers bring over their life with the shop. What has happened (historic) and what is expected "
            "over the chosen months (predicted, discounted) stand apart and are never added up."
        ),
    ),
    Term(
        "rescue_list",
        N_("Rescue list"),
        N_(
            "Customers by value at stake, without those who may not be contacted, bought lately, are returning goods,"
            " or are lost already. Who never said whether to be contacted is on it, and marked."
        ),
    ),
    Term(
        "lifecycle",
        N_("Lifecycle stage"),
        N_(
            "New (bought once, lately), active, loyal (many purchases), won back (bought lately after a long "
            "silence), at risk (silent for longer), lost (silent for very long). The page shows the bounds, which can"
            " be moved."
        ),
    ),
    Term(
        "plain_rate",
        N_("Plain rate"),
        N_(
            "Share of customers with as many purchases and as long a silence who did not buy in as many days; "
            "it serves where no model can be had."
        ),
    ),
    *SUPPLY_TERMS,
)

TERMS: Mapping[str, Term] = {term.name: term for term in _ALL}
