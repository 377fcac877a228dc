"""What travels with every download: filters, definitions, as-of, version, and how much of the data stands behind it."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shopkeeper import i18n
from shopkeeper.i18n import gettext as _


@dataclass(frozen=True)
class About:
    """Where a table or chart comes from. Texts are already in `language`, which downloads speak.

    `rows` counts the rows of the table (for a chart: of the table behind it), `created_at` is aware: when the version
    was published. `identified_order_share` runs from 0 to 1, `rejected_rows` counts rows of the whole version.
    """

    title: str
    rows: int
    filters: tuple[tuple[str, str], ...]
    definitions: tuple[tuple[str, str], ...]
    as_of: date
    version: str
    created_at: datetime
    shop: str
    currency: str
    timezone: str
    rejected_rows: int
    identified_order_share: float | None
    language: str = i18n.SOURCE

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Label and value of everything beside filters and definitions, in `language`."""
        with i18n.speaking(self.language):
            return (
                (_("Shop"), self.shop),
                (_("As of"), self.as_of.isoformat()),
                (_("Data version"), self.version),
                (_("Published"), i18n.moment(self.created_at, self.timezone)),
                (_("Currency"), self.currency),
                (_("Timezone"), self.timezone),
                (_("Rows"), i18n.integer(self.rows)),
                (_("Rejected rows"), i18n.integer(self.rejected_rows)),
                (_("Identified-order share"), i18n.percent(self.identified_order_share)),
            )

    def filter_text(self) -> str:
        """All filters on one line, in `language`."""
        with i18n.speaking(self.language):
            return "; ".join(f"{label}: {value}" for label, value in self.filters) or _("No filters: the whole shop")

    def definition_text(self) -> str:
        """All definitions on one line."""
        return " ".join(f"{label}: {text}" for label, text in self.definitions)


def file_name(report: str, about: About, extension: str, content: bytes, choices: Sequence[str] = ()) -> str:
    """Like `retention_month_exact_2026-10-21_1a2b3c4d5e6f.csv`.

    The last part is the start of the content's SHA-256: files that differ anywhere never share a name, and so never a
    download link.
    """
    digest = hashlib.sha256(content).hexdigest()[:12]
    words = [_word(part) for part in (report, *choices)]
    return "_".join([*filter(None, words), about.as_of.isoformat(), digest]) + f".{extension}"


def _word(text: str) -> str:
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", text).lower())[:40].strip("-")
