"""Tables as Parquet: every type as it is, the About in the file's key-value metadata."""

import json
from dataclasses import asdict
from io import BytesIO

import polars as pl
import pyarrow.parquet as pq

from shopkeeper.exports.about import About

KEY = "shopkeeper"


def to_parquet(frame: pl.DataFrame, about: About) -> bytes:
    """zstd Parquet; the metadata key `shopkeeper` holds the About as JSON, its days and times as ISO text."""
    table = frame.to_arrow()
    described = json.dumps(asdict(about), ensure_ascii=False, default=str)
    content = BytesIO()
    pq.write_table(table.replace_schema_metadata({KEY: described}), content, compression="zstd")
    return content.getvalue()
