"""What code written for PyTorch asks for, and which a reader can skip.

How it is asked for:

guests        modules that have no file, such as `minitorch.cuda`, and names that are not here
missing       what is said of names and arguments of PyTorch's that minitorch does not have
instead       what to use instead of each, which ends that sentence
spellings     `axis=` for `dim=` and `keepdims=` for `keepdim=`

Of tensors, modules and optimizers, what this library does not need itself:

methods       the methods of a tensor that are no operations
operations    its methods that are operations
constructors  `Tensor([1, 2])` and `x.new_zeros(2)`
tensor_types  `FloatTensor` and the like; `promote_types(a, b)`, `is_tensor(x)`
protocols     what Python and NumPy ask of a tensor: len, iteration, float, copies
modules       the methods of a module
optimizer_options
              `fused=` and the like, without effect
old_names     `autograd.Variable`, `init.normal`

What has no effect on a CPU:

devices       `device("cpu")`, the only one, and `memory_format=`
accelerators  `cuda.is_available()`, which is False, and what else is asked of a GPU
switches      `inference_mode`, `use_deterministic_algorithms` and the like
backends      switches of libraries that are not used, and of kernels of attention
amp           `autocast` and `GradScaler`
compilers     `compile` and `jit`
distributed   nn.DataParallel, for GPUs; Python's multiprocessing

And parts of PyTorch, or what goes with it:

linalg        norms, as `linalg.norm`
distributions `distributions.Categorical`
trees         `utils._pytree`: the leaves of nested lists, tuples and dicts
tensorboard, summaries
              `SummaryWriter`
saved_objects namespaces, dataclasses and the like in files that are saved
einops_finder, einops_backend
              `einops.rearrange(x, ...)` and `einops.layers.minitorch`, if einops is there
"""
