"""What a reader of a report must know."""

from __future__ import annotations

READING = (
    (
        "Claims.",
        "Every claim is held against one definition of Adam, written down once, as the textbook states it. "
        "*Proved* means derived from it step by step, for all real numbers at once, with two independent "
        "engines behind each step unless it says otherwise; a proof does not speak about rounding. "
        "An *exact witness* is one run in exact fractions: it settles that something can happen, and so "
        "refutes a claim that it cannot. *Kept on N examples* means that random testing tried N inputs to "
        "break a law and none did: evidence, not a proof.",
    ),
    (
        "Implementations.",
        "Computers round, so that correct programs disagree in the last digits. The update of the "
        "definition is therefore computed with about twice the digits of the dtype, together with its"
        " *radius*: a derived bound on how far any honest evaluation in the same dtype, in whatever "
        "order, may end up from the truth. Nobody chose a tolerance. An update within the radius is "
        "*enclosed*. Correct code always is; one update outside shows that something else is "
        "computed, and the shortest run that does so is printed below.",
    ),
    (
        "What did not run.",
        "A check is *not applicable* where the target lacks what it needs, and *not judged* where the radius "
        "is infinite (an overflow, a division by what may be zero), so that nothing can be said; what a "
        "profile is too small for, or what would come after too many failures, *did not run*. None of these "
        "counts as kept. A *hazard* is an ordinary input for which the arithmetic of a dtype goes wrong by "
        "itself, even in correct code.",
    ),
)
"""What a reader must know, in Markdown: emphasis marks the words that the rest of a report uses."""
