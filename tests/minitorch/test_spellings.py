"""What PyTorch takes by several names, and its options that only say how."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import minitorch as mt
from minitorch import nn
from minitorch.nn import functional as F


def test_axis_is_dim_and_keepdims_is_keepdim() -> None:
    x: Any = mt.arange(6.0).reshape(2, 3)
    assert x.sum(axis=0, keepdims=True).tolist() == [[3, 5, 7]]
    assert mt.mean(x, axis=(0, 1)).item() == 2.5
    assert x.max(axis=1).indices.tolist() == [2, 2]
    assert mt.cat([x, x], axis=1).shape == (2, 6)
    assert mt.softmax(x, axis=0).sum(axis=0).tolist() == pytest.approx([1, 1, 1])
    assert x.clone().index_fill_(axis=0, index=mt.tensor([1]), value=9).sum().item() == 30
    assert x.size(axis=1) == 3


def test_two_names_for_one_argument_are_refused() -> None:
    x: Any = mt.ones(2, 3)
    with pytest.raises(TypeError, match=r"sum\(\) got both dim= and axis=, which mean the same"):
        x.sum(dim=0, axis=0)
    with pytest.raises(TypeError, match="got both keepdim= and keepdims="):
        mt.mean(x, 0, keepdim=True, keepdims=True)
    with pytest.raises(TypeError, match="multiple values for argument 'dim'"):
        x.sum(0, axis=0)


def test_axis_is_refused_where_pytorch_refuses_it() -> None:
    x: Any = mt.ones(2, 3)
    calls: list[Any] = [
        lambda: F.softmax(x, axis=0), lambda: x.split(1, axis=0), lambda: mt.norm(x, axis=0),
        lambda: x.relu(axis=0),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
            call()


def test_the_argument_of_split_has_two_names() -> None:
    x: Any = mt.arange(6)
    assert [y.tolist() for y in x.split(split_size=4, dim=0)] == [[0, 1, 2, 3], [4, 5]]
    assert mt.split(x, split_size_or_sections=[1, 5])[0].tolist() == [0]
    for call in (lambda: x.split(split_size_or_sections=2), lambda: mt.split(x, split_size=2)):
        with pytest.raises(TypeError, match="got an unexpected keyword argument"):
            call()


def test_the_function_and_the_method_stay_one_thing() -> None:
    assert mt.sum is mt.Tensor.sum
    assert mt.sum.__name__ == "sum"
    assert mt.sum.__doc__ == mt.ops.sum.__doc__


# ------------------------------------------------------------------------------------ inplace


IN_PLACE: dict[str, Any] = {
    "relu": F.relu, "silu": F.silu, "leaky_relu": F.leaky_relu, "elu": F.elu, "selu": F.selu,
    "mish": F.mish, "relu6": F.relu6, "hardtanh": F.hardtanh,
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_inplace_changes_the_input_and_the_gradient_is_the_same(name: str) -> None:
    function, values = IN_PLACE[name], [-2.0, -0.5, 0.3, 7.0]
    gradients = []
    for inplace in (False, True):
        leaf = mt.tensor(values, requires_grad=True)
        x = leaf * 1.5
        y = function(x, inplace=inplace)
        assert (y is x) == inplace
        (y * y).sum().backward()
        gradients.append(leaf.grad)
    assert gradients[0].equal(gradients[1])
    plain = mt.tensor(values)
    assert function(plain, inplace=True) is plain
    assert plain.equal(function(mt.tensor(values)))


def test_inplace_is_the_last_argument() -> None:
    x = mt.tensor([-2.0, 3.0])
    assert F.leaky_relu(x, 0.5, True) is x
    assert x.tolist() == [-1, 3]
    assert F.hardtanh(x, -2.0, 2.0, True) is F.relu(x, True) is x
    assert x.tolist() == [0, 2]
    assert F.relu(input=x, inplace=False) is not x


def test_dropout_in_place() -> None:
    leaf = mt.ones(1000, requires_grad=True)
    x = leaf * 1
    assert F.dropout(x, 0.5, True, True) is x
    assert set(x.tolist()) == {0.0, 2.0}
    x.sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.equal(x.detach())
    for p, training in ((0.5, False), (0.0, True)):  # nothing changes, not even a leaf
        assert F.dropout(leaf, p, training, inplace=True) is leaf
    layer = nn.Dropout(0.5, inplace=True)
    y = mt.ones(9)
    assert layer(y) is y
    assert layer.eval()(y) is y
    assert repr(layer) == "Dropout(p=0.5, inplace=True)"


def test_a_leaf_is_not_changed_in_place() -> None:
    leaf = mt.ones(2, requires_grad=True)
    for function in (F.relu, F.silu, F.dropout):
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            function(leaf, inplace=True)
    assert leaf.tolist() == [1, 1]
    with mt.no_grad():
        assert F.relu(leaf, inplace=True) is leaf
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type"):
        F.silu(mt.tensor([1]), inplace=True)
    with pytest.raises(TypeError, match="argument 'inplace' must be bool, not int"):
        F.relu(leaf, inplace=1)  # type: ignore[arg-type]


def test_modules_pass_inplace_on_and_print_it() -> None:
    for module, text in ((nn.ReLU(True), "ReLU"), (nn.SiLU(inplace=True), "SiLU")):
        x = mt.tensor([-1.0, 2.0])
        assert module(x) is x
        assert repr(module) == f"{text}(inplace=True)"
    assert repr(nn.ReLU()) == "ReLU()"
    x = mt.tensor([-1.0, 2.0])
    assert nn.ReLU()(x) is not x
    with pytest.raises(TypeError, match=r"ReLU\(\): argument 'inplace' must be bool"):
        nn.ReLU("yes")  # type: ignore[arg-type]


def test_activations_with_an_underscore_are_in_place() -> None:
    x = mt.tensor([-2.0, 3.0])
    assert F.leaky_relu_(x, 0.5) is F.relu_(x) is x
    assert x.tolist() == [0, 3]


# ------------------------------------------------------------ options of optimizers and makers


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_options_that_say_how_have_no_effect_and_leave_no_trace(name: str) -> None:
    make: Any = getattr(mt.optim, name)
    states = []
    for options in ({}, {"foreach": True, "differentiable": False}, {"foreach": None}):
        p = mt.tensor([1.0, -2.0], requires_grad=True)
        optimizer = make([p], lr=0.1, **options)
        p.grad = mt.tensor([0.5, 3.0])
        optimizer.step()
        state = optimizer.state_dict()
        states.append((p.tolist(), state["param_groups"], list(optimizer.state[p])))
    assert states[0] == states[1] == states[2]


def test_options_that_say_how_are_checked() -> None:
    p: Any = [mt.ones(1, requires_grad=True)]
    assert mt.optim.AdamW(p, fused=True, capturable=True).defaults["lr"] == 1e-3
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        mt.optim.AdamW(p, fused=True, foreach=True)
    with pytest.raises(RuntimeError, match="differentiable=True asks for gradients through step"):
        mt.optim.SGD(p, differentiable=True)
    with pytest.raises(TypeError, match=r"Adam\(\): argument 'fused' must be bool, not str"):
        mt.optim.Adam(p, fused="yes")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'fused'"):
        mt.optim.RMSprop(p, fused=False)  # type: ignore[call-arg]


def test_a_size_may_be_given_by_name() -> None:
    makers: list[Any] = [mt.zeros, mt.ones, mt.empty, mt.rand, mt.randn]
    for make in makers:
        assert make(size=(2, 3)).shape == make(2, 3).shape == (2, 3)
        assert make(size=()).shape == ()
        assert make(size=[4], dtype=mt.float64).dtype is mt.float64
        with pytest.raises(TypeError, match=r"the size is given twice, as \(2,\) and as size=\(2,"):
            make(2, size=(2,))
    assert mt.full(size=(2,), fill_value=3).tolist() == [3, 3]
    assert mt.randint(low=1, high=2, size=(3,)).tolist() == [1, 1, 1]
    assert mt.randint(high=1, size=(3,)).tolist() == [0, 0, 0]
    assert mt.randint_like(mt.ones(2), high=1).tolist() == [0, 0]
    assert mt.zeros(2).new_ones(size=(2, 1)).shape == (2, 1)
    with pytest.raises(TypeError, match=r"zeros\(\) got an unexpected keyword argument 'shape'"):
        mt.zeros(shape=(2,))


def test_to_takes_options_in_pytorchs_order() -> None:
    x = mt.ones(2)
    assert x.to("cpu", non_blocking=True) is x.to("cpu", mt.float32, True) is x
    for y in (x.to("cpu", copy=True), x.to(mt.float32, False, True), x.to(x, True, True)):
        assert y is not x
        assert y.equal(x)
    with pytest.raises(TypeError, match="unexpected keyword argument 'layout'"):
        x.to("cpu", layout=None)  # type: ignore[call-arg]


# ------------------------------------------------------------- the old constructors and types


def test_the_old_constructor_takes_data_or_sizes() -> None:
    T: Any = mt.Tensor
    for data in ([1, 2], (1, 2), range(1, 3), np.array([1, 2]), mt.tensor([1.0, 2.0])):
        assert T(data).dtype is mt.float32
        assert T(data).tolist() == [1, 2]
    assert T(mt.tensor([1])).dtype is mt.int64  # of a tensor, it keeps the dtype
    assert T(2, 3).shape == T(mt.ones(2, 3).size()).shape == (2, 3)
    assert T().shape == (0,)
    assert T([[1], [2]], device="cpu").shape == (2, 1)
    assert mt.ones(1).long().new([1.0, 2]).dtype is mt.int64
    assert mt.nn.Parameter(T(2)).requires_grad
    for wrong in (2.5, "a", None):
        with pytest.raises(TypeError, match="it takes a list, an array, a tensor or sizes"):
            T(wrong)


def test_types_make_tensors_and_are_asked_for_by_isinstance() -> None:
    types: dict[str, mt.dtype] = {
        "FloatTensor": mt.float32, "DoubleTensor": mt.float64, "LongTensor": mt.int64,
        "IntTensor": mt.int32, "ShortTensor": mt.int16, "CharTensor": mt.int8,
        "ByteTensor": mt.uint8, "BoolTensor": mt.bool,
    }  # fmt: skip
    for name, dtype in types.items():
        kind: Any = getattr(mt, name)
        x = kind([1, 0, 1], device="cpu")
        assert x.dtype is kind(2, 3).dtype is kind(x.size()).dtype is dtype
        assert kind(2, 3).shape == (2, 3)
        assert repr(kind) == x.type() == f"minitorch.{name}"
        for other in types:
            assert isinstance(x, getattr(mt, other)) == (other == name)
            for called in (f"torch.{other}", f"minitorch.{other}", getattr(mt, other)):
                assert x.type(called).dtype is types[other]
    assert isinstance(nn.Parameter(mt.ones(1)), (mt.LongTensor, mt.FloatTensor))  # type: ignore[arg-type]
    assert not isinstance(1.0, mt.FloatTensor)  # type: ignore[arg-type]


def test_types_that_are_not_here() -> None:
    x: Any = mt.ones(2)
    cuda: Any = mt.cuda
    assert not isinstance(x, cuda.FloatTensor)
    with pytest.raises(RuntimeError, match=r"cuda\.FloatTensor: there is no GPU"):
        cuda.FloatTensor([1.0])
    with pytest.raises(RuntimeError, match="CPU only"):
        x.type("torch.cuda.FloatTensor")
    with pytest.raises(RuntimeError, match="CPU only"):
        mt.LongTensor([1], device="cuda")
    with pytest.raises(ValueError, match="invalid type 'LongTensor'"):
        x.type("LongTensor")
    with pytest.raises(TypeError, match=r"LongTensor: the tensor is of minitorch\.float32"):
        mt.LongTensor(x)
    for half in (mt.HalfTensor, mt.BFloat16Tensor):
        assert not isinstance(x, half)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="use float32"):
            half([1.0])


def test_the_default_type_sets_the_default_dtype() -> None:
    try:
        for kind in (mt.DoubleTensor, "torch.DoubleTensor", mt.float64):
            mt.set_default_tensor_type(mt.FloatTensor)
            mt.set_default_tensor_type(kind)
            assert mt.zeros(1).dtype is mt.float64
    finally:
        mt.set_default_dtype(mt.float32)


def test_a_module_takes_a_type_as_a_tensor_does() -> None:
    for kind in (mt.DoubleTensor, "torch.DoubleTensor", mt.float64):
        assert nn.Linear(1, 1).type(kind).weight.dtype is mt.float64
    with pytest.raises(ValueError, match="invalid type 'cpu'"):
        nn.Linear(1, 1).type("cpu")


# ----------------------------------------------------------------------------- free attributes


def test_tensors_take_attributes_which_belong_to_the_object() -> None:
    leaves: list[Any] = [mt.ones(2, requires_grad=True), nn.Parameter(mt.ones(2))]
    for x in leaves:
        x.no_decay, x.tags = True, ["a"]
        assert vars(x) == {"no_decay": True, "tags": ["a"]}
        assert copy.copy(x).no_decay
        twin = copy.deepcopy(x)
        assert twin.tags == ["a"]
        assert twin.tags is not x.tags
        for result in (x * 1, x.detach(), x.data, x.clone(), x[:1]):
            assert vars(result) == {}
            with pytest.raises(AttributeError, match="no_decay"):
                _ = result.no_decay
        del x.no_decay
        assert not hasattr(x, "no_decay")
    layer: Any = nn.Linear(2, 2)
    layer.weight.no_decay = True
    assert copy.deepcopy(layer).weight.no_decay
    assert layer.double().weight.no_decay
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_require_grad_warns() -> None:
    p: Any = nn.Parameter(mt.ones(2))
    with pytest.raises(AttributeError, match="it is requires_grad"):
        _ = p.require_grad
    assert not hasattr(p, "require_grad")
    with pytest.warns(UserWarning, match="require_grad has no effect.* requires_grad") as warned:
        p.require_grad = False
    assert warned[0].filename == __file__
    assert p.requires_grad
    assert p.require_grad is False


def test_memory_is_asked_about() -> None:
    x = mt.zeros(4, 2)
    assert (x.T.stride(), x.T.stride(0), x.T.stride(-1)) == ((1, 2), 1, 2)
    assert x.data_ptr() == x[:2].data_ptr() == x.detach().data_ptr() == x.t().data_ptr()
    assert x[1:].data_ptr() == x.data_ptr() + 8
    assert x.clone().data_ptr() != x.data_ptr()
    assert mt.zeros(0).data_ptr() == 0
    assert (x.itemsize, x.nbytes, x.is_sparse) == (4, 32, False)


def test_where_of_a_condition_alone_gives_indices() -> None:
    x = mt.tensor([[0.0, 2.0], [3.0, 0.0]])
    rows, columns = mt.where(x > 0)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [1, 0])
    assert x[mt.where(x > 0)].tolist() == [2, 3]
    assert [i.tolist() for i in mt.where(mt.tensor(True))] == [[0]]
    assert mt.where(condition=x > 0, input=1.0, other=x).tolist() == [[0, 1], [1, 0]]
    with pytest.raises(TypeError):
        mt.where(x > 0, x)  # type: ignore[call-overload]


def test_formats_of_memory_have_no_effect() -> None:
    x: Any = mt.ones(2, 3).T
    for make in (mt.zeros_like, mt.ones_like, mt.empty_like, mt.rand_like, mt.clone):
        assert make(x, memory_format=mt.preserve_format).shape == (3, 2)
    assert x.contiguous(memory_format=mt.contiguous_format).is_contiguous()
    assert not x.is_contiguous(memory_format=mt.contiguous_format)
    assert x.to(mt.float64, memory_format=mt.preserve_format).dtype is mt.float64
    assert repr(mt.preserve_format) == "minitorch.preserve_format"
    with pytest.raises(TypeError, match="preserve_format or contiguous_format, not 'last'"):
        mt.zeros_like(x, memory_format="last")


def test_an_embedding_takes_pytorchs_options_at_their_defaults() -> None:
    table: Any = nn.Embedding(4, 2, None, None, 2.0, False, True)
    assert (table.max_norm, table.norm_type, table.scale_grad_by_freq) == (None, 2.0, False)
    ids, weight = mt.tensor([1, 3]), table.weight
    given = (table.padding_idx, table.max_norm, table.norm_type, False, table.sparse)
    assert mt.equal(F.embedding(ids, weight, *given), weight[ids])
    refused: dict[str, Any] = {"max_norm": 1.0, "scale_grad_by_freq": True}
    for option, value in refused.items():
        with pytest.raises(NotImplementedError, match=f"no {option}= here. Leave it out"):
            F.embedding(ids, weight, **{option: value})
        with pytest.raises(NotImplementedError, match=f"no {option}= here"):
            nn.Embedding(4, 2, **{option: value})


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x, y: x.add_(0.5, y), 3.5),
        (lambda x, y: x.sub_(2, y), -4.0),
        (lambda x, y: x.addcmul_(0.5, y, y), 6.5),
        (lambda x, y: x.addcdiv_(-1.0, y, y), 1.0),
    ],
)
def test_the_order_of_old_optimizers_is_taken_with_a_warning(call: Any, expected: float) -> None:
    x, y = mt.full((2,), 2.0), mt.full((2,), 3.0)
    with pytest.warns(UserWarning, match=r"is deprecated: write \w+_\(tensor, (alpha|value)="):
        assert call(x, y) is x
    assert x.tolist() == [expected] * 2
    with pytest.raises(TypeError), pytest.warns(UserWarning, match="is deprecated"):
        x.add_(1.0, y, y)  # type: ignore[call-arg]
    with pytest.raises(TypeError), pytest.warns(UserWarning, match="is deprecated"):
        x.add_(1.0, y, alpha=2)  # type: ignore[misc]


@pytest.mark.parametrize(("shape", "dim"), [((), 0), ((3,), 0), ((2, 3), 1), ((2, 3, 4), 0)])
def test_softmax_chooses_a_dimension_as_pytorch_does(shape: Any, dim: int) -> None:
    x = mt.randn(*shape) if shape else mt.tensor(1.0)
    pairs: Any = [
        (F.softmax, nn.Softmax), (F.log_softmax, nn.LogSoftmax), (F.softmin, nn.Softmin)
    ]  # fmt: skip
    for f, module in pairs:
        expected = f(x, dim).tolist()
        for call in (f, module()):
            with pytest.warns(UserWarning, match=rf"no dim is given, and it is {dim}"):
                assert call(x).tolist() == expected


# ---------------------------------------------------------------------------------- before 2018


LOSSES: dict[str, Any] = {
    "l1_loss": nn.L1Loss, "mse_loss": nn.MSELoss, "smooth_l1_loss": nn.SmoothL1Loss,
    "kl_div": nn.KLDivLoss, "binary_cross_entropy": nn.BCELoss,
    "binary_cross_entropy_with_logits": nn.BCEWithLogitsLoss, "cross_entropy": nn.CrossEntropyLoss,
}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "reduction"),
    [
        ({"size_average": False}, "sum"),
        ({"size_average": True}, "mean"),
        ({"reduce": False}, "none"),
        ({"reduce": True}, "mean"),
        ({"size_average": False, "reduce": True}, "sum"),
        ({"size_average": True, "reduce": False}, "none"),
        ({"size_average": False, "reduction": "none"}, "sum"),
    ],
)
@pytest.mark.parametrize("name", LOSSES)
def test_size_average_and_reduce_are_a_reduction(
    name: str, options: dict[str, Any], reduction: str
) -> None:
    function, module = getattr(F, name), LOSSES[name]
    x, y = mt.tensor([[0.25, 0.5]]), mt.tensor([[0.75, 0.125]])
    expected = function(x, y, reduction=reduction).tolist()
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead"):
        assert function(x, y, **options).tolist() == expected
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead"):
        loss = module(**options)
    assert loss(x, y).tolist() == expected
    assert function(x, y, size_average=None, reduce=None).tolist() == function(x, y).tolist()


def test_a_loss_that_never_had_size_average_does_not_take_it() -> None:
    x, huber, loss = mt.ones(1), F.huber_loss, nn.HuberLoss
    calls: list[Any] = [lambda: loss(size_average=True), lambda: huber(x, x, reduce=False)]
    for call in calls:
        with pytest.raises(TypeError, match="got an unexpected keyword argument"):
            call()


def test_a_volatile_variable_is_a_variable() -> None:
    with pytest.warns(UserWarning, match="volatile was removed"):
        x = mt.autograd.Variable(mt.ones(2), volatile=True)
    assert x.tolist() == [1, 1]
    assert not x.requires_grad
