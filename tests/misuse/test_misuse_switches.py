"""Names without effect held wrong, and GPUs, compilers and processes that are not there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from misuse import Misuse, check

import minitorch as mt
from minitorch import nn
from minitorch._compat import summaries
from minitorch.autograd import Variable
from minitorch.nn.attention import sdpa_kernel

NO_GPU = "there is no GPU, as minitorch computes on the CPU only. Ask cuda.is_available"


def image(order: str, *shape: int) -> Any:
    return summaries.image(mt.ones(*shape), order)


# fmt: off
MISUSES = [
    # switches
    Misuse("inference_mode of a number", lambda: mt.inference_mode(1), TypeError, r"'mode' must be bool, not int"),
    Misuse("a precision that there is not", lambda: mt.set_float32_matmul_precision("low"), ValueError, r"must be 'highest', 'high' or 'medium', not 'low'"),
    Misuse("deterministic algorithms by a number", lambda: mt.use_deterministic_algorithms(1), TypeError, r"'mode' must be bool, not int"),
    Misuse("warn_only that is a str", lambda: mt.use_deterministic_algorithms(True, warn_only="yes"), TypeError, r"'warn_only' must be bool, not str"),
    Misuse("no threads between operations", lambda: mt.set_num_interop_threads(0), ValueError, r"'num' must be at least 1, not 0"),
    Misuse("flushing by a number", lambda: mt.set_flush_denormal(1), TypeError, r"'mode' must be bool, not int"),
    Misuse("a default device that is a GPU", lambda: mt.set_default_device("cuda"), RuntimeError, r"minitorch computes on the CPU only"),
    Misuse("a kernel of attention switched by a str", lambda: mt.backends.cuda.enable_flash_sdp("no"), TypeError, r"enable_flash_sdp.*'enabled' must be bool, not str"),
    Misuse("a kernel of attention by its name", lambda: sdpa_kernel("math"), TypeError, r"must be of SDPBackend, not 'math'"),
    # compilers
    Misuse("compiling a number", lambda: mt.compile(3), TypeError, r"compile: it takes a function or a module, not a int"),
    Misuse("a compiler's mode that there is not", lambda: mt.compile(abs, mode="fast"), RuntimeError, r"unrecognized mode='fast', should be one of"),
    Misuse("scripting a str", lambda: mt.jit.script("f"), TypeError, r"jit\.script: it takes a function or a module, not a str"),
    Misuse("tracing a tensor", lambda: mt.jit.trace(mt.ones(2)), TypeError, r"jit\.trace: it takes a function or a module, not a Tensor"),
    # mixed precision
    Misuse("autocast on no device", lambda: mt.autocast("gpu"), RuntimeError, r"device_type must be one of cpu, cuda.*not 'gpu'"),
    Misuse("autocast on a device", lambda: mt.autocast(mt.device("cpu")), ValueError, r"device_type must be a str such as 'cpu', not device"),
    Misuse("autocast to a str", lambda: mt.autocast("cuda", "float16"), TypeError, r"dtype must be a dtype such as bfloat16, not 'float16'"),
    Misuse("cuda.amp.autocast to a number", lambda: mt.cuda.amp.autocast(dtype=16), TypeError, r"dtype must be a dtype such as bfloat16, not 16"),
    # GPUs and processes
    Misuse("the present GPU", lambda: mt.cuda.current_device(), RuntimeError, NO_GPU),
    Misuse("choosing a GPU", lambda: mt.cuda.set_device(0), RuntimeError, NO_GPU),
    Misuse("the name of a GPU", lambda: mt.cuda.get_device_name(0), RuntimeError, NO_GPU),
    Misuse("an event of a GPU", lambda: mt.cuda.Event(enable_timing=True), RuntimeError, NO_GPU),
    Misuse("a GPU's seed that is a str", lambda: mt.cuda.manual_seed("a"), TypeError, r"'seed' must be int, not str"),
    Misuse("GPUs' seed that is a float", lambda: mt.cuda.manual_seed_all(1.5), TypeError, r"'seed' must be int, not float"),
    Misuse("a tensor moved to the CPU by cuda", lambda: mt.ones(2).cuda("cpu"), RuntimeError, r"the device must be a GPU such as 'cuda:0', not 'cpu'"),
    Misuse("a module moved to a device by cuda", lambda: nn.Linear(1, 1).cuda(mt.device("cpu")), RuntimeError, r"the device must be a GPU such as 'cuda:0', not device"),
    Misuse("a tensor moved to a GPU", lambda: mt.ones(2).to("cuda"), RuntimeError, r"minitorch computes on the CPU only"),
    Misuse("a group of GPUs", lambda: mt.distributed.init_process_group("nccl"), ValueError, "the only backend is 'mpi', not 'nccl'. Start the processes with  mpiexec"),
    Misuse("a module of a group that is not there", lambda: mt.nn.parallel.DistributedDataParallel(nn.Linear(1, 1)), ValueError, "please make sure to call init_process_group"),
    # Variable
    Misuse("a Variable of a list", lambda: Variable([1.0]), TypeError, r"'data' must be a Tensor, not list"),
    Misuse("a Variable of integers with a gradient", lambda: Variable(mt.arange(2), requires_grad=True), RuntimeError, r"floating point"),
    # modules that are not here
    Misuse("an import of spectra", lambda: import_module("minitorch.fft"), ModuleNotFoundError, r"'minitorch' has no attribute 'fft'"),
    # what TensorBoard shows
    Misuse("a curve of a str", lambda: summaries.number("add_scalar", "1"), TypeError, r"add_scalar: it takes a tensor, an array or a number, not '1'"),
    Misuse("a curve of two numbers", lambda: summaries.number("add_scalar", mt.ones(2)), ValueError, r"it takes one number, not an array of shape \(2,\)"),
    Misuse("a histogram of nothing", lambda: summaries.histogram(mt.ones(0), 3, None), ValueError, r"there are no values to count"),
    Misuse("a histogram of a str", lambda: summaries.histogram("1", 3, None), TypeError, r"add_histogram: it takes a tensor"),
    Misuse("a histogram elsewhere", lambda: summaries.histogram(mt.ones(2), [2, 3], None), ValueError, r"no value lies between the edges"),
    Misuse("an image without channels", lambda: image("CHW", 2, 2), ValueError, r"an image of shape \(2, 2\) does not have the dims 'CHW'"),
    Misuse("an image of two channels", lambda: image("CHW", 2, 2, 2), ValueError, r"1, 3 or 4 channels: \(2, 2, 2\)"),
    Misuse("an image without pixels", lambda: image("CHW", 3, 0, 2), ValueError, r"an image has pixels"),
    Misuse("an image in an unknown order", lambda: image("XY", 2, 2), ValueError, r"must be like 'CHW' or 'NCHW', not 'XY'"),
    Misuse("a hyperparameter that is a list", lambda: summaries.hyperparameter("sizes", [1, 2]), ValueError, r"add_hparams: sizes: it takes one number"),
    Misuse("a hyperparameter that is an object", lambda: summaries.hyperparameter("f", abs), TypeError, r"add_hparams: f: it takes"),
]
# fmt: on


@pytest.mark.parametrize("misuse", MISUSES, ids=lambda misuse: misuse.what)
def test_says_what_is_wrong(misuse: Misuse) -> None:
    check(misuse)
