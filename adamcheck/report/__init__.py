"""The report: one model and its renderers."""
