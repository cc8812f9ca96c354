"""Mathematics in the texts of a report: LaTeX between dollar signs, as MathML or as plain Unicode.

What stands between backticks is code. Everything else is text, and is escaped where it becomes HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

TEXT, MATHEMATICS, CODE = "text", "mathematics", "code"

_SPAN = re.compile(r"\$([^$]+)\$|`([^`]+)`")


def spans(text: str) -> Iterator[tuple[str, str]]:
    """The text cut into text, mathematics and code, in order; a lone dollar sign or backtick is text."""
    end = 0
    for match in _SPAN.finditer(text):
        if match.start() > end:
            yield TEXT, text[end : match.start()]
        yield (MATHEMATICS, match[1]) if match[1] is not None else (CODE, match[2])
        end = match.end()
    if end < len(text):
        yield TEXT, text[end:]


# --- HTML ----------------------------------------------------------------------------------------

_ELEMENTS = re.compile(
    "math|mrow|mi|mn|mo|mtext|mspace|ms|mfrac|msqrt|mroot|mstyle|mpadded|mphantom|msub|msup|msubsup|"
    "munder|mover|munderover|mmultiscripts|mprescripts|none|mtable|mtr|mtd"
)
_ATTRIBUTES = re.compile(
    "display|accent|accentunder|stretchy|fence|form|separator|largeop|movablelimits|minsize|maxsize|"
    "mathvariant|displaystyle|scriptlevel|columnalign|linethickness|width|height|depth|lspace|rspace"
)

_ACCENTS = {"^": "\u02c6", "~": "\u02dc", "\u00af": "\u00af"}
"""Hat, tilde and bar; some fonts draw the caret and the tilde of a keyboard far too large."""


def html(text: str) -> Markup:
    """The text as HTML: MathML for the mathematics, `<code>` for code, the rest escaped."""
    return Markup("").join(_html_of(kind, content) for kind, content in spans(text))


def _html_of(kind: str, content: str) -> Markup:
    if kind == MATHEMATICS:
        return formula(content)
    return Markup("<code>{}</code>").format(content) if kind == CODE else Markup.escape(content)


@cache
def formula(latex: str, *, display: bool = False) -> Markup:
    """LaTeX as a `<math>` element, on a line of its own with `display`; as `<code>` if it is not understood.

    Only elements and attributes of a fixed list get through: no link, no style, no script.
    """
    try:
        return Markup(_mathml(latex, "block" if display else "inline"))
    except Exception:  # a library's parser on foreign text may raise anything
        return Markup('<code class="latex">{}</code>').format(latex)


def _mathml(latex: str, display: str) -> str:
    from latex2mathml.converter import convert

    root = ElementTree.fromstring(convert(latex, display=display))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        if not _ELEMENTS.fullmatch(element.tag):
            raise ValueError(f"<{element.tag}> is not allowed")
        if element.tag == "mi" and re.search(r"[\\&]", element.text or ""):
            raise ValueError(f"{element.text} is not a symbol")
        element.attrib = {k: v for k, v in element.attrib.items() if _ATTRIBUTES.fullmatch(k)}
        if element.tag == "mover":
            _tame_accent(element)
    for element in root.iter():
        _space(element, display)
    parts = [root] if display == "block" else _breakable(root)
    return "<wbr/>".join(
        ElementTree.tostring(p, encoding="unicode", short_empty_elements=False) for p in parts
    )


_RELATIONS = "=<>\u2260\u2264\u2265\u2248\u226a\u226b\u2192\u21d2\u21d4\u2208"


def _breakable(root: ElementTree.Element) -> list[ElementTree.Element]:
    """A formula as several, cut after its relations: no browser breaks a line inside of one."""
    parts: list[list[ElementTree.Element]] = [[]]
    depth = 0
    for element in root[0]:
        parts[-1].append(element)
        sign = (element.text or "") if element.tag == "mo" else ""
        depth += (sign in ("(", "[", "{")) - (sign in (")", "]", "}"))
        if sign and sign in _RELATIONS and depth == 0:
            element.set("form", "infix")  # a sign at an end would be read as a prefix or a suffix
            parts.append([])
    return [_formula_of(part, root) for part in parts if part]


def _formula_of(elements: list[ElementTree.Element], like: ElementTree.Element) -> ElementTree.Element:
    formula = ElementTree.Element(like.tag, like.attrib)
    ElementTree.SubElement(formula, "mrow").extend(elements)
    return formula


def _tame_accent(over: ElementTree.Element) -> None:
    mark = over[-1]
    if mark.tag.endswith("mo") and mark.text in _ACCENTS:
        mark.text = _ACCENTS[mark.text]
        mark.set("stretchy", "false")
        over.set("accent", "true")


_CLOSE = ("|", "\u2016", "/")
_MINUS = "\u2212"
_RANGING = ("lim", "max", "min", "sup", "inf")


def _space(parent: ElementTree.Element, display: str) -> None:
    """Set signs and names as close as in print, and the range of lim and max below them in a display."""
    for before, child, after in zip([None, *parent], parent, [*parent[1:], None], strict=False):
        sign = child[0] if child.tag in ("msub", "munder", "msup") else child
        text = sign.text or ""
        if sign.tag != "mo":
            continue
        if text in _CLOSE:
            sign.attrib.update(lspace="0", rspace="0")
        elif text == _MINUS and before is not None and before.tag == "mo" and before.text not in (")", "]"):
            sign.attrib.update(form="prefix", lspace="0", rspace="0")
        elif len(text) > 1 and text.isalpha():
            opens = after is None or "".join(after.itertext()).startswith(("(", "[", "{", "|"))
            sign.attrib.update(lspace="0" if before is None else "0.17em", rspace="0" if opens else "0.17em")
            if child.tag == "msub" and display == "block" and text in _RANGING:
                child.tag = "munder"


# --- plain text ----------------------------------------------------------------------------------

_SUBSCRIPT = str.maketrans("0123456789+-=()aehijklmnoprstuvxβ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦ")
_SUPERSCRIPT = str.maketrans("0123456789+-=()inkt", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿᵏᵗ")

_GROUPED_SCRIPT = re.compile(r"([_^])\{([^{}]*)\}")
_SCRIPT = re.compile(r"([_^])([^\s{}_^(])")
_RELATION = re.compile(r"\s*([+=<>≤≥≠≈≪≫→⇔⇒∈])\s*")
_PRODUCT = re.compile(r"(?:[\w.^\u0302 ]|\{[^{}]*\})+")
_ATOM = re.compile(r"\d+|\w\u0302?(?:[_^](?:\w|\{[^{}]*\}))*")


def plain(text: str) -> str:
    """The text for a terminal: mathematics in Unicode (`v̂ₜ`, `β₁ᵗ⁻ⁱ`, `(s + ϵ)/(s + ϵ/c)`)."""
    return "".join(plain_formula(part) if kind == MATHEMATICS else part for kind, part in spans(text))


@cache
def plain_formula(latex: str) -> str:
    """LaTeX as one line of Unicode; the source itself if it is not understood."""
    try:
        written = _to_text().latex_to_text(re.sub(r"\\[td]frac(?![a-zA-Z])", r"\\frac", latex))
    except Exception:  # a library's parser on foreign text may raise anything
        return latex
    written = _RELATION.sub(r" \1 ", " ".join(written.split()))
    while (shorter := _GROUPED_SCRIPT.sub(_script, written)) != written:
        written = shorter
    return re.sub(r"\{([^{}]*)\}", r"\1", _SCRIPT.sub(_script, written))


def _script(match: re.Match[str]) -> str:
    """A subscript or superscript in its own characters where Unicode has them all."""
    place, content = match[1], match[2].replace(" ", "")
    table = _SUBSCRIPT if place == "_" else _SUPERSCRIPT
    if all(ord(character) in table for character in content):
        return content.translate(table)
    return f"{place}{content}" if len(content) == 1 else f"{place}({content})"


@cache
def _to_text() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    context = get_default_latex_context_db()
    ours = [MacroTextSpec("frac", simplify_repl=_fraction), MacroTextSpec("|", simplify_repl="‖")]
    context.add_context_category("fractions and norms", prepend=True, macros=ours)
    return LatexNodes2Text(
        latex_context=context, math_mode="text", keep_braced_groups=True, keep_braced_groups_minlen=2
    )


def _fraction(node: Any, l2tobj: Any) -> str:
    above, below = (
        l2tobj.nodelist_to_text(getattr(argument, "nodelist", [argument])).strip()
        for argument in node.nodeargs[:2]
    )
    above = above if _PRODUCT.fullmatch(above) else f"({above})"
    return f"{above}/{below}" if _ATOM.fullmatch(below) else f"{above}/({below})"
