"""What people said of accounts, as publishing applies it."""

import os
from pathlib import Path

import polars as pl

from shopkeeper import state
from shopkeeper.lake.persons import BY_HAND, Linking


def linking_of(root: Path, *, sample: bool = False) -> Linking:
    """How the accounts of the lake at `root` are linked. No state is made where there is none yet."""
    url = state.url_of(root, sample=sample)
    if (sample or not os.environ.get(state.VARIABLE)) and not (root / state.FILE).exists():
        return Linking()
    opened = state.open_state(url)
    try:
        links = state.identity_links(opened)
    finally:
        opened.close()
    rows = [(link.account_id, link.other_id, link.is_link) for link in links]
    return Linking(by_hand=pl.DataFrame(rows, schema=BY_HAND, orient="row"))
