"""adamcheck: property-based verification and theory checking for the Adam optimizer.

The public names are listed in `__init__.pyi`. Each is imported when it is first used, so that
`import adamcheck` is quick, and sympy, matplotlib and Hypothesis are imported only when needed.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
