"""What a target is held against: `--as`, what it says of itself, and what its name stands for."""

from __future__ import annotations

import pickle
from functools import partial

import pytest
from inline_snapshot import snapshot
from sampling import every

from adamcheck.adam import Adam, AdamL2, AdamW, Hyperparameters
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.plan import Plan
from adamcheck.examine.results import CONFORMS, DOES_NOT_CONFORM
from adamcheck.examine.target import examine
from adamcheck.targets.base import TargetError
from adamcheck.targets.find import load_target
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.testing import check
from adamcheck.variants import DEFINITIONS
from adamcheck.variants.standard import Standard, StandardError, suggested, undecayed

PARTLY = partial(Plan, "quick", 0, ("float64",))


def examined(target, standard=None, claims=()):
    return examine(target, "float64", PARTLY(standard=standard and Standard.parse(standard)), claims)


class TestParse:
    @pytest.mark.parametrize("name", DEFINITIONS)
    def test_every_definition_is_a_standard(self, name):
        standard = Standard.parse(name)
        assert str(standard) == name
        assert standard.definition is DEFINITIONS[name]
        assert standard.title == DEFINITIONS[name].title

    @pytest.mark.parametrize(
        ("text", "plain", "decay"),
        [
            ("adam", Adam, None),
            ("adamw", Adam, AdamW),
            ("adam+adam-l2", Adam, AdamL2),
            ("adamw-inverse-root-lr", DEFINITIONS["inverse-root-lr"], DEFINITIONS["adamw-inverse-root-lr"]),
        ],
    )
    def test_weight_decay_is_apart_from_the_rest(self, text, plain, decay):
        assert (Standard.parse(text).plain, Standard.parse(text).decay) == (plain, decay)

    def test_a_standard_is_read_back_from_what_is_saved_of_it(self):
        standard = Standard.parse("nadam+adamw:momentum_decay=0.0123456789")
        assert Standard.parse(str(standard)) == standard

    def test_combined_definitions_have_the_changes_of_all(self):
        standard = Standard.parse("amsgrad+maximize+adam-l2")
        hyper = Hyperparameters(lr=1.0, beta1=0.0, beta2=0.5, eps=0.0, weight_decay=0.0)
        updates = [update for _, update in standard.definition(hyper).run(0.0, [4.0, 1.0])]
        corrected = (8.0 / 0.75) ** 0.5  # the maximum of v, 8 and 4.5, corrected as in step 2
        assert updates == [1.0, 1.0 / corrected]

    def test_a_hyperparameter_of_its_own_is_another_definition(self):
        plain, changed = (
            Standard.parse(t).definition(Hyperparameters()) for t in ("nadam", "nadam:momentum_decay=1")
        )
        fast = DEFINITIONS["nadam-fast-schedule"](Hyperparameters())
        assert changed.momentum(3) == fast.momentum(3) != plain.momentum(3)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("nadm", snapshot("no definition 'nadm' (did you mean nadam?); see adamcheck list definitions")),
            ("adamw+adam-l2", snapshot("adamw and adam-l2 are two kinds of weight decay: name one")),
            (
                "eps-hat+eps-as-floor",
                snapshot("eps-hat and eps-as-floor both change denominator: they do not combine"),
            ),
            ("nadam:psi=1", snapshot("nadam has no hyperparameter 'psi': it has momentum_decay")),
            ("adam:psi=1", snapshot("adam has no hyperparameter 'psi': it has only those of Adam")),
            (
                "nadam:momentum_decay=fast",
                snapshot(
                    "'momentum_decay=fast': expected HYPERPARAMETER=NUMBER, such as momentum_decay=0.01"
                ),
            ),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_one_line(self, text, told):
        with pytest.raises(StandardError) as error:
            Standard.parse(text)
        assert str(error.value) == told

    def test_a_standard_can_be_sent_to_a_process(self):
        standard = Standard.parse("amsgrad+adam-l2")
        there = pickle.loads(pickle.dumps(standard))
        assert there == standard
        assert there.definition is standard.definition

    @pytest.mark.parametrize("name", [name for name, d in DEFINITIONS.items() if d.decays])
    def test_what_decays_has_a_definition_without_decay(self, name):
        hyper = Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25)
        runs = (
            d(hyper).run(1.0, [1.0, -2.0, 3.0]) for d in (DEFINITIONS[name], undecayed(DEFINITIONS[name]))
        )
        one, other = ([update for _, update in run] for run in runs)
        assert one == other


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("mine.py:MyAdamW", "adamw"),
        ("mine.py:make_nadam", "nadam"),
        ("lib.optim:NAdamW", "nadam+adamw"),
        ("mine.py:Adam", ""),
        ("adamw.py:Adam", ""),
    ],
)
def test_the_name_of_a_target_stands_for_a_definition(name, suggestion):
    assert suggested(name) == suggestion


@pytest.mark.slow
@pytest.mark.parametrize("name", every(9, [n for n, d in DEFINITIONS.items() if d.coordinatewise]))
def test_every_definition_conforms_to_itself(name):
    report = examined(DefinitionTarget(DEFINITIONS[name], name), name)
    assert (report.status, report.formula.kind, report.formula.against) == (CONFORMS, Kind.EXPECTED, name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "standard", "kind", "found"),
    every(
        3,
        [
            ("adam", "nadam", Kind.DIALECT, "adam"),
            ("adamw", "adam-l2", Kind.DIALECT, "adamw"),
            ("adam-l2", "adamw", Kind.DIALECT, "adam-l2"),
            ("adamw-decay-without-lr", "adamw", Kind.DIALECT, "adamw-decay-without-lr"),
            ("amsgrad", "amsgrad-corrected-first", Kind.DIALECT, "amsgrad"),
        ],
    ),
)
def test_a_target_that_is_another_definition_is_named(name, standard, kind, found):
    report = examined(DefinitionTarget(DEFINITIONS[name], name), standard)
    assert report.status == DOES_NOT_CONFORM
    assert report.formula.kind == kind
    assert found in report.formula.name


