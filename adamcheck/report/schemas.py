"""The published schemas of what is saved: `python -m adamcheck.report.schemas` writes them anew."""

from __future__ import annotations

from typing import Any

from adamcheck.report.campaign import CAMPAIGN
from adamcheck.report.documents import Document
from adamcheck.report.matrix.saved import MATRIX
from adamcheck.report.saved import REPORT
from adamcheck.report.saved_power import POWER

DOCUMENTS: tuple[Document[Any], ...] = (REPORT, MATRIX, POWER, CAMPAIGN)

if __name__ == "__main__":
    for document in DOCUMENTS:
        document.publish()
