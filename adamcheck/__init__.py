"""adamcheck: property-based verification and theory checking for the Adam optimizer.

The public names are listed in `__init__.pyi`; each is imported when it is first used, so that
`import adamcheck` is quick and sympy, matplotlib or hypothesis are loaded only by what needs them.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
