"""The losses as modules: `functional` explains each."""

from __future__ import annotations

from .._compat.spellings import take_size_average
from ..scalars import number
from ..tensor import Tensor
from . import functional as F
from .module import Module


class CrossEntropyLoss(Module):
    """Cross-entropy of logits: -ln p(target). See `functional.cross_entropy`.

    The weight is a buffer.
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index, self.reduction = ignore_index, reduction
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits against class indices or probabilities."""
        return F.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class NLLLoss(Module):
    """Negative log-likelihood, of log-probabilities: -ln p(target). See `functional.nll_loss`.

    The weight is a buffer.
    """

    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index, self.reduction = ignore_index, reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of log-probabilities against class indices."""
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MSELoss(Module):
    """Mean squared error: (input - target)². See `functional.mse_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the squared error."""
        return F.mse_loss(input, target, self.reduction)


class KLDivLoss(Module):
    """Kullback–Leibler divergence: target · (ln target - input), where input = ln q.

    See `functional.kl_div`.
    """

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__()
        self.reduction, self.log_target = reduction, log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the divergence of the log-probabilities from the target's distribution."""
        return F.kl_div(input, target, self.reduction, self.log_target)


class BCEWithLogitsLoss(Module):
    """Binary cross-entropy of logits: -t ln p - (1 - t) ln(1 - p), with p = sigmoid(input).

    See `functional.binary_cross_entropy_with_logits`.

    Both weights are buffers.
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits against probabilities."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )


class BCELoss(Module):
    """Binary cross-entropy of probabilities: -t ln p - (1 - t) ln(1 - p).

    See `functional.binary_cross_entropy`. The weight is a buffer.
    """

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of probabilities against probabilities."""
        return F.binary_cross_entropy(input, target, self.weight, self.reduction)


class L1Loss(Module):
    """Mean absolute error: |input - target|. See `functional.l1_loss`."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the absolute error."""
        return F.l1_loss(input, target, self.reduction)


class SmoothL1Loss(Module):
    """Squared error / (2 beta) below beta, absolute error - beta/2 above.

    See `functional.smooth_l1_loss`.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__()
        self.reduction, self.beta = reduction, beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.smooth_l1_loss(input, target, self.reduction, self.beta)


class HuberLoss(Module):
    """Half the squared error up to delta, delta · (absolute error - delta/2) above.

    See `functional.huber_loss`.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__()
        self.reduction, self.delta = reduction, number("HuberLoss", "delta", delta)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss."""
        return F.huber_loss(input, target, self.reduction, self.delta)


class CosineEmbeddingLoss(Module):
    """1 - cos of vectors that should be alike, max(cos - margin, 0) of those that should not.

    See `functional.cosine_embedding_loss`.
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__()
        self.margin, self.reduction = margin, reduction

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Return the loss of pairs of vectors against 1, alike, or -1, not."""
        return F.cosine_embedding_loss(input1, input2, target, self.margin, self.reduction)


take_size_average(__name__)
