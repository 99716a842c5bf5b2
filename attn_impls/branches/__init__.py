"""Branches: modules in place of a k x k convolution with its norm and activation."""
