"""What code written for PyTorch asks for, and nobody needs to read.

devices    `device("cpu")`, the only one
cuda       `cuda.is_available()`, which is False
missing    what is said of a name of PyTorch's that is not here
"""
