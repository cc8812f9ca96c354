"""Random examples that depend on the seed only, and the simplest counterexample among them."""

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
    """Call a function on random arguments.

    Args:
        function: Called with keywords only. An exception that it raises ends the search and is raised again.
        drawn: A strategy per keyword. If there is none, the function is called once.
        examples: The number of calls.
        seed: The examples depend on this alone.
        simplest: Whether to raise for the simplest arguments that make the function raise, which takes
            longer than raising for the first ones.

    Raises:
        Flaky: A failure does not repeat.
        Unsatisfiable: No arguments meet the assumptions.
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
        verbosity=Verbosity.quiet,  # its messages would be mistaken for the target's output
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
    """Stop Hypothesis from drawing constants found in the modules of the working directory.

    Otherwise the examples for a target would depend on its source, and a folder `.hypothesis` would be
    left behind. Hypothesis has no setting for this. In versions that keep the constants elsewhere, this
    function has no effect.
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
