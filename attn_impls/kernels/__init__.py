"""Normalisers as fused kernels, registered with PyTorch as operators.

native/       the CPU kernels and their operators, in C++; built at the first call, then kept
building.py   compiles and loads them
plain.py      the same results in plain PyTorch, where they cannot be built and on other devices
operators.py  schemas, shapes and derivatives; ``hard_softmax``, ``softmax``, ``implementation``
modules.py    the two as modules
"""
