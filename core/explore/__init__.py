"""What the panels show, computed from a result and a bundle. Knows no plotly and no dash."""
