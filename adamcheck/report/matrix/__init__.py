"""The compatibility matrix: what each implementation of Adam really computes, one row each.

A matrix is a plain document (JSON), so that rows from several runs, in several environments, can stand in
one; Markdown and HTML are made from it.
"""

from adamcheck.report.matrix.document import FORMAT, document, dumps, load, merged, rows
from adamcheck.report.matrix.pages import html, markdown

__all__ = ["FORMAT", "document", "dumps", "html", "load", "markdown", "merged", "rows"]
