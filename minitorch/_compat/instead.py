"""What to use instead of the names of PyTorch's that are not here, by what they are for.

A line of `INSTEAD` gives names, and half a sentence that ends the error's. `*` stands for any
letters, `?` for one. Names mean what any module and a tensor may be asked for; with a place before
it, as in "Module.ipu" or "nn.grad", a name means that place's. `FORMULAS` has those that are a
line of the user's, and `ARGUMENTS` what classes are not given here.
"""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

INSTEAD: dict[str, dict[str, str]] = {
    "Convolutions and images": {
        "Conv1d conv1d":
            "there are no convolutions here; one with a kernel of 1 is `nn.Linear`, which maps the "
            "last dimension",
        "Conv?d ConvTranspose?d LazyConv* conv?d conv_transpose?d conv_tbc convolution "
        "modules.conv":
            "there are no convolutions here; `x.unfold(2, p, p).unfold(3, p, p)` cuts images into "
            "patches, and `nn.Linear` maps them, as in a vision Transformer",
        "*AvgPool?d *MaxPool?d LPPool?d *avg_pool?d* *max_pool?d* lp_pool?d "
        "modules.pooling":
            "there is no pooling here; split the dimension by `x.reshape(…)`, and take "
            "`x.mean(dim)` or `x.amax(dim)`",
        "MaxUnpool?d max_unpool?d Upsampl* upsample* interpolate grid_sample* affine_grid* "
        "PixelShuffle PixelUnshuffle pixel_shuffle pixel_unshuffle ChannelShuffle *channel_shuffle":
            "images are not resized here; do it before they become tensors, and move pixels by "
            "`x.reshape(…)` and `x.permute(…)`",
        "Fold Unfold functional.fold functional.unfold":
            "`x.unfold(2, p, p).unfold(3, p, p)` cuts images into patches, and `x.permute(…)` and "
            "`x.reshape(…)` join them",
        "ReflectionPad?d ReplicationPad?d CircularPad?d constant_pad_nd":
            "`nn.functional.pad(x, …)` pads, in all these modes",
        "Dropout?d dropout?d AlphaDropout FeatureAlphaDropout *alpha_dropout* feature_dropout*":
            "`nn.Dropout` drops single elements; whole channels are dropped by a product with "
            "`nn.functional.dropout(minitorch.ones(n, c, 1))`",
        "vision torchvision transforms datasets models":
            "PyTorch has that in torchvision; use what gives NumPy arrays, and "
            "`minitorch.from_numpy(…)`",
        "channels_last* legacy_contiguous_format "
        "convert_conv?d_* to_mkldnn is_mkldnn mkldnn_* miopen_* cudnn_*":
            "there is one layout of memory, NumPy's; leave it out",
    },
    "Norms": {
        "GroupNorm group_norm":
            "in `x.reshape(n, groups, -1)` each group is a row; `nn.functional.layer_norm` "
            "normalises it, and `y.reshape(x.shape)` goes back",
        "*BatchNorm?d SyncBatchNorm *InstanceNorm?d LocalResponseNorm CrossMapLRN2d "
        "batch_norm* instance_norm local_response_norm native_*_norm modules.batchnorm "
        "modules.instancenorm":
            "Transformers normalise each token by itself, with `nn.LayerNorm` or `nn.RMSNorm`",
        "spectral_norm weight_norm remove_spectral_norm remove_weight_norm parametrize prune "
        "parametrizations norm_except_dim fuse_*":
            "no weight is computed from others here; do it in `forward()`, and give the result to "
            "`nn.functional.linear`",
        "pdist": "`(x[:, None] - x).norm(dim=-1)` has every pair twice",
        "renorm nuclear_norm frobenius_norm native_norm": "`x.norm(p, dim)` has norms of vectors",
    },
    "Recurrent networks": {
        "LSTM GRU RNN RNNBase LSTMCell GRUCell RNNCell RNNCellBase lstm gru lstm_cell gru_cell "
        "rnn_tanh* rnn_relu* modules.rnn":
            "there are no recurrent cells here; attention reads a sequence at once, with "
            "`nn.TransformerEncoder`, or write the cell with `nn.Linear`, and loop",
        "pack_padded_sequence pad_packed_sequence pack_sequence PackedSequence unpack_sequence":
            "sequences are not packed here; pad them to one length, and mask the padding",
    },
    "Layers and losses": {
        "Bilinear bilinear": "`minitorch.einsum('bi,oij,bj->bo', x, weight, y)` is its product",
        "EmbeddingBag embedding_bag embedding_renorm_":
            "`nn.Embedding(…)(ids).mean(1)` is the mean of a bag",
        "AdaptiveLogSoftmaxWithLoss LinearCrossEntropy* linear_cross_entropy":
            "use `nn.Linear`, and `nn.functional.cross_entropy` over the whole vocabulary",
        "CTCLoss ctc_loss":
            "no alignments are summed here; align the targets, and use `nn.CrossEntropyLoss`",
        "*MarginLoss *_margin_loss *MarginWithDistanceLoss *_margin_with_distance_loss "
        "MarginRankingLoss margin_ranking_loss HingeEmbeddingLoss hinge_embedding_loss":
            "it is a line of your own, such as `minitorch.relu(margin - difference).mean()`",
        "GaussianNLLLoss gaussian_nll_loss PoissonNLLLoss poisson_nll_loss":
            "it is a line of your own, -ln p(target)",
        "PReLU prelu": "`minitorch.where(x > 0, x, slope * x)` learns a slope that is a parameter",
        "RReLU rrelu*": "`nn.functional.leaky_relu(x, slope)` takes a slope",
        "Hardshrink Softshrink Tanhshrink Threshold CELU hardshrink softshrink tanhshrink "
        "threshold* celu*":
            "it is a line of your own, such as `minitorch.where(condition, x, y)`",
        "Hardswish hardswish Hardsigmoid hardsigmoid":
            "`(x + 3).clamp(0, 6) / 6` is the hard sigmoid, and times x the hard swish",
        "LazyBatch* LazyInstance* Uninitialized*":
            "layers are given their sizes when they are made",
        "Buffer": "use `module.register_buffer(name, x)`",
        "flex_attention":
            "`nn.functional.scaled_dot_product_attention` chooses by itself how it computes",
    },
    "Numbers and dtypes": {
        "complex* cfloat cdouble chalf view_as_complex* view_as_real* real imag angle conj* "
        "polar is_conj resolve_conj resolve_neg is_neg isreal Complex*":
            "there are no complex numbers here; rotate pairs of reals, `a * cos - b * sin` and "
            "`a * sin + b * cos`, as `transformer/model/rotary.py` does",
        "float8* float4* uint1* uint2 uint3* uint4 uint5 uint6* uint7 int1 int2 int3 int4 int5 "
        "int6 int7 bits* bit":
            "minitorch has float32, float64, int64, int32, int16, int8, uint8 and bool",
        "quantiz* quantized_* qint* quint* dequantize q_* qscheme int_repr is_quantized ao qat "
        "per_tensor_* per_channel_* fake_quantize_* empty_quantized choose_qparams_* fbgemm_*":
            "nothing is quantized here; weights stay float32",
        "get_autocast_* set_autocast_* clear_autocast_cache is_autocast_*_enabled":
            "autocast has no effect here; leave it out",
        "sym_* Sym*": "sizes are plain numbers here",
        "minitorch.array ndarray": "use `minitorch.tensor(…)`",
    },
    "Linear algebra and spectra": {
        "linalg.* cholesky* det logdet slogdet inverse pinverse eig symeig svd* qr lu* lstsq solve "
        "triangular_solve matrix_exp matrix_power matrix_rank geqrf orgqr ormqr lobpcg cond "
        "chain_matmul pca_lowrank":
            "matrices are not decomposed here; `np.linalg` does it with `x.numpy()`, and has no "
            "gradient",
        "cross kron tensordot addr addmv addbmm block_diag vander":
            "`minitorch.einsum(…)` has the products",
        "fft stft istft *_window signal": "`np.fft` does it with `x.numpy()`, and has no gradient",
        "special": "`minitorch.erf`, `minitorch.expm1`, `minitorch.log1p` and "
            "`minitorch.logsumexp` are the special functions that are here",
        "lgamma digamma polygamma mvlgamma igamma* i0* sinc gcd lcm ldexp frexp nextafter "
        "bitwise_left_shift bitwise_right_shift asin* acos* atan* arcsin* arccos* arctan*":
            "NumPy and SciPy do it with `x.numpy()`, and have no gradient",
    },
    "Random numbers": {
        "distributions.*": "only Categorical is here; draw by `minitorch.randn` or "
            "`minitorch.rand`, and write `log_prob` yourself",
        "poisson binomial cauchy_ geometric_ log_normal_ quasirandom":
            "draw by `minitorch.randn`, `minitorch.rand`, `minitorch.bernoulli` or "
            "`minitorch.randint`",
        "thread_safe_generator seed_all":
            "`minitorch.manual_seed(0)` seeds; `minitorch.get_rng_state()` and "
            "`minitorch.set_rng_state(state)` go back",
        "init.dirac* init.sparse*":
            "assign the values, by `x.copy_(…)` under `no_grad()`",
    },
    "Parts, counts, order": {
        "cummax cummin kthvalue minitorch.mode Tensor.mode quantile nanquantile "
        "nanmedian":
            "`x.sort(dim)` has whatever depends on the order",
        "histc histogram* unravel_index segment_reduce cov corrcoef combinations":
            "NumPy does it with `x.numpy()`, and has no gradient",
        "scatter_reduce* index_reduce* put put_":
            "assign, as in `x[index] = y`, or add, by `x.scatter_add(…)` or `x.index_add(…)`",
        "as_strided* slice_scatter select_scatter diagonal_scatter index_put*":
            "assign to a part, as in `x[:, 1:] = y`",
        "[!i]*_copy indices_copy unsafe_* split_with_sizes*":
            "PyTorch uses it itself; write the name without what is added",
    },
    "Sparse and nested tensors": {
        "sparse* to_sparse* *_sparse_* is_sparse_csr coalesce is_coalesced to_dense dense_dim "
        "spmm hspmm smm dsmm hsmm saddmm sspaddmm crow_indices* ccol_indices* row_indices* "
        "col_indices* Tensor.indices Tensor.values":
            "tensors are dense here, and so are the gradients of an embedding",
        "nested* masked jagged strided layout to_padded_tensor is_nested":
            "tensors are rectangular here; pad the rows, and give attention a mask",
        "names rename* refine_names align_to align_as *named_tensor* Tensor.name":
            "dimensions have numbers here, and no names",
    },
    "Memory": {
        "storage* untyped_storage *Storage *StorageBase const_data_ptr set_ resize resize_* "
        "is_set_to is_storage":
            "`x.array` is the memory, a NumPy array",
        "share_memory* is_shared":
            "processes share no tensors here; `minitorch.distributed` sends them",
        "is_pinned record_stream to_empty Module.to_empty":
            "memory is not copied to a GPU; leave it out",
        "to_dlpack from_dlpack dlpack from_file frombuffer":
            "`x.numpy()` and `minitorch.from_numpy(array)` share the memory",
        "apply_ map_ map2_": "compute with the whole tensor, or change `x.array`",
    },
    "Gradients": {
        "func functorch vmap vjp jvp jacrev jacfwd functional_call stateless func.*":
            "write the batch as a dimension; `minitorch.autograd.grad(…)` and "
            "`minitorch.autograd.functional.jacobian(…)` differentiate",
        "forward_ad": "`minitorch.autograd.grad(…)` differentiates, beginning at the end",
        "saved_tensors_hooks save_on_cpu":
            "`minitorch.utils.checkpoint.checkpoint` saves memory",
        "reinforce": "take `(-log_prob * reward).mean()` as the loss",
        "nn.grad": "`x.backward()` has derivatives",
        "set_detect_anomaly set_anomaly_enabled anomaly_mode":
            "use `with minitorch.autograd.detect_anomaly():`",
        "while_loop": "write Python's loops and conditions",
    },
    "Models and training": {
        "Module.*register_load_state_dict_* Module.register_state_dict_* Module.set_extra_state "
        "Module.get_extra_state":
            "write `state_dict()` and `load_state_dict()` of your class instead",
        "Module.ipu Module.xpu Module.mtia": "modules are on the CPU; leave it out",
        "Module.register_backward_hook": "use `module.register_full_backward_hook(…)`",
        "hub model_zoo": "nothing is downloaded here; `transformer/pretrained.py` reads the "
            "weights of GPT-2 and BERT from files",
        "Optimizer.register_*": "write the code before or after `optimizer.step()`",
        "Adadelta Adamax ASGD LBFGS NAdam RAdam Rprop SparseAdam Adafactor Muon Lion":
            "use `optim.AdamW`, or write an optimizer, as `minitorch/optim/sgd.py` does",
        "swa_utils AveragedModel SWALR":
            "average by `x.mul_(0.99).add_(y, alpha=0.01)` for each parameter, under `no_grad()`",
        "CyclicLR": "`optim.lr_scheduler.LambdaLR(optimizer, f)` takes any function of the step",
        "StackDataset": "`utils.data.TensorDataset` stacks tensors; write `__getitem__` for others",
        "data.datapipes *DataPipe functional_datapipe":
            "use `utils.data.Dataset` or `utils.data.IterableDataset`",
    },
    "Devices and processes": {
        "has_cuda has_cudnn has_mps mps mtia xpu ipu xla hip vulkan accelerator "
        "is_xpu is_mps is_xla is_ipu is_meta is_mtia is_maia is_vulkan cuda.*":
            "minitorch computes on the CPU; ask `minitorch.cuda.is_available()`, which is False",
        "minitorch.Stream minitorch.Event":
            "there are no queues of work, as on a GPU; leave it out",
        "distributed.* parallel.* rpc fsdp":
            "`nn.parallel.DistributedDataParallel(module)`, in a program that `mpiexec -n 4` "
            "starts, shares each batch among processes",
    },
    "Compiling, exporting, measuring": {
        "jit.* compiler.* Script* fx export onnx package library import_ir_module* cpp_extension "
        "mobile_optimizer":
            "nothing is compiled or exported here; Python carries each operation out, and "
            "`minitorch.save(model.state_dict(), file)` saves weights",
        "profiler* bottleneck benchmark ThroughputBenchmark":
            "Python's cProfile and timeit measure it",
        "overrides *torch_function* *TorchFunction*": "subclasses of Tensor change no operation",
    },
}

