"""What to use instead of the names of PyTorch's that are not here, by what they are for.

A line of `INSTEAD` gives names, and half a sentence that ends the error's. `*` stands for any
letters, `?` for one. Names mean what any module and a tensor may be asked for; with a place before
it, as in "Module.half" or "utils.rnn", a name means that place's. `FORMULAS` has those that are a
line of the user's, with x and y for the arguments.
"""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase

INSTEAD: dict[str, dict[str, str]] = {
    "Convolutions and images": {
        "Conv?d ConvTranspose?d LazyConv* conv?d conv_transpose?d conv_tbc convolution":
            "there are no convolutions here; cut an image into patches by reshape and permute, and "
            "map them with nn.Linear, as a vision Transformer does",
        "*AvgPool?d *MaxPool?d LPPool?d *avg_pool?d *max_pool?d* lp_pool?d":
            "there is no pooling here; split the dimension by x.reshape(…), and take x.mean(dim) "
            "or x.amax(dim)",
        "MaxUnpool?d max_unpool?d Upsample* upsample* interpolate grid_sample* affine_grid* "
        "PixelShuffle PixelUnshuffle pixel_shuffle pixel_unshuffle ChannelShuffle channel_shuffle":
            "images are not resized here; do it before they become tensors, and move pixels by "
            "x.reshape(…) and x.permute(…)",
        "Fold Unfold functional.fold functional.unfold":
            "cut an image into patches by x.reshape(…) and x.permute(…), and join them likewise",
        "ReflectionPad?d ReplicationPad?d ConstantPad?d ZeroPad?d CircularPad?d constant_pad_nd":
            "nn.functional.pad(x, …) pads, in all modes",
        "Dropout?d dropout?d AlphaDropout FeatureAlphaDropout *alpha_dropout* feature_dropout*":
            "nn.Dropout drops single elements; times nn.functional.dropout(minitorch.ones(n, c, 1))"
            " drops whole channels",
        "vision torchvision transforms datasets models":
            "PyTorch has that in torchvision; take what gives NumPy arrays, and "
            "minitorch.from_numpy(…)",
        "channels_last* contiguous_format preserve_format memory_format convert_conv?d_* "
        "legacy_contiguous_format to_mkldnn is_mkldnn mkldnn_* miopen_* cudnn_*":
            "there is one layout of memory, NumPy's; leave it out",
    },
    "Norms": {
        "*BatchNorm?d SyncBatchNorm *InstanceNorm?d GroupNorm LocalResponseNorm CrossMapLRN2d "
        "batch_norm* instance_norm group_norm local_response_norm":
            "Transformers normalise each token by itself, with nn.LayerNorm or nn.RMSNorm",
        "spectral_norm weight_norm remove_spectral_norm remove_weight_norm parametrize "
        "parametrizations prune norm_except_dim fuse_*":
            "no weight is computed from others here; do it in forward(), and give the result to "
            "nn.functional.linear",
        "renorm nuclear_norm frobenius_norm": "x.norm(p, dim) has the norms of vectors",
    },
    "Recurrent networks": {
        "LSTM GRU RNN RNNBase LSTMCell GRUCell RNNCell RNNCellBase lstm gru lstm_cell gru_cell "
        "rnn_tanh* rnn_relu*":
            "there are no recurrent cells here; attention reads a sequence at once, with "
            "nn.TransformerEncoder, or write the cell with nn.Linear, and loop",
        "pack_padded_sequence pad_packed_sequence pack_sequence PackedSequence unpack_sequence "
        "utils.rnn":
            "sequences are not packed here; pad them to one length, and mask the padding",
    },
    "Layers and losses": {
        "Bilinear bilinear": "minitorch.einsum('bi,oij,bj->bo', x, weight, y) is its product",
        "EmbeddingBag embedding_bag embedding_renorm_":
            "nn.Embedding(…)(ids).mean(1) is a bag's mean",
        "AdaptiveLogSoftmaxWithLoss LinearCrossEntropyLoss linear_cross_entropy":
            "use nn.Linear, and nn.functional.cross_entropy over the whole vocabulary",
        "CTCLoss ctc_loss":
            "no alignments are summed here; train with nn.CrossEntropyLoss on aligned targets",
        "*MarginLoss *_margin_loss *MarginWithDistanceLoss *_margin_with_distance_loss "
        "HingeEmbeddingLoss hinge_embedding_loss":
            "it is a line, minitorch.relu(margin - difference).mean()",
        "GaussianNLLLoss gaussian_nll_loss PoissonNLLLoss poisson_nll_loss":
            "it is a line, the formula in your code",
        "PReLU prelu RReLU rrelu* LeakyReLU6": "nn.functional.leaky_relu(x, slope) takes a slope",
        "Hardshrink Softshrink Tanhshrink Threshold CELU hardshrink softshrink tanhshrink "
        "threshold* celu*":
            "minitorch.where(condition, x, y) writes it in a line",
        "Lazy* Uninitialized*": "layers are given their sizes when they are made",
        "Softmax2d": "nn.Softmax(1) is the same",
        "attention flex_attention sdpa_kernel SDPBackend":
            "nn.functional.scaled_dot_product_attention has one way to compute it",
        "Container CrossMapLRN2d NLLLoss2d": "PyTorch has given it up itself",
    },
    "Numbers and dtypes": {
        "complex* cfloat cdouble chalf view_as_complex* view_as_real* real imag angle conj* "
        "polar is_conj resolve_conj resolve_neg is_neg isreal Complex*":
            "there are no complex numbers here; rotate pairs of reals, (a cos t - b sin t, "
            "a sin t + b cos t), as transformer/model/rotary.py does",
        "float8* float4* uint1* uint2 uint3* uint4 uint5 uint6* uint7 int1 int2 int3 "
        "int4 int5 int6 int7 bits* bit *Storage *StorageBase":
            "minitorch has float32, float64, int64, int32, int16, int8, uint8 and bool",
        "quantiz* quantized_* qint* quint* dequantize q_* qscheme int_repr is_quantized "
        "per_tensor_* per_channel_* fake_quantize_* ao qat empty_quantized choose_qparams_* "
        "fbgemm_*":
            "nothing is quantized here; weights stay float32",
        "set_default_tensor_type": "use minitorch.set_default_dtype(…)",
        "sym_* Sym*": "sizes are numbers here",
        "minitorch.array ndarray": "use minitorch.tensor(…)",
        "Tensor.dtypes": "it is x.dtype",
    },
    "Linear algebra and spectra": {
        "linalg.* cholesky* det logdet slogdet inverse pinverse eig symeig svd* qr lu* lstsq solve "
        "triangular_solve matrix_exp matrix_power matrix_rank geqrf orgqr ormqr lobpcg "
        "chain_matmul pca_lowrank cond":
            "no matrix is decomposed here; take np.linalg.… of x.numpy(), which has no gradient",
        "cross kron tensordot addr addmv block_diag vander": "minitorch.einsum(…) has the products",
        "fft stft istft *_window signal windows fftn rfft":
            "there are no spectra here; take np.fft.… of x.numpy(), which has no gradient",
        "special": "the special functions are minitorch.erf, minitorch.expm1, minitorch.log1p and "
            "minitorch.logsumexp",
        "erfinv lgamma digamma polygamma mvlgamma igamma* i0* sinc gcd lcm ldexp frexp nextafter "
        "bitwise_left_shift bitwise_right_shift asin* acos* atan* arcsin* arccos* arctan*":
            "take np.… of x.numpy(), which has no gradient",
    },
    "Random numbers": {
        "distributions.*": "only Categorical is here; draw by minitorch.randn or minitorch.rand, "
            "and write log_prob, a line",
        "minitorch.normal poisson binomial random_ bernoulli_ exponential_ cauchy_ geometric_ "
        "log_normal_ quasirandom":
            "draw by minitorch.randn, minitorch.rand, minitorch.bernoulli or minitorch.randint, "
            "and transform",
        "fork_rng seed initial_seed default_generator thread_safe_generator seed_all":
            "minitorch.manual_seed(0) seeds, and minitorch.get_rng_state() and "
            "minitorch.set_rng_state(state) go back",
        "init.dirac* init.sparse* init.eye*": "assign the values under no_grad(), by x.copy_(…)",
        "init.constant init.normal init.uniform init.kaiming_normal init.kaiming_uniform "
        "init.xavier_normal init.xavier_uniform init.orthogonal":
            "PyTorch's own name ends in an underscore",
    },
    "Counting and order": {
        "cummax cummin kthvalue minitorch.mode Tensor.mode quantile nanquantile nanmedian "
        "nanmean median":
            "x.sort(dim) has all that depends on the order",
        "histc histogram* bucketize searchsorted unravel_index segment_reduce cov corrcoef "
        "unique_consecutive combinations":
            "take np.… of x.numpy(), which has no gradient",
        "logcumsumexp": "(x - x.max()).exp().cumsum(dim).log() + x.max() is the same",
        "scatter_reduce* index_reduce* index_copy* put put_ masked_scatter_":
            "assign, as in x[index] = y, or add, by x.scatter_add(…) or x.index_add(…)",
        "as_strided* slice_scatter select_scatter diagonal_scatter index_put*":
            "take views by x[…] or x.view(…), and assign to them, as in x[:, 1:] = y",
        "*_copy unsafe_* split_with_sizes*":
            "PyTorch uses it itself; write the name without what is added",
    },
    "Sparse and nested tensors": {
        "sparse* *sparse* *_sparse* *_csr *_csc *_bsr *_bsc *_coo coalesce is_coalesced "
        "to_dense spmm hspmm smm dsmm hsmm ?_indices* ??w_indices* ??l_indices* c??l_indices "
        "c?ow_indices saddmm dense_dim":
            "tensors are dense here; the gradient of an embedding, too",
        "nested* masked jagged strided layout to_padded_tensor is_nested":
            "tensors are rectangular here; pad the rows, and give attention a mask",
        "names rename* refine_names align_to align_as *named_tensor* Tensor.name":
            "dimensions have numbers here, and no names",
    },
    "Memory": {
        "storage* untyped_storage UntypedStorage TypedStorage *data_ptr set_ resize resize_* "
        "is_set_to is_storage":
            "x.array is the memory, a NumPy array",
        "share_memory* is_shared multiprocessing":
            "nn.DataParallel(module, processes=2) shares the memory itself",
        "pin_memory is_pinned record_stream to_empty":
            "memory is not copied to a GPU; leave it out",
        "to_dlpack from_dlpack dlpack from_file frombuffer":
            "x.numpy() and minitorch.from_numpy(array) share the memory",
        "apply_ map_ map2_": "compute with the whole tensor, or change x.array",
    },
    "Gradients": {
        "func functorch vmap vjp jvp jacrev jacfwd hessian functional_call stateless func.*":
            "write the batch as a dimension; minitorch.autograd.grad, "
            "minitorch.autograd.functional.jacobian and minitorch.autograd.functional.hessian "
            "differentiate",
        "forward_ad": "derivatives are computed backward only, by minitorch.autograd.grad(…)",
        "saved_tensors_hooks save_on_cpu":
            "minitorch.utils.checkpoint.checkpoint saves memory",
        "gradient": "np.gradient(x.numpy()) has differences; derivatives come from x.backward()",
        "register_post_accumulate_grad_hook": "x.register_hook(…) is called with the gradient",
        "reinforce": "take (-log_prob * reward).mean() as the loss",
        "detach_": "write x = x.detach()",
        "nn.grad": "derivatives come from x.backward()",
        "volatile": "use minitorch.no_grad()",
    },
    "Models": {
        "Module.share_memory": "nn.DataParallel(module, processes=2) shares the memory itself",
        "Module.register_load_state_dict_* Module.register_state_dict_* Module.set_extra_state "
        "Module.get_extra_state":
            "write state_dict() and load_state_dict() of your class instead",
        "Module.to_empty Module.ipu Module.xpu Module.mtia": "modules are on the CPU; leave it out",
        "Module.type": "module.to(dtype) converts it",
        "Module.register_backward_hook": "use module.register_full_backward_hook(…)",
        "hub model_zoo": "no weights are downloaded here; transformer/pretrained.py reads GPT-2's "
            "and BERT's from files",
        "Optimizer.register_*": "write the code before or after optimizer.step()",
        "Adadelta Adamax ASGD LBFGS NAdam RAdam Rprop SparseAdam Adafactor Muon Lion":
            "use optim.AdamW, or write an optimizer, as minitorch/optim/sgd.py does",
        "swa_utils AveragedModel SWALR":
            "average by x.mul_(0.99).add_(y, alpha=0.01) for each parameter, under no_grad()",
        "CyclicLR": "optim.lr_scheduler.LambdaLR(optimizer, f) takes any function of the step",
        "StackDataset WeightedRandomSampler SubsetRandomSampler":
            "a dataset or a sampler is a class of a few lines, with __getitem__ or __iter__",
        "data.datapipes DataPipe* IterDataPipe MapDataPipe *DataPipe functional_datapipe":
            "utils.data.Dataset reads data",
    },
    "Devices and processes": {
        "mps mtia xpu ipu xla hip vulkan metal opencl accelerator is_xpu is_mps is_xla is_ipu "
        "is_meta is_mtia is_maia is_vulkan cuda.*":
            "minitorch computes on the CPU only; ask minitorch.cuda.is_available(), which is False",
        "Stream Event": "there are no queues of work, as on a GPU; leave it out",
        "distributed DistributedSampler nn.parallel DistributedDataParallel rpc data.distributed":
            "nn.DataParallel(module, processes=2) shares each batch among processes",
        "futures fork wait monitor": "Python's concurrent.futures has them",
    },
    "Compiling, exporting, measuring": {
        "jit script trace ScriptModule ScriptFunction fx _dynamo _inductor export onnx package "
        "compiler library":
            "nothing is compiled or exported here; Python carries each operation out, and "
            "minitorch.save(model.state_dict(), file) saves weights",
        "profiler* bottleneck benchmark cpp_extension mobile_optimizer ThroughputBenchmark":
            "Python's cProfile and timeit measure it",
        "overrides *torch_function* *TorchFunction*": "subclasses of Tensor change no operation",
    },
}

