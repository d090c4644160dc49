"""The build report and the page of labels: HTML files that need nothing from elsewhere."""

from build_bundle.report.page import write_label_page, write_report

__all__ = ["write_label_page", "write_report"]
