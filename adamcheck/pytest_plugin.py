"""The pytest plugin: `pytest --adamcheck TARGET` and `@adamcheck.parametrize_with_checks(targets)`.

Every pytest run imports this module if adamcheck is installed. Until it is used, it imports nothing of
adamcheck but the choices of its options.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adamcheck.choices import DTYPE_NAMES, PROFILES

if TYPE_CHECKING:
    from adamcheck.cli.configuration import Configuration
    from adamcheck.examine.plan import Plan
    from adamcheck.testing import TargetCheck


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin."""
    group = parser.getgroup("adamcheck", "verification of Adam optimizers")
    group.addoption(
        "--adamcheck",
        action="append",
        default=[],
        metavar="TARGET",
        help="verify this implementation of Adam: a known name, module:attribute or file.py:attribute",
    )
    group.addoption("--adamcheck-profile", choices=tuple(PROFILES), help="default: quick")
    group.addoption("--adamcheck-seed", type=int, default=0)
    group.addoption(
        "--adamcheck-dtype",
        action="append",
        default=[],
        metavar="DTYPE",
        help="working precision, or all (default: float64 and float32); may be repeated",
    )
    group.addoption(
        "--adamcheck-as",
        metavar="DEFINITION",
        help="definition to verify against, such as adamw (default: the one that the target declares)",
    )
    group.addoption(
        "--adamcheck-accept",
        action="append",
        default=[],
        metavar="DEFINITION",
        help="also accept this definition, for example eps-hat; may be repeated",
    )
    group.addoption(
        "--adamcheck-expect",
        type=Path,
        metavar="FILE",
        help='TOML file of known failures (strict xfails): one table per target, lines CHECK = "reason"',
    )


@pytest.hookimpl(tryfirst=True)  # before the workers start
def pytest_sessionstart(session: pytest.Session) -> None:
    """Report unusable options before pytest-xdist starts workers, whose errors would be lost."""
    if session.config.pluginmanager.hasplugin("dsession"):
        with warnings.catch_warnings(action="ignore"):  # a worker will warn
            _checks(session.config)


@pytest.hookimpl(tryfirst=True)  # so that -k and -m apply to them too
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the checks of each target named with `--adamcheck` to the tests."""
    for name, made in _checks(config).items():
        added = [_item(session, check) for check in made]
        items.extend(added)
        # pytest counts the items in the reports of collectors.
        report = pytest.CollectReport(f"adamcheck::{name}", "passed", None, list(added))
        config.hook.pytest_collectreport(report=report)


def _checks(config: pytest.Config) -> Mapping[str, Sequence[TargetCheck]]:
    """The checks of each target named with `--adamcheck`."""
    targets: Sequence[str] = config.getoption("--adamcheck")
    if not targets:
        return {}
    from adamcheck.targets.base import TargetError
    from adamcheck.testing import target_checks

    plan = _plan(config, targets)
    try:
        return {name: target_checks(name, plan) for name in targets}
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None


def _plan(config: pytest.Config, targets: Sequence[str]) -> Plan:
    """The plan that the options ask for, and the project's [tool.adamcheck] where they are not given."""
    import click

    from adamcheck.cli.configuration import ConfigurationError, configuration

    try:
        project = configuration()
        plan, odd = _planned(
            project,
            targets,
            profile=config.getoption("--adamcheck-profile"),
            seed=config.getoption("--adamcheck-seed"),
            dtypes=config.getoption("--adamcheck-dtype"),
            accept=config.getoption("--adamcheck-accept") or None,
            expect=config.getoption("--adamcheck-expect") or project.expect,
            definition=config.getoption("--adamcheck-as"),
        )
        if odd:
            warnings.warn(pytest.PytestWarning(odd), stacklevel=1)
    except (
        ConfigurationError,
        click.UsageError,
        pytest.PytestWarning,
    ) as error:  # a warning, where warnings are errors
        raise pytest.UsageError(str(error)) from None
    return plan


def _planned(
    project: Configuration,
    names: Sequence[str],
    *,
    profile: str | None,
    seed: int,
    dtypes: Sequence[str] | None,
    accept: Sequence[str] | None,
    expect: Path | Mapping[str, Mapping[str, str]],
    definition: str | None,
) -> tuple[Plan, str]:
    """The plan of what is chosen, and of what the project settles where nothing is; a warning about it."""
    from adamcheck.cli.options import planned
    from adamcheck.examine.plan import Plan

    return planned(
        names,
        dtypes or project.dtypes or Plan.dtypes,
        expect,
        definition or project.definition,
        profile=profile or project.profile or "quick",
        seed=seed,
        accept=tuple(project.accept if accept is None else accept),
    )


