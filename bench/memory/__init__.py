"""Bytes of one call: counted from the operators as they run, and asked of the CUDA allocator and of the driver."""