# What to write for names that are a line: x and y are the arguments; a, b and n are numbers.
FORMULAS: dict[str, str] = {
    "absolute": "x.abs()", "negative": "-x", "positive": "x", "rsub": "y - x", "adjoint": "x.mT",
    "greater": "x > y", "greater_equal": "x >= y", "less": "x < y", "less_equal": "x <= y",
    "not_equal": "x != y", "float_power": "x.double() ** y", "ger": "minitorch.outer(x, y)",
    "vdot": "minitorch.dot(x, y)", "inner": "x @ y.T", "mH": "x.mT", "H": "x.T",
    "tan": "x.sin() / x.cos()", "erfc": "1 - x.erf()", "trunc": "x.sign() * x.abs().floor()",
    "fix": "x.sign() * x.abs().floor()", "frac": "x.fmod(1)", "sgn": "x.sign()",
    "asinh": "(x + (x * x + 1).sqrt()).log()", "acosh": "(x + (x * x - 1).sqrt()).log()",
    "atanh": "(x.log1p() - (-x).log1p()) / 2", "logit": "x.log() - (-x).log1p()",
    "heaviside": "minitorch.where(x == 0, y, (x > 0).float())", "hypot": "(x * x + y * y).sqrt()",
    "copysign": "x.abs() * y.sign()", "signbit": "x < 0", "isposinf": "x.isinf() & (x > 0)",
    "isneginf": "x.isinf() & (x < 0)", "deg2rad": "x * (math.pi / 180)",
    "rad2deg": "x * (180 / math.pi)", "xlogy": "x * y.log()", "is_same_size": "x.shape == y.shape",
    "logaddexp": "minitorch.stack([x, y]).logsumexp(0)", "fmax": "minitorch.maximum(x, y)",
    "fmin": "minitorch.minimum(x, y)", "dist": "(x - y).norm()",
    "cdist": "(x[:, None] - y).norm(dim=-1)", "rot90": "x.mT.flip(-2)", "fliplr": "x.flip(1)",
    "flipud": "x.flip(0)", "msort": "x.sort(0).values", "take": "x.flatten()[y]",
    "is_nonzero": "bool(x)", "aminmax": "x.amin(), x.amax()", "std_mean": "x.std(), x.mean()",
    "var_mean": "x.var(), x.mean()", "diff": "x[..., 1:] - x[..., :-1]",
    "nanmean": "x[~x.isnan()].mean()", "column_stack": "minitorch.stack(tensors, 1)",
    "dstack": "minitorch.stack(tensors, 2)", "tensor_split": "x.split(sizes, a)",
    "hsplit": "x.split(sizes, 1)", "vsplit": "x.split(sizes, 0)", "dsplit": "x.split(sizes, 2)",
    "nansum": "x.masked_fill(x.isnan(), 0).sum()", "trapezoid": "((x[1:] + x[:-1]) / 2).sum()",
    "trapz": "((x[1:] + x[:-1]) / 2).sum()", "logspace": "10 ** minitorch.linspace(a, b, n)",
    "range": "minitorch.arange(a, b + 1)", "scalar_tensor": "minitorch.tensor(a)",
    "fill": "minitorch.full_like(x, a)", "astype": "x.to(dtype)", "copy": "x.clone()",
    "expand_dims": "x.unsqueeze(a)", "asarray": "minitorch.as_tensor(x)",
    "row_stack": "minitorch.vstack(x)", "diagflat": "minitorch.diag_embed(x.flatten())",
    "get_device": "x.device",
    "torch_version": "minitorch.__version__", "typename": "type(x).__name__",
    "broadcast_shapes": "np.broadcast_shapes(…)", "make_tensor": "minitorch.rand(…)",
    "Softmax2d": "nn.Softmax(1)",
    "collect_env": "minitorch.show_config()",
    "logcumsumexp": "(x - x.max()).exp().cumsum(a).log() + x.max()",
    "volatile": "minitorch.no_grad()", "gradient": "np.gradient(x.numpy())",
}

