"""Shops to fit models of buying to: one that lives, and small ones on bad ground."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from shopkeeper.jobs.buying.result import Fits
from tests.shops.in_memory import MemoryQuery, line

START = date(2024, 1, 1)
FittedGround = Callable[[str], tuple[MemoryQuery, Fits]]
"""A shop on bad ground by its name, and the fits that can be had there."""


def bought(customer: str, *days: int, **more: Any) -> list[dict[str, Any]]:
    """Lines of one customer on days counted from the start."""
    return [line(customer, START + timedelta(days=day), **more) for day in days]


def worth(amount: int) -> dict[str, int]:
    """A line that brings so much, and is a sale all the same."""
    return {"net_amount": amount, "discount": 5}


def living_shop(customers: int = 300, days: int = 400) -> list[dict[str, Any]]:
    """People who buy at rates of their own until they leave; the same every time."""
    draw = random.Random(5)
    lines = []
    for number in range(customers):
        rate, leaving = draw.gammavariate(0.8, 1 / 30), draw.betavariate(0.8, 2.5)
        bought_on = [draw.randrange(days // 2)]
        while (after := bought_on[-1] + 1 + round(draw.expovariate(rate))) < days:
            bought_on.append(after)
            if draw.random() < leaving:
                break
        amount = round(draw.gammavariate(5, 20) + 1, 2)
        channel = ("web", "app")[number % 2]
        for day in bought_on:
            spent = Decimal(str(round(amount * draw.uniform(0.5, 1.5), 2)))
            lines += bought(f"c{number:03}", day, net_amount=spent, unit_cost=Decimal(1), channel=channel)
    return lines


def insufficient_histories() -> dict[str, tuple[list[dict[str, Any]], date]]:
    """Lines and as-of of shops that no model likes."""
    year = START + timedelta(days=400)
    crowd = range(300)
    return {
        "one customer": (bought("ann", 0, 30, 65), year),
        "no repeat buyers": ([row for n in crowd for row in bought(f"c{n}", n)], year),
        "all the same day": ([row for n in crowd for row in bought(f"c{n}", 0)], START),
        "all the same day, long ago": ([row for n in crowd for row in bought(f"c{n}", 0)], year),
        "zero and negative values": (
            [row for n in crowd for row in bought(f"c{n}", n % 50, n % 50 + 20 + n % 170, **worth(n % 3 - 1))],
            year,
        ),
        "everybody returns every week": (
            [row for n in crowd for row in bought(f"c{n}", *range(n % 7, 400, 7))], year,
        ),
        "twenty years": (
            [row for n in crowd for row in bought(f"c{n}", n * 20, *range(n * 20 + 40, min(7200, n * 20 + 9 * n), 70))],
            START + timedelta(days=7300),
        ),
        "three weeks": ([row for n in crowd for row in bought(f"c{n}", n % 20, 20)], START + timedelta(days=20)),
    }  # fmt: skip
