"""What code written for PyTorch asks for, and which a reader can skip.

methods       the methods of a tensor that this library itself does not need
protocols     what Python and NumPy ask of a tensor: len, iteration, float, copies
devices       `device("cpu")`, the only one
guests        modules that have no file, such as `minitorch.cuda`, and imports that find nothing
cuda          `cuda.is_available()`, which is False
operations    the methods of a tensor that are operations which the Transformer does not need
linalg        norms, as `linalg.norm`
distributions `distributions.Categorical`
missing       the error text for a name of PyTorch's that minitorch does not have
tensor_types  `FloatTensor` and the like
einops_*      `einops.rearrange(x, ...)` and `einops.layers.minitorch`, if einops is there
"""
