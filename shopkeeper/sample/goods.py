"""The items that the sample shop sells: eight categories of parents with their variants, as data."""

from dataclasses import dataclass

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
PER_CATEGORY = 17
GIFT = "礼盒 Gift box"
# Sizes of a parent, each with its price as a multiple of the first.
SIZES = {
    "one": (("", 1.0),),
    "grams": (("50 g", 1.0), ("125 g", 2.2), ("250 g", 4.1), (GIFT, 7.5)),
    "packs": (("100 g", 1.0), ("250 g", 2.3), ("500 g", 4.3), (GIFT, 7.0)),
    "bags": (("10 包 10 bags", 1.0), ("30 包 30 bags", 2.7), ("60 包 60 bags", 5.0)),
    "kilos": (("1 kg", 1.0), ("2.5 kg", 2.3), ("5 kg", 4.3), ("10 kg", 8.0)),
    "litres": (("500 ml", 1.0), ("1 L", 1.9), ("2.5 L", 4.4), ("5 L", 8.2)),
    "crates": (("1.5 kg", 1.0), ("2.5 kg", 1.6), ("5 kg", 3.0), (GIFT, 4.5)),
    "flasks": (("30 ml", 1.0), ("50 ml", 1.6), ("100 ml", 2.8), ("套装 Set", 4.8)),
    "towels": (("毛巾 Hand", 1.0), ("浴巾 Bath", 2.6)),
    "beds": (("1.5 m", 1.0), ("1.8 m", 1.2)),
    "bottles": (("350 ml", 1.0), ("500 ml", 1.2)),
    "candles": (("100 g", 1.0), ("200 g", 1.7)),
    "nappies": (("S", 1.0), ("M", 1.0), ("L", 1.06), ("XL", 1.12)),
    "babies": (("66 cm", 1.0), ("73 cm", 1.0), ("80 cm", 1.08)),
    "feeding": (("160 ml", 1.0), ("240 ml", 1.15)),
}
COLOURS = ("米白 Ivory", "雾蓝 Mist blue", "墨绿 Dark green")


@dataclass(frozen=True)
class Parent:
    """An item with its variants: the first `sizes` of its scale, each in the first `colours`."""

    name: str
    price: float
    scale: str = "one"
    sizes: int = 1
    colours: int = 0


# The first of a category is its cheapest, the staple.
PARENTS: tuple[tuple[Parent, ...], ...] = (
    (
        Parent("茶包 Tea bags", 13),
        Parent("龙井 Longjing", 36, "grams", 4),
        Parent("普洱 Pu'er", 28, "grams", 4),
        Parent("茉莉花茶 Jasmine tea", 22, "grams", 3),
        Parent("白茶 White tea", 58, "grams", 3),
        Parent("祁门红茶 Keemun", 33, "grams", 2),
    ),
    (
        Parent("速溶咖啡 Instant coffee", 12),
        Parent("云南豆 Yunnan beans", 39, "packs", 4),
        Parent("意式拼配 Espresso blend", 35, "packs", 4),
        Parent("挂耳 Drip bags", 26, "bags", 3),
        Parent("冻干 Freeze-dried", 32, "bags", 3),
        Parent("冷萃 Cold brew", 24, "bags", 2),
    ),
    (
        Parent("海苔 Seaweed", 12),
        Parent("腰果 Cashews", 29, "packs", 4),
        Parent("混合坚果 Mixed nuts", 36, "packs", 4),
        Parent("开心果 Pistachios", 33, "packs", 3),
        Parent("牛肉干 Beef jerky", 42, "packs", 3),
        Parent("芒果干 Dried mango", 17, "packs", 2),
    ),
    (
        Parent("挂面 Noodles", 13),
        Parent("东北大米 Northeast rice", 18, "kilos", 4),
        Parent("小米 Millet", 22, "kilos", 3),
        Parent("山茶油 Camellia oil", 49, "litres", 4),
        Parent("菜籽油 Rapeseed oil", 26, "litres", 3),
        Parent("藜麦 Quinoa", 32, "kilos", 2),
    ),
    (
        Parent("鲜橙单份 Oranges, a bag", 14),
        Parent("红富士苹果 Fuji apples", 32, "crates", 4),
        Parent("脐橙 Navel oranges", 29, "crates", 3),
        Parent("猕猴桃 Kiwifruit", 35, "crates", 3),
        Parent("车厘子 Cherries", 88, "crates", 4),
        Parent("蓝莓 Blueberries", 45, "crates", 2),
    ),
    (
        Parent("护手霜 Hand cream", 15),
        Parent("洁面乳 Cleanser", 35, "flasks", 3),
        Parent("精华液 Serum", 89, "flasks", 4),
        Parent("面霜 Face cream", 65, "flasks", 4),
        Parent("防晒霜 Sunscreen", 48, "flasks", 3),
        Parent("面膜 Face mask", 23, "bags", 2),
    ),
    (
        Parent("方巾 Face cloth", 13),
        Parent("毛巾 Towel", 25, "towels", 2, 3),
        Parent("四件套 Bed set", 259, "beds", 2, 2),
        Parent("保温杯 Thermos", 88, "bottles", 2, 2),
        Parent("香薰蜡烛 Scented candle", 58, "candles", 2),
    ),
    (
        Parent("湿巾 Wet wipes", 13),
        Parent("纸尿裤 Nappies", 79, "nappies", 4),
        Parent("连体衣 Romper", 69, "babies", 3, 2),
        Parent("米粉 Rice cereal", 28, "packs", 2),
        Parent("奶瓶 Feeding bottle", 59, "feeding", 2),
        Parent("新生儿礼盒 Newborn gift box", 168),
        Parent("抱毯 Baby blanket", 228),
    ),
)


@dataclass(frozen=True)
class Item:
    """One SKU; `parent` counts parents over all categories."""

    name: str
    parent: int
    size: str
    colour: str
    price: float  # yuan


def items() -> tuple[tuple[Item, ...], ...]:
    """By category, the cheapest first."""
    result = []
    first = 0
    for parents in PARENTS:
        rows = [item for number, parent in enumerate(parents) for item in _variants(parent, first + number)]
        first += len(parents)
        result.append(tuple(sorted(rows, key=lambda item: item.price)))
    return tuple(result)


def _variants(parent: Parent, number: int) -> list[Item]:
    chinese, english = parent.name.split(" ", 1)
    rows = []
    for size, multiple in SIZES[parent.scale][: parent.sizes]:
        for colour in COLOURS[: parent.colours] or ("",):
            words = [word.split(" ", 1) for word in (colour, size) if word]
            name = chinese + "".join(_chinese(word) for word in words)
            name += ", ".join([f" {english}", *(_english(word) for word in words)])
            rows.append(Item(name, number, size, colour, round(parent.price * multiple) - 0.1))
    return rows


def _chinese(word: list[str]) -> str:
    return word[0] if not word[0].isascii() else f" {' '.join(word)}"


def _english(word: list[str]) -> str:
    return " ".join(word) if word[0].isascii() else word[1]
