"""The campaign against false alarms: what it covers, that it can find something, and what it counts."""

from __future__ import annotations

import numpy as np
import pytest
from command_line import adamcheck

from adamcheck.choices import DTYPE_NAMES
from adamcheck.numbers.enclosure import Freedom
from adamcheck.numbers.floats import format_of
from adamcheck.power import campaign
from adamcheck.power.campaign import regimes
from adamcheck.power.campaign.tallies import BINS
from adamcheck.targets.base import TargetError
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.equivalents import EQUIVALENTS

SAMPLE = ["direct", "expm1-of-log1p", "decay-before-update", "eps-inside-root", "amsgrad"]


def names_of(work):
    return [name for part in work if part.function is campaign.counted for name in part.arguments[0]]


@pytest.mark.parametrize("jobs", [0, 2])
def test_every_correct_implementation_is_in_it_once(jobs):
    everything = [*campaign.ORDERS, *EQUIVALENTS, *DEFINITIONS]
    assert sorted(names_of(campaign.work((), (), 0, jobs))) == sorted(everything)
    assert names_of(campaign.work(("direct", "eps-dropped"), (), 0, jobs)) == ["direct"]


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLE)
def test_correct_code_raises_no_alarm_in_any_dtype(name):
    tallies = campaign.tallies(campaign.counted([name], 1))
    assert [tally.dtype for tally in tallies] == list(DTYPE_NAMES)
    for tally in tallies:
        assert tally.judged > 10_000
        assert (tally.outside, tally.refused, tally.alarm) == (0, 0, "")
        assert 0 < tally.worst <= 1
        assert tally.quantiles[0] <= tally.quantiles[1] <= tally.worst + 1 / BINS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("freedom", "dtypes"), [(Freedom.WORKING, DTYPE_NAMES[1:]), (Freedom.ANCHORED, DTYPE_NAMES[:2])]
)
def test_all_orders_of_evaluation_raise_no_alarm(freedom, dtypes):
    (name,) = (name for name, orders in campaign.ORDERS.items() if orders.freedom is freedom)
    tallies = campaign.tallies(campaign.counted([name], 1))
    assert [tally.dtype for tally in tallies] == list(dtypes)
    assert [tally.outside for tally in tallies] == [0] * len(dtypes)
    assert sum(tally.judged for tally in tallies) > 1_000_000


@pytest.mark.slow
def test_a_wrong_formula_is_an_alarm_that_says_where():
    tallies = campaign.tallies(campaign.counted_of_target("adamcheck.variants.bugs:eps_dropped", 0))
    assert all(tally.outside and tally.worst > 1 for tally in tallies)
    assert all("first in step 1: Offence(" in tally.alarm for tally in tallies)


def test_a_target_is_held_against_the_definition_that_is_named_with_it():
    named = "adamcheck.variants:DIALECTS=eps-hat"
    assert campaign.vouched(named) == ("adamcheck.variants:DIALECTS", "eps-hat")
    assert campaign.vouched("reference") == ("reference", "adam")
    assert campaign.vouched("exec:python a.py --form=tf") == ("exec:python a.py --form=tf", "adam")


def test_a_target_that_there_is_not_is_one_line(tmp_path):
    with pytest.raises(TargetError, match="no target 'torhc'"):
        campaign.vouched("torhc")
    said = adamcheck("power", "--only", "direct", "--correct", "torhc", "--output", tmp_path, status=2)
    assert "no target 'torhc'" in said.error


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
def test_gradients_have_every_exponent_subnormals_zeros_and_what_overflows(dtype):
    format, rng = format_of(dtype), np.random.default_rng(0)
    g = regimes.gradients(rng, format, 1e-8, sets=campaign.Extent().sets)
    sizes = np.abs(g.astype(np.float64))
    _, exponents = np.frexp(sizes[sizes > 0])
    smallest, largest = np.frexp(format.tiny)[1], np.frexp(format.huge)[1]
    assert exponents.max() == largest
    assert exponents.min() < smallest + 8
    among, _ = np.histogram(exponents, 16, (smallest, largest))
    assert among.all(), "each sixteenth of the exponents"
    assert (sizes == 0).any()
    assert ((sizes > 0) & (sizes < format.normal)).any()


def test_hyperparameters_go_to_both_ends():
    rng = np.random.default_rng(0)
    drawn = [regimes.hyperparameters(rng, decays=True) for _ in range(2000)]
    assert {h.beta1 for h in drawn} == {h.beta2 for h in drawn} == set(regimes.BETAS)
    assert {h.eps for h in drawn} == set(regimes.EPSILONS)
    assert (min(h.lr for h in drawn), max(h.lr for h in drawn)) == (2.0**-40, 2.0**10)
    assert all(h.weight_decay for h in drawn)
