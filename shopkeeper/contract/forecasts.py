"""What the forecast job keeps beside a version's marts, declared once: pages, tests and the data dictionary read this.

Lists hold one value per day (`units`, from the day after as-of) or per week of seven such days (bands, checks). A level
says what a series adds up: `shop`, `category`, `region`, `region_category`, `sku`, `region_sku`. Columns that a level
sums over are null, so that who may not see all of them does not see the sum.
"""

from collections.abc import Mapping

from shopkeeper.contract.table import Column, Table
from shopkeeper.contract.visibility import Visibility, read_visibility
from shopkeeper.i18n import N_

HORIZON = 91
"""Days ahead."""
WEEKS = HORIZON // 7
LEVELS = ("shop", "category", "region", "region_category", "sku", "region_sku")
PATTERNS = ("smooth", "erratic", "intermittent", "lumpy", "new", "none")

_SERIES = (
    Column("level", "VARCHAR", "What the series adds up.", required=True, allowed=LEVELS),
    Column("category", "VARCHAR", "The category; null where the level sums over them."),
    Column("region", "VARCHAR", "The ship-to region; null where the level sums over them."),
    Column("sku", "VARCHAR", "The item; null where the level sums over them."),
)

FORECASTS = Table(
    "forecasts",
    "one row per level and series",
    N_("What is expected to be asked for, day by day, with bands by week."),
    (
        *_SERIES,
        Column("pattern", "VARCHAR", "How demand comes, by ADI 1.32 and CV2 0.49.", allowed=PATTERNS),
        Column("adi", "DOUBLE", "Mean days between days with demand.", unit="days"),
        Column("cv2", "DOUBLE", "Squared coefficient of variation of demand on days that have some."),
        Column("model", "VARCHAR", "The model that won the backtest."),
        Column("demand_days", "BIGINT", "Days with demand in the history.", unit="days"),
        Column(
            "masked_days", "BIGINT", "Days on which it could not be had, so that sales do not tell demand.", unit="days"
        ),
        Column("daily_mean", "DOUBLE", "Mean expected units per day over the horizon.", unit="units per day"),
        Column("error_sd", "DOUBLE", "Standard deviation of the daily forecast error.", unit="units per day"),
        Column(
            "lead_error_sd",
            "DOUBLE[]",
            "Standard deviation of the error of the sum over the first 1, 2, ... 13 weeks, measured in the backtest; "
            "null where nothing was tested.",
            unit="units",
        ),
        Column("units", "DOUBLE[]", "Expected units, one value per day from the day after as-of.", unit="units"),
        Column("low_80", "DOUBLE[]", "Lower end of the 80 % band, one value per week.", unit="units per week"),
        Column("high_80", "DOUBLE[]", "Upper end of the 80 % band, one value per week.", unit="units per week"),
        Column("low_95", "DOUBLE[]", "Lower end of the 95 % band, one value per week.", unit="units per week"),
        Column("high_95", "DOUBLE[]", "Upper end of the 95 % band, one value per week.", unit="units per week"),
        Column(
            "own_levels",
            "DOUBLE[]",
            "Level that the series' own model gave at each cutoff of the backtest and at "
            "as-of, before regions were made to add up; kept so that an unchanged series is not forecast again.",
            unit="units per day",
        ),
        Column("input_hash", "BIGINT", "Of what the series was forecast from: an equal one is not forecast again."),
    ),
    key=("level", "category", "region", "sku"),
)

