"""Normalisers as fused kernels, registered with PyTorch as operators.

native/         the CPU kernels and their operators, in C++; built at the first call, then kept
building.py     compiles and loads them
on_cuda.py      the kernels for GPUs: operators around those in Triton
triton_*.py     these: whole lines and lines in pieces, what they compute, where it lies, how it is cut into tiles
plain.py        the same results in plain PyTorch, where kernels cannot be built and on other devices
derivatives.py  derivatives of any order, and torch.vmap
operators.py    schemas and shapes; ``hard_softmax``, ``softmax``, ``implementation``
modules.py      the two as modules
"""
