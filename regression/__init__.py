"""Has a change made something slower, bigger or numerically worse? Base is compared with head."""
