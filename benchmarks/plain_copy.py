"""What any publishing must at least do: read the order lines, write them as zstd Parquet."""

import sys
from pathlib import Path

import duckdb

source, target = sys.argv[1:]
files = [str(file) for file in sorted(Path(source).glob("*.parquet"))]
duckdb.connect(config={"threads": "2"}).read_parquet(files).write_parquet(
    target, compression="zstd", row_group_size=122_880
)
