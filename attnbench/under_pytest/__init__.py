"""Cases as tests of pytest, and benchmarks of a user's own. ``attnbench.pytest_plugin`` imports it when asked for."""