FORECAST_CHECKS = Table(
    "forecast_checks",
    "one row per level, series and cutoff of the backtest",
    N_("What was forecast from an earlier day, and what came."),
    (
        *_SERIES,
        Column("cutoff", "DATE", "The last day that the forecast knew.", required=True),
        Column("model", "VARCHAR", "The model that made it."),
        Column("days", "BIGINT", "Days that were compared, whole weeks.", unit="days"),
        Column("demand", "DOUBLE", "Sum of y: units asked for in these days.", unit="units"),
        Column("demand_weeks", "BIGINT", "Weeks of these days with demand.", unit="weeks"),
        Column("error", "DOUBLE", "Sum of f - y over the days.", unit="units"),
        Column("absolute_error", "DOUBLE", "Sum of |y - f| over the weeks.", unit="units"),
        Column("naive_absolute_error", "DOUBLE", "The same of the seasonal naive: the last week again.", unit="units"),
        Column("square_error", "DOUBLE", "Sum of (y - f)^2 over the weeks."),
        Column("naive_square_error", "DOUBLE", "The same of the seasonal naive."),
        Column("average_square_error", "DOUBLE", "The same of the moving average: the mean of the last 8 weeks."),
        Column("zero_square_error", "DOUBLE", "The same of a forecast of nothing: the sum of y^2."),
        Column(
            "week_change",
            "DOUBLE",
            "Mean squared change from a week to the next before the cutoff: the denominator of RMSSE.",
        ),
        Column(
            "pinball",
            "DOUBLE[]",
            "Pinball loss over the weeks at probabilities of 0.025, 0.1, 0.5, 0.9 and 0.975, with bands made of the "
            "other cutoffs.",
            unit="units",
        ),
        Column("naive_pinball", "DOUBLE[]", "The same of the seasonal naive, with bands made likewise.", unit="units"),
        Column("average_pinball", "DOUBLE[]", "The same of the moving average.", unit="units"),
        Column("weeks", "BIGINT", "Weeks that were held against the bands, up to 13.", unit="weeks"),
        Column("weeks_below_80", "BIGINT", "Of these, below the lower end of the 80 % band.", unit="weeks"),
        Column("weeks_above_80", "BIGINT", "Of these, above its upper end.", unit="weeks"),
        Column("weeks_below_95", "BIGINT", "Of these, below the lower end of the 95 % band.", unit="weeks"),
        Column("weeks_above_95", "BIGINT", "Of these, above its upper end.", unit="weeks"),
        Column("actual_weeks", "DOUBLE[]", "What came, by week.", unit="units per week"),
        Column("forecast_weeks", "DOUBLE[]", "What was forecast, by week.", unit="units per week"),
    ),
    key=("level", "category", "region", "sku", "cutoff"),
)

PAST_FORECASTS = Table(
    "past_forecasts",
    "one row per earlier as-of, level and series",
    N_("What was forecast on earlier days, kept as it was said."),
    (
        *_SERIES,
        Column("cutoff", "DATE", "As-of of the forecast: the last day that it knew.", required=True),
        Column("model", "VARCHAR", "The model that made it."),
        Column("units", "DOUBLE[]", "Expected units, one value per week from the day after.", unit="units per week"),
        Column("low_80", "DOUBLE[]", "Lower end of the 80 % band.", unit="units per week"),
        Column("high_80", "DOUBLE[]", "Upper end of the 80 % band.", unit="units per week"),
        Column("low_95", "DOUBLE[]", "Lower end of the 95 % band.", unit="units per week"),
        Column("high_95", "DOUBLE[]", "Upper end of the 95 % band.", unit="units per week"),
    ),
    key=("level", "category", "region", "sku", "cutoff"),
)

LOST_UNITS = Table(
    "lost_units",
    "one row per SKU, ship-to region, location and day on which it was out of stock there",
    N_("What could have been sold, had it been there."),
    (
        Column("sku", "VARCHAR", "The item.", required=True),
        Column("category", "VARCHAR", "Its category."),
        Column("region", "VARCHAR", "The ship-to region."),
        Column("location", "VARCHAR", "The location that was out.", required=True),
        Column("day", "DATE", "The day.", required=True),
        Column("baseline", "DOUBLE", "Units expected on such a day, had it been there.", unit="units"),
        Column("sold", "DOUBLE", "Units sold on that day all the same.", unit="units"),
        Column(
            "lost",
            "DOUBLE",
            "max(0, baseline - sold), or its expectation where sold ran out within the day.",
            unit="units",
        ),
    ),
    key=("sku", "region", "location", "day"),
)

EVENT_FACTORS = Table(
    "event_factors",
    "one row per event name, category and day of its window",
    N_("How many times an ordinary day's demand an event's day brings."),
    (
        Column("name", "VARCHAR", "The event's name, the same every year.", required=True),
        Column("category", "VARCHAR", "The category; null for the whole shop."),
        Column(
            "day_of_window", "BIGINT", "0 is its first day; negative before, beyond its length after.", required=True
        ),
        Column("factor", "DOUBLE", "Times an ordinary day's demand, shrunk to the whole shop's where thin."),
        Column("years", "BIGINT", "Events of that name in the history.", unit="events"),
    ),
    key=("name", "category", "day_of_window"),
)

FORECAST_TABLES: Mapping[str, tuple[Table, Visibility]] = {
    FORECASTS.name: (FORECASTS, read_visibility("category=category region=region")),
    FORECAST_CHECKS.name: (FORECAST_CHECKS, read_visibility("category=category region=region")),
    PAST_FORECASTS.name: (PAST_FORECASTS, read_visibility("category=category region=region")),
    LOST_UNITS.name: (LOST_UNITS, read_visibility("category=category region=region")),
    EVENT_FACTORS.name: (EVENT_FACTORS, read_visibility("category=category region=public")),
}
"""By name: the table, and what a restricted viewer sees of it."""
