"""Whether programs can be carried out here: where Numba is installed."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.compiled.program import numbers_of, program
from adamcheck.numbers.enclosure import Allowance, Arithmetic, Enclosure
from adamcheck.numbers.enclosure.rules import UP
from adamcheck.numbers.floats import Format

if TYPE_CHECKING:
    from adamcheck.compiled.evaluation import Evaluation

Floats = npt.NDArray[np.float64]


@cache
def compiles() -> bool:
    """Whether programs can be carried out here."""
    return find_spec("numba") is not None


def evaluation(
    definition: type[Adam],
    hyper: Hyperparameters,
    modes: tuple[Allowance, ...],
    coordinates: int,
    start: Floats | None = None,
    steps_before: int = 0,
) -> Evaluation | None:
    """An evaluation of a definition; None if it cannot be carried out here, or not expressed by instructions.

    Args:
        definition: Adam or a variant.
        hyper: The hyperparameters, as numbers.
        modes: The allowances.
        coordinates: The number of coordinates.
        start: The parameters before the first step, if the definition reaches the next ones itself.
        steps_before: The number of steps counted before.
    """
    if not compiles() or not coordinates:
        return None
    of_scalars = Arithmetic.of_scalars(modes)
    within = tuple(Enclosure.hyperparameter(each, of_scalars).within for each in numbers_of(hyper))
    one = Arithmetic.of_arrays(modes) is of_scalars
    found = program(definition, within, one, start is not None)  # type: ignore[arg-type]  # classes are hashable
    if found is None:
        return None
    from adamcheck.compiled.evaluation import Evaluation  # imports Numba, which takes a while

    return Evaluation(found, hyper, modes, coordinates, start, steps_before)


def rounding_of(gradients: npt.NDArray[np.generic], format: Format) -> Floats | None:
    """How far gradients may be off that a program rounds to a format.

    Args:
        gradients: The gradients, in any dtype.
        format: The format of arrays.

    Returns:
        None if all belong to the format.
    """
    if format.dtype == gradients.dtype and format.has_dtype:
        return None
    sizes = np.abs(gradients.astype(np.float64))
    with np.errstate(all="ignore"):
        error = np.maximum(format.unit * sizes, format.tiny) * UP
        error[format.represents(gradients)] = 0.0
    return error
