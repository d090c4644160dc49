"""Pages and panels: plain functions from data to components."""
