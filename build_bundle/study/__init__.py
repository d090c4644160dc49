"""The study: every listed model and rival on held-out studies, resumable, as tables and figures."""
