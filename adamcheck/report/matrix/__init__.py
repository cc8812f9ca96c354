"""The compatibility matrix: what each implementation of Adam really computes, one row each.

A matrix is a document of typed data, so that rows from several runs, in several environments, can stand in
one; Markdown and HTML are made from it.
"""

from adamcheck.report.matrix.badge import badge
from adamcheck.report.matrix.pages import html, markdown
from adamcheck.report.matrix.rows import rows
from adamcheck.report.matrix.saved import MATRIX, Matrix, Row, document, merged

__all__ = ["MATRIX", "Matrix", "Row", "badge", "document", "html", "markdown", "merged", "rows"]
