"""A script that serves a target in an interpreter where adamcheck is not installed.

Run as `PYTHON other_interpreter.py LAZY_LOADER NAME KEYWORDS`: adamcheck is taken from where this file is,
its lazy_loader from the file given, and everything else is the interpreter's own.
"""

import importlib.util
import sys
from pathlib import Path


def provide(name: str, file: Path) -> None:
    """Make a package importable without making importable what lies beside it."""
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[str(file.parent)])
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


def main() -> None:
    """Set up the imports, and serve."""
    provide("lazy_loader", Path(sys.argv.pop(1)))
    provide("adamcheck", Path(__file__).parents[2] / "__init__.py")
    from adamcheck.targets.programs import serve

    serve.main()


if __name__ == "__main__":
    main()
