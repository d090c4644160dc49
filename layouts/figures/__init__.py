"""Figures: plain functions from views to plotly figures and cytoscape elements. Knows no dash."""
