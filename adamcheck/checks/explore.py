"""Random examples that depend on the seed only, simplest counterexample first."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from unittest.mock import patch


def explore(
    function: Callable[..., None],
    drawn: Mapping[str, Any],
    *,
    examples: int,
    seed: str,
    simplest: bool = True,
) -> None:
    """Call `function` on `examples` drawn arguments (once where nothing is drawn).

    drawn: a strategy for each keyword. What `function` raises is raised again for the simplest arguments
    that make it raise, or for the first ones, which takes less time; besides that, hypothesis raises
    `Flaky` where a failure does not repeat and `Unsatisfiable` where no arguments meet the assumptions.
    """
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis import seed as seeded

    if not drawn:
        return function()
    decorate = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,  # what it says would be taken for what the target prints
        phases=(Phase.generate, Phase.shrink) if simplest else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )

    def one(**arguments: Any) -> None:
        function(**arguments)

    with _no_local_constants():
        seeded(zlib.crc32(seed.encode()))(decorate(given(**drawn)(one)))()
    return None


@contextmanager
def _no_local_constants() -> Iterator[None]:
    """Hypothesis draws constants that it finds in the modules of the working directory now and then, and
    files them in a folder `.hypothesis` there: the examples for a target would depend on its source.

    There is no setting for it, and other versions may do it elsewhere: then they do it.
    """
    with ExitStack() as stack:
        with suppress(ImportError, AttributeError):
            from hypothesis.internal.cache import LRUCache
            from hypothesis.internal.conjecture import providers
            from hypothesis.internal.constants_ast import Constants

            none = Constants()
            stack.enter_context(
                patch.multiple(providers, _get_local_constants=lambda: none, CONSTANTS_CACHE=LRUCache(1024))
            )
        yield
