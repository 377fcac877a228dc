"""Files that once went wrong, each held to what its README says is right."""

import shutil
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from shopkeeper.customers.filters import CustomerFilters
from shopkeeper.engine.duckdb import open_version
from shopkeeper.errors import Refused
from shopkeeper.imports.acceptance import Acceptance
from shopkeeper.imports.job import Outcome, import_files
from shopkeeper.imports.mapping.file import load
from shopkeeper.jobs.buying.spends import fit_spends
from shopkeeper.models.buying.spend import expected_average
from shopkeeper.models.buying.value import value_variance

SAID = Acceptance("Test shop", "USD", "America/New_York")
REFUSED = {
    "amazon_pst": "reads zone letters, which stand for several zones",
    "bad_strptime": "is no pattern of a date",
    "cp1252_umlaut": 'encoding = "cp1252"',
    "cp1252_umlaut_end": 'encoding = "cp1252"',
    "encoding_declared_wrong": "orders.csv is not utf-8, as the mapping says: line 2 holds bytes that are not text",
    "encoding_unknown_name": "there is no encoding 'klingon'",
    "header_only": "orders.csv has a header and no rows",
    "ids_scientific": "rule 'lost digits', 3 rows",
    "m_encoding_utf16_no_bom": "does not begin with the mark that utf-16 needs",
    "m_format_empty": "'' is empty",
    "m_format_percent": "'%' is no pattern of a date",
    "m_sum_deep": "rules stand 12 deep in one another at most",
    "parquet_dup_columns": "several columns are called 'net'",
    "preamble": "how many lines come before it with skip_rows",
    "shopify_same_name_two_orders": "rule 'two buyers'",
    "total_row_short": "say footer_rows in the mapping",
    "tz_abbrev": "reads zone letters, which stand for several zones",
}
"""Cases that must end with a sentence, and a part of it."""
READ = {
    "customer_placeholders": (13, 0, "customer_id has 12 values that stand for nobody or are masked, in 13 orders"),
    "decimal_quantity": (2, 0, ""),
    "decimal_quantity_round": (3, 0, ""),
    "dst_gap_and_overlap": (
        5,
        0,
        "2 times of ordered_at lie in a night",
    ),
    "duplicate_header_unused": (1, 0, ""),
    "float_ids_text": (2, 0, "are there in two ways, such as '17850' and '17850.0'"),
    "folder_junk": (1, 2, "orders.csv.bak belongs to no table"),
    "header_line_break_cr_in_lf_file": (1, 0, ""),
    "iso_no_seconds_z": (5, 2, ""),
    "mapping_case_to_nothing": (3, 0, ""),
    "nfc_nfd": (2, 0, "1 rows have a sku that was mended"),
    "overlapping_exports": (2, 2, ""),
    "refund_positive_amount": (2, 1, ""),
    "sep_line": (1, 0, ""),
    "trailing_blanks_split_customers": (4, 0, "3 rows have a customer_id that was mended"),
    "xlsx_whitespace_cells": (2, 0, "column 7 has neither name nor values"),
}
"""Cases that are read: rows published and rejected, and what is said of them."""
MENDED = {
    "m_encoding_utf16_no_bom": ('encoding = "utf-16"', "", 1),
    "preamble": ('files = "orders*"', 'files = "orders*"\nskip_rows = 2', 1),
    "total_row_short": ('files = "orders*"', 'files = "orders*"\nfooter_rows = 1', 1),
    "cp1252_umlaut": ('files = "orders*"', 'files = "orders*"\nencoding = "cp1252"', 1),
    "cp1252_umlaut_end": ('files = "orders*"', 'files = "orders*"\nencoding = "cp1252"', 1),
    "xlsx_merged_order": ('["time","buyer"]', '["order", "time", "buyer"]', 3),
    "xlsx_dotnet_time": ('ordered_at = "time"', 'ordered_at = { source = "time", round = true }', 2),
    "parquet_dup_columns": ('net_amount = "net"', 'net_amount = "net [2]"', 1),
}
"""Cases that a line in the mapping mends: what stands there, what must, and the rows that are read then."""


def imported(folder: Path, lake: Path) -> Outcome:
    own = folder / "mapping.toml"
    given = [folder / "in"] if (folder / "in").exists() else None
    files = given or [each for each in sorted(folder.iterdir()) if each.name not in ("README", "mapping.toml")]
    if own.exists():
        return import_files(files, load(str(own)), lake)
    return import_files(files, load("shopify"), lake, said=SAID)


@pytest.mark.parametrize("case", REFUSED)
def test_a_case_is_refused_with_a_sentence(case: str, real_data: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refusal:
        imported(real_data / "cases" / case, tmp_path / "lake")
    sentence = str(refusal.value)
    assert REFUSED[case] in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("case", READ)
def test_a_case_is_read_as_it_should_be(case: str, real_data: Path, tmp_path: Path) -> None:
    published, rejected, warning = READ[case]
    outcome = imported(real_data / "cases" / case, tmp_path / "lake")
    assert (sum(table.rows_published for table in outcome.tables), outcome.rows_rejected) == (published, rejected)
    assert warning in "\n".join(map(str, outcome.warnings))


@pytest.mark.parametrize("case", MENDED)
def test_a_line_in_the_mapping_mends_a_case(case: str, real_data: Path, tmp_path: Path) -> None:
    stands, must, rows = MENDED[case]
    folder = tmp_path / case
    shutil.copytree(real_data / "cases" / case, folder)
    text = (folder / "mapping.toml").read_text(encoding="utf-8")
    assert stands in text
    (folder / "mapping.toml").write_text(text.replace(stands, must), encoding="utf-8")
    outcome = imported(folder, tmp_path / "lake")
    assert (outcome.tables[0].rows_published, outcome.rows_rejected) == (rows, 0)


def test_a_wholesale_account_does_not_make_buyers_of_ten_worth_thousands(real_data: Path, tmp_path: Path) -> None:
    """300 customers who pay 10.00 each time beside one account with 5,000 orders of 1,000."""
    version = imported(real_data / "cases" / "clv_giant_and_constant_spend", tmp_path / "lake").version
    with closing(open_version(version)) as query:
        spends = fit_spends(query)
        histories = query("customers/histories", **CustomerFilters().acquired())
    spend = spends.models["revenue"]
    assert spend.population_mean == 10.0
    each = expected_average(spend, histories["frequency"], histories["repeat_revenue"])
    worth = histories.select("customer_id", worth=each)
    assert worth.filter(pl.col("customer_id") != "giant")["worth"].unique().to_list() == [10.0]
    # The account pays 1,000 an order, and orders several times on a day.
    giant = histories.row(by_predicate=pl.col("customer_id") == "giant", named=True)
    assert worth.filter(customer_id="giant")["worth"].item() == pytest.approx(giant["repeat_revenue"])
    ones = pl.DataFrame({"frequency": [0, 3], "monetary_value": [None, 10.0], "expected_purchases": 2.0})
    ones = ones.with_columns(discounted=pl.col("expected_purchases"), factorial=pl.lit(6.0))
    # Nothing is uncertain but how often they come: E[n^2] - E[n]^2 = 6 + 2 - 4 times of 10.
    assert value_variance(spend, ones).to_list() == pytest.approx([400.0, 400.0])
