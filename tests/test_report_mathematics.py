"""Mathematics becomes MathML and Unicode, and lets nothing else through."""

from xml.etree import ElementTree

import pytest

from adamcheck.claims.claim import discover
from adamcheck.report.mathematics import formula, html, plain, plain_formula, spans


def names(markup: str) -> set[str]:
    return {element.tag for element in ElementTree.fromstring(f"<p>{markup}</p>").iter()} - {"p"}


def test_text_mathematics_and_code_are_told_apart() -> None:
    assert list(spans(r"a $\beta_1$ b `eps`.")) == [
        ("text", "a "),
        ("mathematics", r"\beta_1"),
        ("text", " b "),
        ("code", "eps"),
        ("text", "."),
    ]


@pytest.mark.parametrize("text", ["costs 5$", "a ` b", "$$", "", "no formula"])
def test_a_lone_dollar_sign_or_backtick_stays_text(text: str) -> None:
    assert {kind for kind, _ in spans(text)} <= {"text"}
    assert "".join(content for _, content in spans(text)) == text


def test_text_around_a_formula_is_escaped() -> None:
    assert html("<b>&</b> $x$").startswith("&lt;b&gt;&amp;&lt;/b&gt; <math")


@pytest.mark.parametrize(
    "latex",
    [
        r"<script>alert(1)</script>",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(http://x.invalid)}{x}",
        r"\class{x}{y}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"&lt;script&gt;alert(1)&lt;/script&gt;",
        r"\unknown{x}",
        r"\frac{",
        "\\text{]]>}",
    ],
)
def test_no_formula_brings_in_a_link_a_style_or_a_foreign_element(latex: str) -> None:
    made = ElementTree.fromstring(f"<p>{formula(latex)}</p>")
    assert names(formula(latex)) <= {"math", "mrow", "mi", "mn", "mo", "mtext", "msup", "code", "wbr"}
    for element in made.iter():
        assert set(element.attrib) <= {"class", "display", "form", "stretchy", "lspace", "rspace"}


@pytest.mark.parametrize("latex", [r"\frac{", r"\unknown x", r"\boxed{x}", ""])
def test_what_is_not_understood_is_shown_as_it_was_written(latex: str) -> None:
    assert formula(latex) == f'<code class="latex">{latex}</code>'
    assert plain_formula(r"\frac{") == r"\frac{"


def test_a_line_may_break_after_a_relation_that_is_in_no_brackets() -> None:
    shown = formula(r"a \le f(b = c) = d")
    assert [part.count("<mo") for part in shown.split("<wbr/>")] == [1, 4, 0]
    assert "<wbr/>" not in formula(r"a \le b", display=True)


def test_a_display_has_limits_below_and_names_close_to_their_arguments() -> None:
    shown = formula(r"\lim_{s \to 0} \max(1, s)", display=True)
    assert 'display="block"' in shown
    assert "<munder><mo" in shown
    assert '<mo lspace="0.17em" rspace="0">max</mo>' in shown


@pytest.mark.parametrize(
    ("latex", "sign"),
    [
        (r"x = -y", '<mo form="prefix" lspace="0" rspace="0">\u2212</mo>'),
        (r"(x) - y", "<mo>\u2212</mo>"),
        (r"a |x|", '<mo stretchy="false" lspace="0" rspace="0">|</mo>'),
        (r"a / b", '<mo lspace="0" rspace="0">/</mo>'),
    ],
)
def test_signs_stand_as_close_as_in_print(latex: str, sign: str) -> None:
    assert sign in formula(latex)


@pytest.mark.parametrize(
    ("latex", "unicode"),
    [
        (r"\hat v_t", "v̂ₜ"),
        (r"\beta_{1}^{t - i} g_i", "β₁ᵗ⁻ⁱ gᵢ"),
        (r"\frac{\lambda m}{s+\epsilon/c}", "λm/(s + ϵ/c)"),
        (r"\frac{a + b}{2 c}", "(a + b)/(2 c)"),
        (r"\tfrac12 \le \frac{\hat m_t}{\sqrt{\hat v_t}}", "1/2 ≤ m̂ₜ/(√(v̂ₜ))"),
        (r"x^{-1/2}", "x^(-1/2)"),
        (r"\|g\|_\infty", "‖g‖_∞"),
        (r"2^{-24}", "2⁻²⁴"),
        (r"\left(1 - \beta_{2}^{t + 1}\right)", "(1 - β₂ᵗ⁺¹)"),
    ],
)
def test_plain_text_keeps_what_is_grouped(latex: str, unicode: str) -> None:
    assert plain(f"so ${latex}$.") == f"so {unicode}."


def shipped() -> dict[str, set[str]]:
    """Every formula that the installed claims write, and every one that their derivations make."""
    from adamcheck.proofs.given import Given
    from adamcheck.proofs.latex import formula as formula_of

    found = {}
    for claim in discover():
        texts = [claim.title, claim.says, claim.source, claim.verdict.condition]
        texts += [part.text for part in claim.statement]
        texts += [statement for _, statement, _ in (*claim.derivations, *claim.witnesses)]
        texts += [law.statement for law in claim.laws]
        texts += [claim.drawing.caption] if claim.drawing else []
        steps = [step for _, _, derivation in claim.derivations for step in derivation(Given())]
        texts += [step.text for step in steps]
        written = {content for text in texts for kind, content in spans(text) if kind == "mathematics"}
        found[claim.name] = written | {formula_of(step) for step in steps}
    return found


@pytest.mark.slow
def test_every_formula_of_the_shipped_claims_is_understood() -> None:
    found = shipped()
    assert found
    for name, formulas in found.items():
        assert formulas, name
        for latex in formulas:
            assert formula(latex, display=True).startswith("<math"), (name, latex)
            assert "\\" not in plain_formula(latex), (name, latex)
