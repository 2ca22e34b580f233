"""Sums and maxima of rows, in the forms in which they are fastest, against NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minitorch._runtime.products import (
    FEW,
    MANY,
    SHORT,
    matmul_transposed,
    max_last,
    sum_first,
    sum_last,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 11, SHORT, SHORT + 1, 300])
def test_the_largest_of_each_row_is_the_same_to_the_last_bit(n: int, dtype: Any) -> None:
    rng = np.random.default_rng(n)
    x = rng.standard_normal((50, n)).astype(dtype)
    x[1], x[2, -1], x[3, 0], x[4] = -np.inf, np.inf, np.nan, -1.0
    largest = max_last(x)
    assert largest.dtype == dtype
    assert np.array_equal(largest, x.max(-1, keepdims=True), equal_nan=True)
    assert np.array_equal(max_last(x[::2]), largest[::2], equal_nan=True)  # not contiguous
    assert max_last(x[:0]).shape == (0, 1)


@pytest.mark.parametrize("n", [1, 7, 300])
def test_sums_as_matrix_products(n: int) -> None:
    x = np.random.default_rng(n).standard_normal((3, 5, n))
    np.testing.assert_allclose(sum_last(x), x.sum(-1, keepdims=True), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(sum_first(x[0]), x[0].sum(0), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("m", [1, FEW - 1, FEW, 30])
@pytest.mark.parametrize("n", [1, 5, MANY, MANY + 1])
def test_a_product_with_a_transposed_matrix_is_the_same_with_and_without_a_copy(
    m: int, n: int
) -> None:
    rng = np.random.default_rng(m * n)
    a = rng.standard_normal((3, m, 2, 7)).swapaxes(1, 2)  # laid out as heads are
    b = rng.standard_normal((3, n, 2, 7)).swapaxes(1, 2)
    expected = 0.3 * np.einsum("bhmk,bhnk->bhmn", a, b)
    np.testing.assert_allclose(matmul_transposed(a, b, 0.3), expected, rtol=1e-12, atol=1e-13)
