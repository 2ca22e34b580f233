"""The training step on JAX, the whole of it compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from .models_jax import adam, loss
from .works import Work


def training_step(work: Work, arrays: dict[str, Any]) -> Callable[[], float]:
    size = work.size
    assert size is not None
    p = {name: jnp.asarray(a) for name, a in arrays.items() if not name.startswith("data.")}
    ids = jnp.asarray(arrays["data.ids"])

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(p: Any, m: Any, v: Any, t: Any) -> Any:
        value, g = jax.value_and_grad(loss)(p, ids, size.layers, size.heads)
        return value, *adam(p, g, m, v, t, 1e-3)

    m, v = (jax.tree.map(jnp.zeros_like, p) for _ in range(2))
    state = [p, m, v]
    t = 0

    def run() -> float:
        nonlocal t
        t += 1
        value, *state[:] = step(*state, jnp.float32(t))
        return float(value)

    return run
