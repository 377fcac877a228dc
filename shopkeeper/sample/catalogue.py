"""What the sample shop sells: 304 SKUs in 8 categories."""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from shopkeeper.models.arrays import Flags, Floats, Ints
from shopkeeper.sample.calendar import DAYS, MONTH_OF_DAY, MONTHS

CATEGORIES = (
    "茶叶 Tea",
    "咖啡 Coffee",
    "坚果零食 Nuts & snacks",
    "粮油 Grain & oil",
    "水果 Fruit",
    "护肤 Skin care",
    "家居 Home",
    "母婴 Baby care",
)
ITEMS = tuple(
    tuple(items.split("、"))
    for items in (
        (
            "龙井 Longjing、铁观音 Tieguanyin、普洱 Pu'er、大红袍 Da Hong Pao、"
            "茉莉花茶 Jasmine tea、白茶 White tea、祁门红茶 Keemun、菊花茶 Chrysanthemum tea"
        ),
        (
            "云南豆 Yunnan beans、意式拼配 Espresso blend、挂耳 Drip bags、冻干 Freeze-dried、"
            "冷萃液 Cold brew、低因 Decaf、速溶拿铁 Instant latte、浅烘 Light roast"
        ),
        (
            "腰果 Cashews、夏威夷果 Macadamias、开心果 Pistachios、混合坚果 Mixed nuts、"
            "牛肉干 Beef jerky、海苔 Seaweed、芒果干 Dried mango、核桃 Walnuts"
        ),
        (
            "东北大米 Northeast rice、小米 Millet、菜籽油 Rapeseed oil、山茶油 Camellia oil、"
            "挂面 Noodles、燕麦 Oats、红豆 Red beans、藜麦 Quinoa"
        ),
        (
            "红富士苹果 Fuji apples、脐橙 Navel oranges、猕猴桃 Kiwifruit、车厘子 Cherries、"
            "榴莲 Durian、葡萄 Grapes、火龙果 Dragon fruit、蓝莓 Blueberries"
        ),
        (
            "洁面乳 Cleanser、爽肤水 Toner、精华液 Serum、面霜 Face cream、"
            "防晒霜 Sunscreen、面膜 Face mask、护手霜 Hand cream、身体乳 Body lotion"
        ),
        (
            "毛巾 Towels、四件套 Bed set、保温杯 Thermos、收纳箱 Storage box、"
            "香薰 Scented candle、炒锅 Wok、枕头 Pillow、台灯 Desk lamp"
        ),
        (
            "纸尿裤 Nappies、湿巾 Wet wipes、奶瓶 Feeding bottle、米粉 Rice cereal、"
            "婴儿沐浴露 Baby wash、连体衣 Romper、磨牙棒 Teething biscuits、绘本 Picture book"
        ),
    )
)
VARIANTS = ("尝鲜装 Trial", "标准装 Standard", "家庭装 Family", "优选 Select", "礼盒 Gift box")
PER_CATEGORY = 38
SUPPLIERS = tuple(f"供应商{number:02d} Supplier {number:02d}" for number in range(1, 25))
# The first SKU of a category is its staple: cheap, always on sale everywhere, topped up the same day by its supplier.
# An order whose every item is out takes the staple instead, so a stock-out never erases a purchase day.
STAPLES = np.arange(len(CATEGORIES)) * PER_CATEGORY
ONLINE_RANGE, STORE_RANGE, DEALER_RANGE = range(3)


@dataclass(frozen=True)
class Catalogue:
    """Arrays over SKUs, ordered by category, then by price (staples first)."""

    names: tuple[str, ...]
    category: Ints
    price: Ints  # fen (hundredths of a yuan)
    cost: Ints  # fen
    pack: Ints
    minimum_order: Ints
    supplier: Ints
    lead: Floats  # days
    lead_sd: Floats
    launched: Ints  # day number of the shop; 0 where sold from the start
    delisted: Ints  # last day number on sale; DAYS where still on sale
    ranges: Flags  # range (online, store, dealer) x SKU
    draw_weights: Floats  # cumulative over (range, month, SKU), flattened; see `pick`

    @property
    def skus(self) -> tuple[str, ...]:
        """SKU codes such as 'K0123'."""
        return tuple(f"K{number:04d}" for number in range(1, len(self.names) + 1))

    def only(self, rows: Ints) -> Self:
        """A few of the SKUs; lines cannot be picked from it."""
        special = ("names", "ranges", "draw_weights")
        return replace(
            self,
            names=tuple(self.names[row] for row in rows),
            ranges=self.ranges[:, rows],
            **{field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name not in special},
        )


