"""Run -> charts: typed figures with intervals, drawn by one specification for files and for the page."""
