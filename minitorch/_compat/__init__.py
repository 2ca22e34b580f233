"""What code written for PyTorch asks for, and which a reader can skip.

methods       the methods of a tensor that this library itself does not need
constructors  `Tensor([1, 2])` and `x.new_zeros(2)`
spellings     `axis=` for `dim=` and `keepdims=` for `keepdim=`
protocols     what Python and NumPy ask of a tensor: len, iteration, float, copies
devices       `device("cpu")`, the only one, and `memory_format=`
guests        modules that have no file, such as `minitorch.cuda`, and imports that find nothing
accelerators  `cuda.is_available()`, which is False, and what else is asked of a GPU
switches, backends, compilers, amp
              switches and functions that have no effect on a CPU
distributed   one process, which may ask whether it is; Python's multiprocessing
trees         `utils._pytree`: the leaves of nested lists, tuples and dicts
tensorboard, summaries
              `SummaryWriter`
old_names     `autograd.Variable`, `init.normal`
modules       the methods of a module that this library itself does not need
operations    the methods of a tensor that are operations which the Transformer does not need
linalg        norms, as `linalg.norm`
distributions `distributions.Categorical`
saved_objects namespaces, dataclasses and the like in files that are saved
optimizer_options
              `fused=` and the like, without effect
missing       the errors about names and arguments of PyTorch's that minitorch does not have
instead       what those say: what to use instead
tensor_types  `FloatTensor` and the like; `promote_types(a, b)`, `is_tensor(x)`
einops_*      `einops.rearrange(x, ...)` and `einops.layers.minitorch`, if einops is there
"""
