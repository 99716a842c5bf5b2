"""What is shown while a run goes on: what will be measured, how far it is, and how long it will take."""
