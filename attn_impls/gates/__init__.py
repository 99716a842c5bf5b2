"""Gates: feature map [B, C, H, W] -> feature map of the same shape."""
