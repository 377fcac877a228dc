"""The types of the NumPy arrays that models, jobs and reports hand on. Shapes stand in the docstrings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.signedinteger[Any]]
"""Whole numbers of any width: the simulator keeps its counts in 32 bits."""
Flags = NDArray[np.bool_]
Texts = NDArray[np.str_]
