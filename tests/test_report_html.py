"""The HTML report: complete, safe against what it quotes, and one page that loads nothing."""

import pickle
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from inline_snapshot import snapshot
from report_samples import HOSTILE, LAW, broken, full_report, only_claims, only_targets, trace

from adamcheck.checks.check import Outcome
from adamcheck.report.html import render
from adamcheck.report.summary import LONGEST, Badge, Tone, kept, kept_badge, trace_rows
from adamcheck.traces.trace import Trace

VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """The elements of a page in order, its ids, its visible text, and whether it is nested properly."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> in the wrong place"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def shown(self) -> str:
        """The visible text, its pieces parted by single spaces."""
        return " ".join(" ".join(self.text).split())

    @property
    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="module")
def markup() -> str:
    return render(full_report())


@pytest.fixture(scope="module")
def page(markup: str) -> Page:
    return Page(markup)


@pytest.mark.parametrize("make", [full_report, only_claims, only_targets])
def test_every_element_is_closed_where_it_should_be(make) -> None:
    assert Page(render(make())).open == []


def test_names_and_messages_are_never_taken_for_markup(markup: str, page: Page) -> None:
    assert page.all("script") == []
    assert "<script" not in markup
    assert "".join(page.text).count("<script>alert('x')</script> & \"quotes\"") >= 8
    for _, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)


def test_nothing_is_loaded_from_anywhere(markup: str, page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag not in {"script", "img", "iframe", "object", "embed", "video", "audio", "base"}
        assert "src" not in attributes
        for name in ("href", "xlink:href"):
            assert str(attributes.get(name) or "#").startswith(("#", "data:,")), (tag, attributes)
    assert not re.search(r"url\((?!#)|@import|@font-face", markup)


def test_every_claim_and_every_target_has_an_anchor_that_is_linked(page: Page) -> None:
    expected = [f"claim-{claim.name}" for claim in full_report().claims]
    expected += ["target-torch", "target-broken.py-Adam", "target-broken.py-Adam-2"]
    linked = {str(a.get("href"))[1:] for a in page.all("a")}
    assert set(expected) <= set(page.ids)
    assert set(expected) <= linked


def test_every_link_leads_somewhere_and_no_id_is_used_twice(page: Page) -> None:
    targets = {str(a["href"])[1:] for _, a in page.elements if str(a.get("href", "")).startswith("#")}
    used = {str(a["xlink:href"])[1:] for a in page.all("use")}
    assert targets | used <= set(page.ids)
    assert sorted(page.ids) == sorted(set(page.ids))


def test_each_figure_clips_with_its_own_ids(markup: str, page: Page) -> None:
    clips = re.findall(r"url\(#([^)]+)\)", markup)
    assert len(clips) >= 5
    assert set(clips) <= set(page.ids)
    assert len({clip.split("-")[1] for clip in clips}) == 5


def test_every_formula_is_mathml(page: Page) -> None:
    assert len(page.all("math")) > 50
    assert not [code for code in page.all("code") if code.get("class") == "latex"]


@pytest.mark.parametrize("make", [full_report, only_claims, only_targets])
def test_the_same_report_is_the_same_page(make) -> None:
    assert render(make()) == render(make())


def test_a_report_that_went_through_pickle_is_the_same_page() -> None:
    assert render(only_claims()) == render(pickle.loads(pickle.dumps(only_claims())))
    assert render(only_targets()) == render(pickle.loads(pickle.dumps(only_targets())))


def test_the_page_has_one_main_named_regions_and_headings_in_order(page: Page) -> None:
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("nav")) == len(page.all("title")) == 1
    assert page.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    for tag, attributes in page.elements:
        if attributes.get("tabindex") == "0":
            assert attributes.get("aria-label"), (tag, attributes)
        if label := attributes.get("aria-labelledby"):
            assert label in page.ids


def test_every_outcome_is_counted_by_its_name(page: Page) -> None:
    for outcome in Outcome:
        assert re.search(rf"[1-9] {outcome}", page.shown), outcome


def test_a_check_that_did_not_run_does_not_count_as_kept() -> None:
    shown = Page(render(only_targets())).shown
    state = shown[shown.index("state", shown.index("float64 conforms")) :][:60]
    assert state.startswith("state 1 not judged 1 not applicable")


@pytest.mark.parametrize(
    ("outcomes", "said", "short"),
    [
        (
            {Outcome.KEPT: 3, Outcome.NOT_APPLICABLE: 2},
            snapshot("3 of 3 kept, 2 not applicable"),
            Badge("3 of 3", Tone.QUIET),
        ),
        (
            {Outcome.KEPT: 3, Outcome.UNJUDGED: 1},
            snapshot("3 of 4 kept, 1 not judged"),
            Badge("3 of 4", Tone.FAIR),
        ),
        (
            {Outcome.KEPT: 3, Outcome.BROKEN: 1, Outcome.CRASHED: 2},
            snapshot("3 of 6 kept, 1 broken, 2 crashed"),
            Badge("3 of 6", Tone.BAD),
        ),
        ({Outcome.NOT_APPLICABLE: 2}, snapshot("0 of 0 kept, 2 not applicable"), Badge("0 of 0", Tone.QUIET)),
        ({}, "none run", Badge("0 of 0", Tone.QUIET)),
    ],
)
def test_counts_are_of_what_could_be_judged(outcomes: dict[str, int], said: str, short: Badge) -> None:
    assert kept(Counter(outcomes)) == said
    assert kept_badge(Counter(outcomes)) == short


def test_a_claim_whose_proof_fails_is_not_shown_as_true(page: Page) -> None:
    wrong = page.shown[page.shown.index("5 Scaling, holds") :]
    assert "not upheld A proof or a witness below fails, so that this does not stand: holds" in wrong
    assert "1 of 1 steps not proved" in wrong


def test_a_broken_law_links_to_its_counterexample(page: Page) -> None:
    anchor = f"target-broken.py-Adam-float64-{LAW.replace('/', '-')}"
    assert anchor in page.ids
    assert [a for a in page.all("a") if a.get("href") == f"#{anchor}"]


def test_the_counterexample_is_shown_step_by_step() -> None:
    rows = trace_rows(broken("check"))
    assert [(row.step, row.gradient, row.observed) for row in rows] == [
        (1, "1.0", "-0.5"),
        (2, "-0.5", "0.25"),
    ]
    assert (rows[0].expected, rows[1].expected, rows[1].radii) == ("", "0.125", "1.25e+14")
    assert rows[-1].ulps == "4.5e+15"


def test_a_long_counterexample_ends_with_the_step_that_is_outside() -> None:
    long = Trace(trace().hyper, np.ones((40, 1)), np.zeros((41, 1)))
    result = broken("check")
    at_the_end = replace(result.offence, step=40)  # type: ignore[type-var]
    rows = trace_rows(replace(result, trace=long, offence=at_the_end))
    assert len(rows) == LONGEST
    assert (rows[-1].step, rows[-1].expected) == (40, "0.125")


def test_text_that_is_no_unicode_does_not_stop_the_report() -> None:
    odd = replace(only_targets().targets[0], version="1.0\udcff")
    assert "1.0?" in render(replace(only_targets(), targets=(odd,)))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_text_has_the_contrast_that_wcag_aa_asks_for(scheme: str, markup: str) -> None:
    light, dark = re.findall(r":root \{(.*?)\}", markup, re.DOTALL)[:2]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark))
    tones = ["good", "fair", "bad", "neutral", "quiet"]
    pairs = [(tone, f"{tone}-wash") for tone in tones]
    pairs += [(text, paper) for text in (*tones, "ink", "soft", "link") for paper in ("paper", "wash")]
    pairs += [("ink", "bad-wash")]
    for text, paper in pairs:
        darker, lighter = sorted((luminance(colours[text]), luminance(colours[paper])))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, paper)


def test_hostile_text_stands_where_it_is_quoted(page: Page) -> None:
    shown = "".join(page.text)
    assert shown.count(HOSTILE) >= 4


@pytest.mark.parametrize(("make", "title"), [(only_claims, "1 claim"), (only_targets, "1 target")])
def test_the_title_tells_what_the_report_is_about(make, title):
    assert f"<title>adamcheck report: {title}</title>" in render(make())
