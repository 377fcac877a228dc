"""Import and publish, as the merchant does it."""

import sys
from pathlib import Path

from shopkeeper.imports import job
from shopkeeper.imports.mapping import file

*sources, root = (Path(argument) for argument in sys.argv[1:])
job.import_files(sources, file.load("sample"), root)
