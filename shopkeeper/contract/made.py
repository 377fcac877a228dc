"""All that jobs keep beside a version's marts."""

from collections.abc import Mapping

from shopkeeper.contract.forecasts import FORECAST_TABLES
from shopkeeper.contract.scores import SCORE_TABLES
from shopkeeper.contract.table import Table
from shopkeeper.contract.visibility import Visibility

MADE_TABLES: Mapping[str, tuple[Table, Visibility]] = {**FORECAST_TABLES, **SCORE_TABLES}