ARGUMENTS: dict[str, str] = {
    "max_norm norm_type":
        "no vector is shortened here; under `no_grad()`, "
        "`weight.div_(weight.norm(dim=-1, keepdim=True).clamp(1))` does it",
    "verbose": "print `scheduler.get_last_lr()`",
    "scale_grad_by_freq": "each gradient counts once for each time its token stands there",
    "Hardtanh.min_value Hardtanh.max_value": "use `min_val` and `max_val`",
    "Adam.decoupled_weight_decay": "use `optim.AdamW`",
}


def _row(name: str, places: Collection[str], table: dict[str, str], anywhere: bool) -> str | None:
    for names, reason in table.items():
        for pattern in names.split():
            place, _, pattern = pattern.rpartition(".")
            if fnmatchcase(name, pattern) and (place in places or (not place and anywhere)):
                return reason.replace("`", "")
    return None


def of(name: str, places: Collection[str], *, anywhere: bool) -> str | None:
    """Return half a sentence about what to use instead of a name of PyTorch's.

    Args:
        name: what was asked for.
        places: where: the last part of a module's name, or the names of an object's classes.
        anywhere: are the names meant, too, that are listed without a place?
    """
    if anywhere and name in FORMULAS:
        return f"write {FORMULAS[name]}"
    reasons = (_row(name, places, table, anywhere) for table in INSTEAD.values())
    return next(filter(None, reasons), None)


def of_argument(name: str, classes: Collection[str]) -> str | None:
    """Return half a sentence about what to do without an argument of PyTorch's."""
    return _row(name, classes, ARGUMENTS, anywhere=True)
