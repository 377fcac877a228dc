"""A believable merchant whose laws are known: `generate` writes three years of a shop, and the truth beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from shopkeeper.models.arrays import Flags, Ints
from shopkeeper.progress import UNHEARD, Progress
from shopkeeper.sample import dealers, expected, identities, laws, odd_exports, rows, spending, supply_rows, truth
from shopkeeper.sample.catalogue import STAPLES, catalogue
from shopkeeper.sample.demand import tastes
from shopkeeper.sample.deposits import deposits
from shopkeeper.sample.drawing import PERSONS_IN_BLOCK, REFUND, ROWS, Block, SamplePlan, plan
from shopkeeper.sample.files import Files
from shopkeeper.sample.fulfilment import LostLines, Remaining, Shelf, serve, takes_stock, with_refunds, without_lost
from shopkeeper.sample.orders import Lines, Orders, World
from shopkeeper.sample.places import places
from shopkeeper.sample.stock import Deliveries, StockHistory, carried, simulate
from shopkeeper.sample.truth import DemandTally

SHOP = 'name = "山海集 Mountain & Sea Market"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\n'


def generate(
    directory: Path,
    orders: int = 200_000,
    seed: int = 7,
    progress: Progress = UNHEARD,
    persons_in_block: int = PERSONS_IN_BLOCK,
    expected_from: int = 0,
) -> None:
    """Write a sample shop of about `orders` orders into `directory`: order_lines/part-NNNN.parquet, a Parquet file for
    every other table of the contract, shop.toml, and truth/.

    The same arguments give the same shop. Memory is bounded by `persons_in_block`, not by `orders`; every block is
    drawn twice, once to learn what is asked for of each location and day, once to serve it from the stock that results.
    `expected_from`: how many more shops of the same laws are drawn for truth/expected_*. An earlier sample in the
    directory is replaced.
    """
    world = World(places(), catalogue(), tastes())
    drawn = plan(world, orders, seed, persons_in_block)
    noted = truth.tally(world)
    for number in range(drawn.blocks):
        progress.step("Customers and their orders", 0.25 * number / drawn.blocks)
        block = drawn.draw(world, number)
        ships = np.flatnonzero(takes_stock(block.demanded))
        noted.note(block.placed, block.demanded, ships, block.cells[ships])
        noted.note_people(block.persons, block.mailings)
    sell_out = dealers.sell_out(drawn.random(-1, 4), world, orders)
    noted.cells[:, dealers.silent(world)] += sell_out.astype(np.int32)
    progress.step("Stock", 0.25)
    kept = carried(world)
    ordinary = kept.copy()
    ordinary[:, STAPLES] = False
    flow = simulate(drawn.random(-1, 1), world, noted.cells, ordinary)
    with Files(directory) as files:
        staples, lost = _sell(files, world, drawn, noted, flow, progress)
        progress.step("Stock and truth", 0.6)
        flow = _with_staples(flow, drawn, world, staples, kept[:, STAPLES])
        files.put(f"order_lines/part-{drawn.blocks:04d}", dealers.sell_in(world, flow.deliveries, 1))
        _write_supply(files, world, drawn, noted, flow, kept)
        _write_truth(files, world, noted, lost)
        files.put("truth/dealer_sell_out", dealers.dealer_sell_out(world, sell_out))
        if expected_from:
            means = expected.expect(world, drawn, expected_from, progress.part(0.65, 0.35))
            files.put("truth/expected_days", means.days)
            files.put("truth/expected_shares", means.shares)
        laws.write_parameters(directory / "truth" / "parameters.json", seed, orders)
        (directory / "shop.toml").write_text(SHOP, encoding="utf-8")
    odd_exports.write(directory)
    progress.step("Done", 1.0)


def _sell(
    files: Files, world: World, drawn: SamplePlan, noted: DemandTally, flow: StockHistory, progress: Progress
) -> tuple[Ints, list[LostLines]]:
    """Write what each block sold; returns the staples sold (day x location x category) and what was lost."""
    short = (noted.cells > flow.filled).reshape(-1)
    shelf = Shelf(short & ~_staple_cells(noted), flow.filled.reshape(-1))
    staples = np.zeros((*noted.cells.shape[:2], len(STAPLES)), dtype=np.int32)
    lost, first_number, first_deposit = [], 1, 1
    for number in range(drawn.blocks):
        progress.step("Order lines", 0.3 + 0.3 * number / drawn.blocks)
        block = drawn.draw(world, number)
        sold, missing = serve(world.goods, block.placed, block.demanded, block.cells, shelf)
        lost.append(missing)
        _note_staples(staples, world, block.placed, sold)
        left = without_lost(block.persons, block.visits, block.placed, missing)
        buyers = identities.named_buyers(left.persons, left.placed)
        paid_down = deposits(world, left.persons, left.placed, sold, buyers, first_deposit)
        first_deposit += paid_down.height
        files.append("deposits", paid_down)
        orders_so_far = int(block.demanded.order.max()) + 1
        sold = with_refunds(drawn.random(number, REFUND), sold, orders_so_far)
        table = rows.order_lines(world, buyers, left.placed, sold, orders_so_far, first_number)
        first_number += table.orders
        files.put(f"order_lines/part-{number:04d}", table.frame)
        _write_people(files, drawn.random(number, ROWS), block, left, buyers)
    return staples, lost


def _staple_cells(noted: DemandTally) -> Flags:
    is_staple = np.zeros(noted.cells.shape, dtype=bool)
    is_staple[:, :, STAPLES] = True
    return is_staple.reshape(-1)


def _note_staples(staples: Ints, world: World, placed: Orders, sold: Lines) -> None:
    chosen = sold.take(takes_stock(sold) & np.isin(sold.sku, STAPLES))
    where = (chosen.day, placed.location[chosen.parent], world.goods.category[chosen.sku])
    np.add.at(staples, where, chosen.units.astype(np.int32))


def _with_staples(flow: StockHistory, drawn: SamplePlan, world: World, sold: Ints, kept: Flags) -> StockHistory:
    """Stock of the staples, known only once everything is sold, joined with the rest."""
    few = simulate(drawn.random(-1, 2), replace(world, goods=world.goods.only(STAPLES)), sold, kept, never_out=True)
    on_hand = flow.on_hand.copy()
    on_hand[:, :, STAPLES] = few.on_hand
    own = replace(few.deliveries, sku=STAPLES[few.deliveries.sku])
    both = [
        np.concatenate([getattr(flow.deliveries, name), getattr(own, name)]) for name in Deliveries.__dataclass_fields__
    ]
    return StockHistory(flow.filled, on_hand, Deliveries(*both), flow.most + few.most)


def _write_people(
    files: Files, rng: np.random.Generator, block: Block, left: Remaining, buyers: identities.Named
) -> None:
    held = identities.accounts(left.placed, buyers)
    files.append("customers", rows.customers(rng, left.persons))
    files.append("identities", identities.identities(left.persons, held))
    files.append("contacts", rows.contacts(left.persons, block.mailings))
    files.append("truth/persons", truth.persons(left.persons))
    files.append("truth/accounts", truth.accounts(left.persons, held))
    files.append("truth/campaign_purchases", truth.campaign_purchases(left.persons, block.visits))


def _write_supply(
    files: Files, world: World, drawn: SamplePlan, noted: DemandTally, flow: StockHistory, kept: Flags
) -> None:
    files.put("products", supply_rows.products(world.goods))
    files.put("regions", supply_rows.regions())
    files.put("locations", supply_rows.locations(world.where, flow.most))
    files.put("lanes", supply_rows.lanes(world.where))
    files.put("stock_snapshots", supply_rows.stock_snapshots(world, kept, flow.on_hand))
    files.put("inbound", supply_rows.inbound(world, flow.deliveries))
    files.put("events", supply_rows.events())
    spent = spending.marketing_spend(drawn.random(-1, 3), world.where, noted.newcomers, noted.treated)
    files.put("marketing_spend", spent)


def _write_truth(files: Files, world: World, noted: DemandTally, lost: list[LostLines]) -> None:
    files.put("truth/lost_units", truth.lost_units(world, lost))
    files.put("truth/demand", truth.demand(world, noted))
    files.put("truth/event_uplift", truth.event_uplift(world, noted))
    files.put("truth/event_items", truth.event_items(world, noted))
    files.put("truth/base_demand", truth.base_demand(world))
    files.put("truth/day_factors", truth.day_factors())
