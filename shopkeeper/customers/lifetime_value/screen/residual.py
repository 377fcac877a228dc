"""The sentence on what customers are worth over their whole remaining life."""

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _
from shopkeeper.ui.figures import money


def whole_life(residual: float | None, discount: float) -> str:
    """What all chosen customers should bring from now on, in shop currency, or why nothing can be said.

    `residual` is the sum of `residual_value`; None without a model or without a discount (a share per year).
    """
    if discount <= 0:
        return _("Without a discount, a whole remaining life has no finite value; choose more than 0 percent a year.")
    if residual is None:
        return _("What they should bring over their whole remaining life is not known without a model of buying.")
    return _(
        "Over their whole remaining life it should be {residual}, at a discount of {discount} a year. No interval is "
        "known: nothing so long was ever tested.",
        residual=money(residual),
        discount=i18n.percent(discount, 0),
    )
