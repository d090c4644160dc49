"""The build report: one HTML file, without scripts and without anything from elsewhere."""

from build_bundle.report.page import write_report

__all__ = ["write_report"]
