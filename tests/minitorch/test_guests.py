"""Modules that only code written for PyTorch imports: found without a file, or explained."""

from __future__ import annotations

import importlib.util
import pkgutil
import pydoc
from importlib import import_module

import pytest

import minitorch as mt
from minitorch._compat import guests, missing

MODULES = [f"minitorch.{name}" for name in guests.MODULES]
IMPORTS = """
from minitorch import Tensor, device, dtype, inf, nn, optim, pi
from minitorch.amp import GradScaler, autocast
from minitorch.amp.grad_scaler import GradScaler
from minitorch.autograd import Function, Variable, grad
from minitorch.autograd.function import Function
from minitorch.autograd.variable import Variable
import minitorch.backends.cudnn as cudnn
from minitorch.cuda.amp import GradScaler, autocast
from minitorch.cuda.amp.autocast_mode import autocast
import minitorch.distributed as dist
from minitorch.distributed import destroy_process_group, init_process_group
import minitorch._dynamo
import minitorch._inductor.config as config
import minitorch.jit
import minitorch.nn.functional as F
from minitorch.nn import functional as F
from minitorch.nn.attention import SDPBackend, sdpa_kernel
from minitorch.nn.init import constant_, xavier_uniform_
from minitorch.nn.modules import Linear, Module
from minitorch.nn.modules.activation import ReLU
from minitorch.nn.modules.container import ModuleList
from minitorch.nn.modules.linear import Linear
from minitorch.nn.modules.loss import CrossEntropyLoss
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.normalization import LayerNorm
from minitorch.nn.modules.transformer import _get_activation_fn, _get_clones
from minitorch.nn.parallel import DataParallel, DistributedDataParallel as DDP
from minitorch.nn.parameter import Parameter
from minitorch.nn.utils import clip_grad_norm_
from minitorch.nn.utils.clip_grad import clip_grad_norm_
from minitorch.nn.utils.rnn import pad_sequence
from minitorch.optim import AdamW, lr_scheduler
from minitorch.optim.adam import Adam
from minitorch.optim.adamw import AdamW
import minitorch.optim.lr_scheduler as lr_scheduler
from minitorch.optim.lr_scheduler import _LRScheduler, LambdaLR, LRScheduler
from minitorch.optim.optimizer import Optimizer
from minitorch.optim.sgd import SGD
from minitorch.utils import data
from minitorch.utils.checkpoint import checkpoint
import minitorch.utils.data as data
from minitorch.utils.data.dataloader import DataLoader, default_collate
from minitorch.utils.data.dataset import Dataset, random_split
from minitorch.utils.data.distributed import DistributedSampler
from minitorch.utils.data.sampler import RandomSampler, Sampler
from minitorch.utils.tensorboard import SummaryWriter
from minitorch.utils.tensorboard.writer import SummaryWriter
"""


@pytest.mark.parametrize("name", MODULES)
def test_a_guests_module_is_imported_and_reached_as_an_attribute(name: str) -> None:
    module = import_module(name)
    assert module.__name__ == name
    assert module.__doc__
    owner, _, child = name.rpartition(".")
    assert getattr(import_module(owner), child) is module
    for public in module.__all__:
        assert hasattr(module, public)
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.name == name


@pytest.mark.parametrize("statement", IMPORTS.strip().splitlines())
def test_what_guests_import_is_there(statement: str) -> None:
    exec(statement)


@pytest.mark.parametrize("file", ["batchnorm", "conv", "pooling", "rnn"])
def test_a_file_of_modules_that_are_not_here_says_what_to_use(file: str) -> None:
    name = {"batchnorm": "BatchNorm1d", "conv": "Conv2d", "pooling": "MaxPool2d", "rnn": "LSTM"}[
        file
    ]
    with pytest.raises(ImportError) as error:
        exec(f"from minitorch.nn.modules.{file} import {name}")
    sentence = missing.message("minitorch.nn", name, mt.nn.__all__).partition(": ")[2]
    assert str(error.value).endswith(f"'{name}': {sentence}")


@pytest.mark.parametrize(
    "statement",
    [
        "import minitorch.fft",
        "import minitorch.fft as fft",
        "import minitorch.fft.helper",
        "from minitorch import fft",
        "from minitorch.fft import rfft",
    ],
)
def test_an_import_that_finds_nothing_says_what_an_attribute_would(statement: str) -> None:
    with pytest.raises(AttributeError) as sentence:
        mt.fft  # noqa: B018
    with pytest.raises(ModuleNotFoundError) as error:
        exec(statement)
    assert str(error.value) == str(sentence.value)


@pytest.mark.parametrize(
    "owner",
    [
        "minitorch.autograd",
        "minitorch.cuda",
        "minitorch.nn",
        "minitorch.nn.functional",
        "minitorch.nn.init",
        "minitorch.nn.utils",
        "minitorch.optim",
        "minitorch.optim.lr_scheduler",
        "minitorch.testing",
        "minitorch.utils",
        "minitorch.utils.data",
    ],
)
def test_each_module_explains_a_name_that_it_lacks(owner: str) -> None:
    module = import_module(owner)
    assert not hasattr(module, "conv2d")
    with pytest.raises(AttributeError) as sentence:
        module.conv2d  # noqa: B018
    assert str(sentence.value).startswith(f"module {owner!r} has no attribute 'conv2d': ")
    with pytest.raises(ImportError) as error:
        exec(f"from {owner} import conv2d")
    assert str(error.value) == str(sentence.value)


def test_python_finds_by_their_paths_what_is_no_module() -> None:
    assert pydoc.locate("minitorch.nn.Linear") is mt.nn.Linear
    assert pkgutil.resolve_name("minitorch.nn.Linear") is mt.nn.Linear
    assert pkgutil.resolve_name("minitorch.cuda.is_available") is mt.cuda.is_available
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'minitorch.nn.Linear'"):
        import_module("minitorch.nn.Linear")


def test_what_python_itself_asks_for_is_left_to_python() -> None:
    assert importlib.util.find_spec("minitorch.__main__") is None
    assert importlib.util.find_spec("minitorch._private") is None
    assert importlib.util.find_spec("minitorch_other") is None
    assert guests.Finder.find_spec("numpy.fft") is None


def test_the_finder_is_asked_last() -> None:
    assert importlib.util.find_spec("minitorch.nn.layers").origin == mt.nn.layers.__file__
    files = {module.name for module in pkgutil.walk_packages(mt.__path__, "minitorch.")}
    assert "minitorch.nn.layers" in files
    assert not files & set(MODULES)
