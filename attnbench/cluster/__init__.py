"""A plan on the machines of a cluster: one run folder a machine, and one run a kind of machine in the end."""
