"""The claims of a textbook chapter on Adam, one file each, in folders that follow its order."""

ORDER = (
    "moments",
    "update_rule",
    "scaling",
    "invariance",
    "preconditioning",
    "practice",
    "nonconvex",
    "training",
    "beyond",
)
"""The folders, in the order of the text's sections; the last one goes beyond the text."""
