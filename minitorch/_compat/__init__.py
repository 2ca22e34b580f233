"""What code written for PyTorch asks for, and nobody needs to read.

methods       the methods of a tensor that this library itself does not need
protocols     what Python and NumPy ask of a tensor: len, iteration, float, copies
devices       `device("cpu")`, the only one
cuda          `cuda.is_available()`, which is False
missing       what is said of a name of PyTorch's that is not here
tensor_types  `FloatTensor` and the like
"""