# x and y are the arguments; a, b and n are numbers.
FORMULAS: dict[str, str] = {
    "absolute": "x.abs()", "negative": "-x", "positive": "x", "rsub": "y - x", "adjoint": "x.mT",
    "greater": "x > y", "greater_equal": "x >= y", "less": "x < y", "less_equal": "x <= y",
    "not_equal": "x != y", "float_power": "x.double() ** y", "ger": "minitorch.outer(x, y)",
    "vdot": "minitorch.dot(x, y)", "inner": "x @ y.T", "mH": "x.mT", "H": "x.T",
    "tan": "x.sin() / x.cos()", "erfc": "1 - x.erf()", "exp2": "2.0 ** x", "sgn": "x.sign()",
    "sinh": "(x.exp() - (-x).exp()) / 2", "cosh": "(x.exp() + (-x).exp()) / 2",
    "asinh": "(x + (x * x + 1).sqrt()).log()", "acosh": "(x + (x * x - 1).sqrt()).log()",
    "atanh": "(x.log1p() - (-x).log1p()) / 2", "logit": "x.log() - (-x).log1p()",
    "heaviside": "minitorch.where(x == 0, y, (x > 0).float())",
    "hypot": "(x * x + y * y).sqrt()", "copysign": "x.abs() * y.sign()", "signbit": "x < 0",
    "isposinf": "x.isinf() & (x > 0)", "isneginf": "x.isinf() & (x < 0)",
    "deg2rad": "x * (math.pi / 180)", "rad2deg": "x * (180 / math.pi)", "xlogy": "x * y.log()",
    "logaddexp": "minitorch.stack([x, y]).logsumexp(0)", "fmax": "minitorch.maximum(x, y)",
    "fmin": "minitorch.minimum(x, y)", "dist": "(x - y).norm()",
    "cdist": "(x[:, None] - y).norm(dim=-1)", "pdist": "(x[:, None] - x).norm(dim=-1)",
    "moveaxis": "x.movedim(a, b)", "swapdims": "x.transpose(a, b)", "rot90": "x.mT.flip(-2)",
    "fliplr": "x.flip(1)", "flipud": "x.flip(0)", "msort": "x.sort(0).values",
    "take": "x.flatten()[y]", "argwhere": "x.nonzero()", "is_nonzero": "bool(x)",
    "count_nonzero": "(x != 0).sum()", "aminmax": "x.amin(), x.amax()",
    "std_mean": "x.std(), x.mean()", "var_mean": "x.var(), x.mean()",
    "diff": "x[..., 1:] - x[..., :-1]", "nansum": "x.masked_fill(x.isnan(), 0).sum()",
    "isin": "(x[..., None] == y).any(-1)", "bincount": "nn.functional.one_hot(x).sum(0)",
    "trapezoid": "((x[1:] + x[:-1]) / 2).sum()", "logspace": "10 ** minitorch.linspace(a, b, n)",
    "range": "minitorch.arange(a, b + 1)", "scalar_tensor": "minitorch.tensor(a)",
    "fill": "minitorch.full_like(x, a)", "nbytes": "x.array.nbytes",
    "itemsize": "x.element_size()", "astype": "x.to(dtype)", "copy": "x.clone()",
    "expand_dims": "x.unsqueeze(a)", "typename": "type(x).__name__",
}

ARGUMENTS: dict[str, str] = {
    "size_average reduce": "reduction='mean', 'sum' or 'none' says it",
    "max_norm norm_type":
        "no vector is shortened here; weight.div_(weight.norm(dim=-1, keepdim=True).clamp(1)) does "
        "it, under no_grad()",
    "scale_grad_by_freq": "each gradient counts once for each time its token stands there",
    "sparse": "gradients are dense here; leave it out",
    "device_ids output_device":
        "there are no GPUs; DataParallel(module, processes=2) computes in two processes",
}


def _row(name: str, places: Collection[str], table: dict[str, str], anywhere: bool) -> str | None:
    for names, reason in table.items():
        for pattern in names.split():
            place, _, pattern = pattern.rpartition(".")
            if fnmatchcase(name, pattern) and (place in places or (not place and anywhere)):
                return reason
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
    for table in INSTEAD.values():
        if reason := _row(name, places, table, anywhere):
            return reason
    return None


def of_argument(name: str, classes: Collection[str]) -> str | None:
    """Return half a sentence about what to do without an argument of PyTorch's."""
    return _row(name, classes, ARGUMENTS, anywhere=True)
