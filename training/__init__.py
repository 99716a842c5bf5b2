"""HOW a network is trained: data sets, input pipeline, recipes of papers."""
