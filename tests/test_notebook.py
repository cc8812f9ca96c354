"""In a notebook: reports, claims, judgements and traces show themselves, briefly and once."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import report_samples as samples
from example_targets import reported
from inline_snapshot import snapshot

import adamcheck
from adamcheck.examine.plan import Plan
from adamcheck.judge import judge
from adamcheck.testing import Verified
from adamcheck.traces.trace import load


def verified(target):
    return Verified(target.name, target.options, target.library, target.version, target.dtypes, Plan("quick"))


RUN = samples.trace()

CLAIM = next(claim for claim in adamcheck.discover() if claim.name == "loss-scale-invariance")

THINGS = {
    "conforms": verified(samples.conforming()),
    "broken": verified(samples.broken_target()),
    "hostile": verified(samples.broken_target(samples.HOSTILE)),
    "claim": CLAIM,
    "enclosed": judge(RUN),
    "trace": RUN,
    "one number a step": adamcheck.Trace(RUN.hyper, RUN.gradients[:, 0], RUN.parameters[:, 0]),
}


@pytest.mark.parametrize("thing", THINGS.values(), ids=THINGS)
class TestEverything:
    def test_its_html_is_well_formed_and_small(self, thing):
        html = thing._repr_html_()
        ElementTree.fromstring(html.replace("&plusmn;", "+-").replace("&minus;", "-"))
        assert len(html) < 20_000

    def test_nothing_in_it_is_taken_for_markup(self, thing):
        assert "<script" not in thing._repr_html_()

    def test_its_repr_is_a_short_line(self, thing):
        assert repr(thing).startswith("<")
        assert len(repr(thing)) < 250


def test_what_each_says_of_itself():
    assert repr(CLAIM) == snapshot("<Claim loss-scale-invariance: holds if>")
    assert repr(RUN) == snapshot("<Trace of 2 steps: float64 (1,), hyper 0.5, 0.5, 0.75, 0.25>")
    assert repr(judge(RUN)) == snapshot(
        "<Judgement: rejected, 2.2e+14 of the float64 radius (textbook Adam)>"
    )
    assert repr(THINGS["conforms"]) == snapshot("<torch (foreach=True) (float64, float32) conforms>")
    assert repr(THINGS["broken"]) == snapshot(
        "<broken.py:Adam (path=<class 'object'>, rate=inf) (float64, float32, float16) failed: 1 check crashed (laws): <script>alert('x')</script> & \"quotes\" | pipe ` tick $5 *star* [link](http://x.invalid) # next; 1 check timed out (laws): a ...>"
    )


def test_a_long_trace_is_cut_and_says_so():
    gradients = np.ones((50, 100))
    html = adamcheck.Trace(RUN.hyper, gradients, np.zeros((51, 100)))._repr_html_()
    assert html.count("<tr>") == 9
    assert "and 42 more" in html


@pytest.mark.slow
def test_the_html_names_what_a_target_is_and_how_to_repeat_its_failures():
    html = verified(reported("broken:NextStepsCorrection"))._repr_html_()
    assert "v-corrected-one-step-ahead" in html
    assert "load_target(" in html


class TestVerified:
    def test_failures_are_those_of_every_dtype(self):
        found = THINGS["broken"].failures
        assert {(failure.dtype, failure.check) for failure in found} >= {
            ("float64", "updates-are-enclosed"),
            ("float32", "bits"),
        }
        assert THINGS["conforms"].failures == ()

    @pytest.mark.parametrize(
        "name", ["report.json", "report.html", "report.md", "report.xml", "report.sarif"]
    )
    def test_it_is_saved_in_the_format_of_the_suffix(self, tmp_path, name):
        THINGS["broken"].save(str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 1000

    def test_what_is_saved_has_the_plan(self, tmp_path):
        replace(THINGS["conforms"], plan=Plan("thorough", seed=3)).save(tmp_path / "report.json")
        saved = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert (saved["profile"], saved["examples"], saved["seed"]) == ("thorough", 1000, 3)

    def test_another_suffix_is_an_error_that_names_the_formats(self, tmp_path):
        with pytest.raises(ValueError, match=r"no format '.pdf': expected \.html, \.md, \.json, \.svg"):
            THINGS["conforms"].save(tmp_path / "report.pdf")

    def test_check_returns_one(self):
        only = ("two-instances-are-independent",)
        found = adamcheck.check("reference", dtypes=("float64",), profile="quick", only=only)
        assert found.report.targets == (found,)
        assert found.report.profile == "quick"


def test_a_trace_is_saved_under_the_name_of_the_file(tmp_path):
    RUN.save(tmp_path / "run.npz")
    (name, again), *others = load(tmp_path / "run.npz").items()
    assert (name, others) == ("run", [])
    assert np.array_equal(again.parameters, RUN.parameters)


@pytest.mark.slow
def test_an_executed_notebook_shows_each_of_them_once(tmp_path):
    pytest.importorskip("ipykernel")
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cells = [
        "import adamcheck",
        "report = adamcheck.check('reference', dtypes=('float64',), profile='quick', "
        "only=('two-instances-are-independent',))\nreport",
        "print(report)",
        "adamcheck.discover()[0]",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=tmp_path)
    _, shown, printed, claim = (cell.outputs for cell in notebook.cells)
    assert [output.output_type for output in shown] == ["execute_result"]
    assert 'class="adamcheck"' in shown[0].data["text/html"]
    assert [output.output_type for output in printed] == ["stream"]
    assert printed[0].text.count("conforms") == 1
    assert 'class="adamcheck"' in claim[0].data["text/html"]
