"""Import and publish, as the merchant does it."""

import sys
from pathlib import Path

from shopkeeper import imports
from shopkeeper.imports import mapping

*sources, root = (Path(argument) for argument in sys.argv[1:])
imports.import_files(sources, mapping.load("sample"), root)
