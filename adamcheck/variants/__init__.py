"""Definitions by name: textbook Adam, its extensions, documented dialects and the family of Adam.

Known bugs are in `adamcheck.zoo.bugs`, correct rewrites in `adamcheck.zoo.equivalents`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from adamcheck.adam import Adam, AdamL2, AdamW, AMSGrad
from adamcheck.support.registry import Registry, Unfit
from adamcheck.variants import dialects, family

TEXTBOOK: dict[str, type[Adam]] = {"adam": Adam, "adamw": AdamW, "adam-l2": AdamL2, "amsgrad": AMSGrad}
"""Textbook Adam and its standard extensions."""

DIALECTS: dict[str, type[Adam]] = {
    "eps-hat": dialects.EpsilonHat,
    "eps-inside-root": dialects.EpsilonInsideRoot,
    "eps-squared-inside-root": dialects.EpsilonSquaredInsideRoot,
    "eps-as-floor": dialects.EpsilonAsFloor,
    "eps-hat-clipped": dialects.ClippedEpsilonHat,
    "no-bias-correction": dialects.NoBiasCorrection,
    "amsgrad-corrected-first": dialects.AMSGradCorrectedFirst,
    "amsgrad-eps-hat": dialects.AMSGradEpsilonHat,
    "amsgrad-uncorrected": dialects.AMSGradUncorrected,
    "amsgrad-v-uncorrected": dialects.AMSGradVUncorrected,
    "maximize": dialects.Maximize,
    "inverse-root-lr": dialects.InverseRootRate,
    "adamw-inverse-root-lr": dialects.AdamWInverseRootRate,
    "adamw-decay-without-lr": dialects.AdamWDecayWithoutLearningRate,
}
"""Definitions that differ from textbook Adam by a documented convention."""

FAMILY: dict[str, type[Adam]] = {
    "nadam": family.NAdam,
    "nadam-fast-schedule": family.NAdamFastSchedule,
    "nadam-constant": family.NAdamConstant,
    "adamax": family.AdaMax,
    "adamax-eps-outside": family.AdaMaxEpsilonOutside,
    "radam": family.RAdam,
    "radam-threshold-four": family.RAdamPaper,
    "radam-eps-hat": family.RAdamEpsilonHat,
    "adabelief": family.AdaBelief,
    "adabelief-eps-in-state": family.AdaBeliefEpsilonInState,
}
"""The family of Adam: optimizers with a different update rule."""


def _definition(name: str, thing: object) -> Mapping[str, type[Adam]]:
    if not (inspect.isclass(thing) and issubclass(thing, Adam)):
        raise Unfit(
            f"it refers to an object of type {type(thing).__name__}, "
            "expected a class that extends adamcheck.adam.Adam"
        )
    if "title" not in vars(thing):
        raise Unfit("it has no title of its own: set the class attribute title")
    return {name: thing}


DEFINITIONS: Registry[type[Adam]] = Registry("definition", "adamcheck.definitions", _definition)
"""Every definition by name, including those of installed packs."""

for _name, _each in {**TEXTBOOK, **DIALECTS, **FAMILY}.items():
    DEFINITIONS.add(_name, _each)


def source(definition: type[Adam]) -> str:
    """The description and source of a definition: its docstring up to the first section, on one line."""
    return " ".join((inspect.getdoc(definition) or "").partition("\n\nArgs:")[0].split())
