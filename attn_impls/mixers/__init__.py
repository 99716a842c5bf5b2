"""Token mixers: attentions with their projections, [B, N, C] -> the same shape."""