def _prices(rng: np.random.Generator) -> Ints:
    ladder = np.exp(np.linspace(np.log(11.0), np.log(420.0), PER_CATEGORY))
    drawn = np.sort(ladder * rng.uniform(0.93, 1.07, (len(CATEGORIES), PER_CATEGORY)), axis=1)
    return (np.rint(drawn) * 100 - 10).ravel().astype(np.int64)


def _names() -> tuple[str, ...]:
    names = []
    for items in ITEMS:
        for number in range(PER_CATEGORY):
            chinese, english = items[number % len(items)].split(" ", 1)
            variant_chinese, variant_english = VARIANTS[number // len(items)].split(" ", 1)
            names.append(f"{chinese}{variant_chinese} {english}, {variant_english}")
    return tuple(names)


def catalogue() -> Catalogue:
    """The same goods for every seed."""
    rng = np.random.default_rng(2023)
    skus = len(CATEGORIES) * PER_CATEGORY
    category = np.repeat(np.arange(len(CATEGORIES)), PER_CATEGORY)
    rank = np.tile(np.arange(PER_CATEGORY), len(CATEGORIES))
    price = _prices(rng)
    month_start = np.searchsorted(MONTH_OF_DAY, np.arange(MONTHS))
    always = np.isin(rank, (0, 2, 5, 9, 13, 17, 21, 25, 30, 35))
    late = ~always & (rng.random(skus) < 0.22)
    gone = ~always & ~late & (rng.random(skus) < 0.12)
    launched = np.where(late, month_start[rng.integers(3, MONTHS - 3, skus)], 0)
    delisted = np.where(gone, month_start[rng.integers(10, MONTHS - 1, skus)] - 1, DAYS)
    ranges = np.stack([np.ones(skus, bool), always & ~np.isin(rank, (9, 17, 25)), always])
    popularity = rng.permuted(1.0 / np.arange(1, skus + 1).reshape(len(CATEGORIES), -1) ** 0.05, axis=1).ravel()
    popularity = popularity * rng.lognormal(0.0, 0.9, skus)
    on_sale = (launched <= month_start[:, None]) & (delisted >= month_start[:, None])
    weights = (ranges[:, None, :] * on_sale[None, :, :] * popularity).ravel()
    return Catalogue(
        names=_names(),
        category=category,
        price=price,
        cost=np.rint(price * rng.uniform(0.34, 0.58, skus) / 10).astype(np.int64) * 10,
        pack=rng.choice(np.array([1, 2, 4, 6]), skus, p=[0.4, 0.3, 0.1, 0.2]),
        minimum_order=rng.choice(np.array([6, 12, 24]), skus),
        supplier=category * 3 + rng.integers(0, 3, skus),
        lead=rng.integers(8, 31, skus).astype(float),
        lead_sd=np.round(rng.uniform(1.0, 5.0, skus), 1),
        launched=launched,
        delisted=delisted,
        ranges=ranges,
        draw_weights=np.concatenate([[0.0], np.cumsum(weights)]),
    )


def pick(
    goods: Catalogue, assortment: Ints, month: Ints, category: Ints, target: Floats, u: Floats
) -> tuple[Ints, Ints]:
    """SKU and units for lines that should cost about `target` yuan at list price.

    A price between 1/4 (or 150 yuan) and 3/4 of the target is bought several times, one between 1 and 1.4 times once:
    the list price then lies at most half above the target, and a discount brings it down to the target exactly. The
    staple fills gaps.
    """
    key = goods.category * 1e7 + goods.price
    base = (assortment * MONTHS + month) * len(goods.names)
    bounds = (np.minimum(0.25 * target, 150.0), 0.75 * target, target, 1.4 * target)
    edges = [np.searchsorted(key, category * 1e7 + np.minimum(bound * 100, 9e6)) for bound in bounds]
    low, below, level, high = (goods.draw_weights[base + edge] for edge in edges)
    total = (below - low) + (high - level)
    x = u * total
    x = np.where(x < below - low, low + x, level + x - (below - low))
    sku = np.searchsorted(goods.draw_weights, x, side="right") - 1 - base
    empty = total <= 1e-9
    sku = np.where(empty, STAPLES[category], np.clip(sku, 0, len(goods.names) - 1))
    units = np.maximum(1, np.ceil(target * 100 / goods.price[sku] - 1e-9)).astype(np.int64)
    return sku, units