class _Declared(DefinitionTarget):
    declares = "adamw"


@pytest.mark.slow
def test_what_a_target_says_of_itself_is_what_it_is_held_against():
    right, wrong = _Declared(AdamW, "mine"), _Declared(AdamL2, "mine")
    assert examined(right).status == CONFORMS
    assert examined(wrong).status == DOES_NOT_CONFORM
    assert examined(wrong, "adam-l2").status == CONFORMS


def test_the_weight_decay_that_a_target_declares_counts_beside_another_standard():
    plan = PARTLY(standard=Standard.parse("amsgrad")).against(_Declared(AdamW, "mine"))
    assert str(plan.held) == "amsgrad+adamw"


def test_a_definition_that_a_target_declares_and_that_does_not_exist_is_an_error():
    target = _Declared(AdamW, "mine")
    target.declares = "adamx"
    with pytest.raises(TargetError, match=r"^mine declares 'adamx': no definition 'adamx'"):
        examine(target, "float64", PARTLY(), [])


@pytest.mark.exhaustive
@pytest.mark.slow
def test_laws_that_the_definition_itself_breaks_do_not_apply():
    found = check(DefinitionTarget(DEFINITIONS["nadam"], "mine"), definition="nadam", profile="quick")
    assert found
    (part, *_) = found.dtypes
    assert "uncorrected-overshoot" not in {result.check for result in part.failures}
    assert part.counted("laws")["not applicable"] > 0


class Planted:
    """Faults in classes of PyTorch that say what they are."""

    @staticmethod
    def make():
        import torch

        class Coupled(torch.optim.AdamW):
            def __init__(self, *arguments, **keywords):
                super().__init__(*arguments, **keywords)
                for group in self.param_groups:
                    group["decoupled_weight_decay"] = False

        class Decoupled(torch.optim.Adam):
            def __init__(self, *arguments, **keywords):
                super().__init__(*arguments, **keywords)
                for group in self.param_groups:
                    group["decoupled_weight_decay"] = True

        class Unscaled(torch.optim.AdamW):
            @torch.no_grad()
            def step(self, closure=None):
                decays = [group["weight_decay"] for group in self.param_groups]
                for group in self.param_groups:
                    for parameter in group["params"]:
                        parameter.mul_(1 - group["weight_decay"])
                    group["weight_decay"] = 0.0
                super().step(closure)
                for group, decay in zip(self.param_groups, decays, strict=True):
                    group["weight_decay"] = decay

        class Forgetful(torch.optim.Adam):
            def __init__(self, *arguments, **keywords):
                super().__init__(*arguments, amsgrad=True, **keywords)

            @torch.no_grad()
            def step(self, closure=None):
                for state in self.state.values():
                    state["max_exp_avg_sq"].zero_()
                super().step(closure)

        return Coupled, Decoupled, Unscaled, Forgetful


@pytest.mark.library
@pytest.mark.parametrize(
    ("which", "options", "against", "found"),
    every(
        3,
        [
            (0, {}, "adamw", "adam-l2"),
            (1, {}, "adam+adam-l2", "adamw"),
            (2, {}, "adamw", "adamw-decay-without-lr"),
        ],
    ),
)
def test_a_planted_weight_decay_of_pytorch_does_not_conform(which, options, against, found):
    pytest.importorskip("torch")
    report = examined(load_target(Planted.make()[which], **options))
    assert report.formula.against == against
    assert report.status == DOES_NOT_CONFORM
    assert found in report.formula.identity.names


@pytest.mark.library
def test_an_amsgrad_of_pytorch_that_forgets_its_maximum_does_not_conform():
    pytest.importorskip("torch")
    target = load_target(Planted.make()[3])
    target.declares = "amsgrad+adam-l2"
    report = examined(target)
    assert report.status == DOES_NOT_CONFORM
    assert report.formula.kind in (Kind.BUG, Kind.DIALECT)


@pytest.mark.library
@pytest.mark.parametrize(
    ("name", "options", "declares"),
    [
        ("torch.optim:Adam", {}, "adam+adam-l2"),
        ("torch.optim:Adam", {"amsgrad": True}, "adam+amsgrad+adam-l2"),
        ("torch.optim:Adam", {"maximize": True}, "adam+maximize+adam-l2"),
        ("torch.optim:AdamW", {"amsgrad": True}, "amsgrad+adamw"),
        ("torch.optim:NAdam", {"momentum_decay": 0.01}, "nadam+adam-l2:momentum_decay=0.01"),
        ("torch.optim:NAdam", {"decoupled_weight_decay": True}, "nadam+adamw"),
        ("torch.optim:Adamax", {}, "adamax+adam-l2"),
    ],
)
def test_classes_of_pytorch_declare_what_they_are(name, options, declares):
    pytest.importorskip("torch")
    assert load_target(name, **options).declares == declares
    Standard.parse(declares)


@pytest.mark.library
def test_a_matrix_optimizer_is_refused_in_one_line_that_says_why():
    pytest.importorskip("torch")
    with pytest.raises(TargetError) as error:
        load_target("torch.optim:Muon")
    assert "\n" not in str(error.value)
    assert "takes no betas" in str(error.value)
    assert "matrix" in str(error.value)
