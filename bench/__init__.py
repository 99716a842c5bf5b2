"""How a measurement is made; knows nothing of attention."""
