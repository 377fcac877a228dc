"""What a merchant asks the network, in a real browser."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from shopkeeper import i18n
from shopkeeper.engine.duckdb import open_version
from shopkeeper.jobs.forecast import files
from shopkeeper.lake.version import Version
from shopkeeper.supply.network import report as network
from tests.browser.acting import download, go, idle, screen_table, within


def found_in(goods_shop: Version) -> network.Network:
    query = open_version(goods_shop, made=files.table_files(goods_shop))
    try:
        result = network.report(query)
        assert result.candidates.height
        return result
    finally:
        query.close()


def test_from_the_rate_to_a_store_switched_on_and_its_file(
    quiet_supply: Page, goods_url: str, goods_shop: Version, tmp_path: Path
) -> None:
    page, result = quiet_supply, found_in(goods_shop)
    go(page, f"{goods_url}/network")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(i18n.percent(result.now.near_rate))
    tiles = within(page, "network_map_chart").locator(".scatterlayer .points .point")
    expect(tiles).to_have_count(result.regions.height, timeout=15_000)

    within(page, "network_view").get_by_text("One more shipping point").click()
    expect(within(page, "tried_nodes")).to_be_visible(timeout=30_000)
    idle(page)
    best = result.candidates.row(0, named=True)["candidate"]
    change = network.what_if(result, (best,)).change
    rates = page.get_by_test_id("stMetric").filter(has_text="Near-demand rate").get_by_test_id("stMetricValue")
    expect(rates.last).to_have_text(i18n.percent(change.after.near_rate))

    with download(page, "network_candidates", "csv", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == result.candidates.height
    assert float(listed[0]["points"]) == round(result.candidates["points"][0], 12)
    expect(page).to_have_url(re.compile("network_view=next"))


def test_the_table_of_nodes_is_that_of_the_report(quiet_supply: Page, goods_url: str, goods_shop: Version) -> None:
    go(quiet_supply, f"{goods_url}/network?network_view=nodes")
    seen = screen_table(quiet_supply, "network_nodes")
    assert [row[1] for row in seen] == found_in(goods_shop).nodes["location"].to_list()[: len(seen)]
