"""The laws of the sample shop as parameters.json tells them: their numbers, and how each is applied."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

from shopkeeper.sample import calendar, deposits, process
from shopkeeper.sample.calendar import FIRST_DAY, LAST_DAY
from shopkeeper.sample.catalogue import OVERBOUGHT, SUPPLIERS
from shopkeeper.sample.goods import CATEGORIES
from shopkeeper.sample.identities import planted
from shopkeeper.sample.places import DEALER_REGIONS, FAR_DAYS
from shopkeeper.sample.stock import LATE_FACTOR, LATE_SUPPLIER

NOTES = {
    "purchasing": (
        "Persons arrive, then buy on days whose gaps have mean 1 / lambda (rounded to whole days, at least one), "
        "lambda ~ Gamma(r, rate alpha) per day. After each repeat purchase a person leaves for good with p ~ "
        "Beta(a, b); as in BG/NBD nobody leaves at the first purchase. lambda and p are independent. Gaps are "
        "exponential for irregular buyers and Erlang of `shape` for regular ones (persons.kind), who have laws of "
        "their own. Gaps pass by the clock of the season, the sum of day_factors.buying_season: the laws hold in "
        "these days."
    ),
    "spending": (
        "An order's value in yuan ~ Gamma(p, rate nu), nu ~ Gamma(q, rate v) per person, independent of "
        "purchasing. On event days lines are multiplied by the event's factor; stock-outs take lines away, so a p "
        "fitted to all orders comes out about a tenth lower."
    ),
    "events": (
        "Events never move the purchase days of known persons. They bring more new customers and more "
        "unidentified orders (factors by event), and dearer lines: the value of each is multiplied by "
        "units_factor (by event, region and category), so buyers trade up as well as buy more."
    ),
    "event_uplift": (
        "On a window's day the factors are 1 + (factor - 1) * share, share 1 on the main day, `shoulder` on the "
        "others. units = asked for; units_without = the same lines drawn again at factor 1, newcomers and "
        "unidentified orders weighted down by their own factor. event_items has the same by SKU, with its price "
        "tier."
    ),
    "channels": (
        "The main channel is drawn given the person: people slow to leave are found more in owned channels "
        "(channel_tilt). The population over all channels keeps the one law."
    ),
    "stock_outs": (
        "A stock-out takes units or lines from an order. An order that would lose everything takes the category's "
        "staple instead (replaced = true), so purchase days stay. After an order of a known person that a "
        "stock-out cut, the person leaves for good with stock_out_leaves (persons.lost_on, lost_by); later orders "
        "of that process are then placed by a buyer who is not known, so that demand and stock stay the same."
    ),
    "distance": (
        "Who makes the first purchase on an online channel in a region whose parcels take longer than far_days "
        "from its warehouse leaves at once with far_leaves."
    ),
    "paths": (
        "The first line of a first purchase is of persons.first_category. Lines of later orders of known persons "
        "are of it with same_share, of the category that next_category gives for it with next_share, else by the "
        "region's taste."
    ),
    "places": (
        "Who would go to a closed store or dealer orders in the mini-program on the same day. The silent dealer's "
        "own sales follow a law of their own (dealer_sell_out); order_lines has what it buys as sell_in."
    ),
    "suppliers": (
        "Deliveries of the late supplier take late_factor times as long as it says. Of the overbought SKUs the "
        "merchant expected so many times what is asked for."
    ),
    "region_test": (
        "In the regions and weeks of the test more is spent to win, and `lift` times as many newcomers come; all "
        "else stays."
    ),
    "deposits": (
        "For `share` of the known buyers' online lines in an event a deposit was paid before it opened, and for "
        "as many as `unpaid` of them another one whose balance was never paid. Those for the coming event are "
        "drawn from the last ones, `growth` times as many, of buyers who are still there."
    ),
    "refunds": ("Independent of customer, item and channel. Returned goods are not put back on a shelf."),
    "campaigns": (
        "Each treated person makes one extra purchase with probability `effect` on a day drawn evenly from the "
        "window_days after sending, beside the own process, dead or alive (campaign_purchases lists them). "
        "Campaigns of the programme hold out the same persons every time."
    ),
    "extras": ("Cancelled, staff, gift and exchange orders come on top of the purchases."),
    "identities": (
        "An order names the channel's account; a member's in mini-program, stores and at dealers the customer "
        "number too; of the other orders of web shop and stores one in five is a guest's, with a phone or an "
        "e-mail only. Accounts of a person share phone and e-mail where these are given, less typing errors (2 in "
        "100); a second account has another phone. Eight persons in 100 get a new phone some day after their "
        "first order (persons.new_phone_on): accounts and guest orders from then on give the new one, an account "
        "that orders before and after it gives both, the merchant's own list keeps the first. One phone is typed "
        "at tills by many, one is shared by two persons in every 400, who give an e-mail as guests. Names, birth "
        "dates and postcodes are given by some, and shared by chance. accounts says whose each account is; "
        "`identities` here holds the shares."
    ),
}


def parameters(seed: int, orders: int) -> dict[str, object]:
    """Everything in `parameters.json`."""
    return {
        "seed": seed,
        "orders_asked_for": orders,
        "first_day": str(FIRST_DAY),
        "last_day": str(LAST_DAY),
        "time_unit": "day",
        "purchasing": asdict(process.PURCHASING),
        "purchasing_regular": asdict(process.REGULAR),
        "buying_season": {
            "peak": f"{calendar.GIFT_SEASON[0]}-{calendar.GIFT_SEASON[1]}",
            "height": calendar.GIFT_HEIGHT,
            "width_days": calendar.GIFT_WIDTH,
            "lull": calendar.LULL,
        },
        "spending": asdict(process.SPENDING),
        "campaigns": [{**asdict(campaign), "sent_on": str(campaign.sent_on)} for campaign in process.CAMPAIGNS],
        "unidentified_share": process.UNIDENTIFIED_SHARE,
        "refund_rate": process.REFUND_RATE,
        "stock_out_leaves": process.STOCK_OUT_LEAVES,
        "far_leaves": process.FAR_LEAVES,
        "far_days": FAR_DAYS,
        "next_category": {CATEGORIES[first]: CATEGORIES[then] for first, then in enumerate(process.NEXT_CATEGORY)},
        "same_share": process.SAME_SHARE,
        "next_share": process.NEXT_SHARE,
        "programme_holdout": process.PROGRAMME_HOLDOUT,
        "region_test": {name: _plain(value) for name, value in asdict(process.REGION_TEST).items()},
        "deposits": {"share": deposits.SHARE, "unpaid": deposits.UNPAID, "growth": deposits.GROWTH},
        "late_supplier": {"supplier": SUPPLIERS[LATE_SUPPLIER], "late_factor": LATE_FACTOR},
        "overbought": {f"K{sku + 1:04d}": times for sku, times in OVERBOUGHT.items()},
        "silent_dealer_region": DEALER_REGIONS[-1],
        "identities": planted(),
        "channel_tilt": {
            "leaves soon (p above mean)": dict(zip(process.CHANNELS, process.CHANNEL_TILT[0].tolist(), strict=True)),
            "leaves late (p below mean)": dict(zip(process.CHANNELS, process.CHANNEL_TILT[1].tolist(), strict=True)),
        },
        "notes": NOTES,
    }


def write_parameters(path: Path, seed: int, orders: int) -> None:
    """Write `parameters.json`."""
    path.write_text(json.dumps(parameters(seed, orders), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _plain(value: object) -> object:
    return str(value) if isinstance(value, date) else value
