import pytest

from shopkeeper import i18n
from shopkeeper.customers.retention.report import MEASURES, METHODS
from shopkeeper.measures.lookup import (
    COHORT_MEASURES,
    SHOP_MEASURES,
    cell_measures,
    definition,
    label,
    measure,
)
from shopkeeper.measures.terms import TERMS

NAMES = [*(declared.name for declared in (*COHORT_MEASURES, *SHOP_MEASURES)), *TERMS]


def test_no_two_measures_or_terms_share_a_name() -> None:
    assert len(NAMES) == len(set(NAMES))


def test_no_two_measures_share_a_label() -> None:
    labels = [declared.label for declared in (*COHORT_MEASURES, *SHOP_MEASURES)]
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("name", NAMES)
def test_everything_has_a_definition_in_both_languages(name: str) -> None:
    english = definition(name)
    with i18n.speaking("zh_CN"):
        chinese = definition(name)
        assert chinese[0] == label(name)
    assert english[0] == label(name)
    assert not set(english) & set(chinese)
    assert (english[1][-1], chinese[1][-1]) == (".", "。")


def test_a_measures_definition_ends_in_its_formula() -> None:
    assert definition("revenue_per_customer")[1].endswith("Formula: net revenue / n.")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", MEASURES)
def test_every_retention_table_knows_what_its_value_and_rate_are(name: str, method: str) -> None:
    value, rate = cell_measures(name, method)
    assert value.name.endswith(name)
    assert rate.format == {"customers": "percent", "orders": "number"}.get(name, "money")
    assert value.name.startswith("cumulative_") == (method == "cumulative" and name != "customers")


def test_the_methods_and_windows_on_the_page_are_terms() -> None:
    assert {*METHODS, "calendar", "rolling"} <= set(TERMS)


def test_an_unknown_measure_is_an_error() -> None:
    with pytest.raises(KeyError, match="loyalty"):
        measure("loyalty")