def _item(session: pytest.Session, check: TargetCheck) -> pytest.Item:
    item: pytest.Item = CheckItem.from_parent(session, name=f"adamcheck::{check}", check=check)
    return item


class CheckItem(pytest.Item):
    """One check on one target in one dtype, as a test."""

    def __init__(self, *, check: TargetCheck, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._check = check

    def runtest(self) -> None:
        try:
            self._check()
        except (AssertionError, pytest.skip.Exception) as ended:
            check = self._check
            if not (isinstance(ended, AssertionError) or check.explained):
                raise
            # With pytest-xdist, the process that writes the summary has only the reports.
            self.user_properties += [
                ("adamcheck-target", check.target.name),
                ("adamcheck-dtype", check.dtype),
                ("adamcheck-broken", check.check.name),
            ]
            raise

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        check = self._check
        return self.path, None, f"{check.target.name} ({check.dtype}): {check.check.name}"


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Name what each target with failed checks computes."""
    broken = _broken([*terminalreporter.getreports("failed"), *terminalreporter.getreports("skipped")])
    if not broken or exitstatus == pytest.ExitCode.INTERRUPTED:
        return
    from adamcheck.testing import identity

    plan = _plan(config, list(broken))
    terminalreporter.section("what the targets are")
    for name, checks in broken.items():
        dtype = min(checks, key=DTYPE_NAMES.index)
        terminalreporter.write_line(f"{name} ({dtype}): {identity(name, dtype, checks[dtype], plan)}")


def _broken(failed: Iterable[pytest.TestReport]) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The failed checks by target and dtype."""
    broken: dict[str, dict[str, list[str]]] = {}
    for report in failed:
        told = {name: str(value) for name, value in report.user_properties}
        if "adamcheck-broken" in told:
            checks = broken.setdefault(told["adamcheck-target"], {})
            checks.setdefault(told["adamcheck-dtype"], []).append(told["adamcheck-broken"])
    return broken


def parametrize_with_checks(
    targets: Iterable[Any],
    *,
    profile: str | None = None,
    seed: int = 0,
    dtypes: Sequence[str] | None = None,
    accept: Sequence[str] | None = None,
    expected: Mapping[str, Mapping[str, str]] | None = None,
    definition: str | None = None,
) -> pytest.MarkDecorator:
    """Parametrize a test over every check of every target.

    The test calls its argument `check`. `check()` raises `AssertionError` if the target breaks the check,
    and skips if the check does not apply. A known target whose library is not installed is one skipped test.
    What is not given is what [tool.adamcheck] of the project's pyproject.toml says.

    Args:
        targets: Target names, classes or functions, as `adamcheck.check` takes them.
        profile: The number of examples that each check tries: quick (by default), standard or thorough.
        seed: The seed of all random testing.
        dtypes: Working precisions; float64 and float32 by default.
        accept: Names of definitions to accept in addition.
        expected: Known failures (strict xfail) by target: the reason for each check, by its name.
        definition: The definition to verify against, such as "adamw"; by default the one that each target
            declares.

    Returns:
        A decorator for a test with one argument, `check`.

    Raises:
        pytest.Collector.CollectError: A target, check, definition or dtype does not exist, or the table
            [tool.adamcheck] cannot be used.
    """
    import click

    from adamcheck.cli.configuration import ConfigurationError, configuration
    from adamcheck.targets.base import TargetError

    try:
        project = configuration()
        plan, _ = _planned(
            project,
            (),
            profile=profile,
            seed=seed,
            dtypes=dtypes,
            accept=accept,
            expect=project.expected if expected is None else expected,
            definition=definition,
        )
        bound = [argument for target in targets for argument in _arguments(target, plan)]
    except (TargetError, ConfigurationError, click.UsageError) as error:
        raise pytest.Collector.CollectError(str(error)) from None
    return pytest.mark.parametrize("check", bound, ids=str)


def _arguments(target: Any, plan: Plan) -> Sequence[Any]:
    """The checks of a target, or one skipped test if its library is not installed."""
    from adamcheck.targets.base import TargetMissing
    from adamcheck.testing import target_checks

    try:
        return target_checks(target, plan)
    except TargetMissing as error:
        skipped = pytest.mark.skip(reason=str(error))
        return [pytest.param(None, marks=skipped, id=f"{target}-not-installed")]
