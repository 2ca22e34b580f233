"""Functions under names from before 2018, which PyTorch still has and warns of: `init.normal`.

Those that change their argument end in an underscore since: `init.normal_`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from warnings import warn

from ..nn import init, utils


def _old(new: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls the new one, and warns."""

    @wraps(new)
    def old(*args: Any, **options: Any) -> Any:
        warn(
            f"`{new.__name__[:-1]}` is now deprecated in favor of `{new.__name__}`.",
            FutureWarning,
            stacklevel=2,
        )
        return new(*args, **options)

    return old


uniform, normal = _old(init.uniform_), _old(init.normal_)
constant, eye, orthogonal = _old(init.constant_), _old(init.eye_), _old(init.orthogonal_)
xavier_uniform, xavier_normal = _old(init.xavier_uniform_), _old(init.xavier_normal_)
kaiming_uniform, kaiming_normal = _old(init.kaiming_uniform_), _old(init.kaiming_normal_)
clip_grad_norm = _old(utils.clip_grad_norm_)
