"""Checks of the fields of a configuration: their types, and a range or the choices for each.

    @dataclass(frozen=True)
    class Config:
        steps: int = 100
        schedule: str = "linear"

        def __post_init__(self) -> None:
            check_fields(self, {"steps": Interval(1, 1000), "schedule": ("linear", "constant")})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from numbers import Integral, Real
from types import UnionType
from typing import Any, TypeAlias, get_args, get_type_hints

from minitorch.scalars import short

KINDS: dict[type, tuple[type, str]] = {
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    bool: (bool, "True or False"),
    str: (str, "a str"),
}


@dataclass(frozen=True)
class Interval:
    """The numbers from low to high, both included; a parenthesis in `ends` leaves that end out.

    >>> 1 in Interval(0, 1), 1 in Interval(0, 1, "[)"), str(Interval(0, 1, "[)"))
    (True, False, 'from 0 to below 1')
    """

    low: int
    high: int
    ends: str = "[]"

    def __contains__(self, x: Any) -> bool:
        above = x > self.low if self.ends[0] == "(" else x >= self.low
        below = x < self.high if self.ends[1] == ")" else x <= self.high
        return bool(above and below)

    def __str__(self) -> str:
        high = "2**64" if self.high == 2**64 else f"{self.high:,}"
        form = {"[]": "from {} to {}", "[)": "from {} to below {}", "(]": "above {}, at most {}"}
        return form[self.ends].format(self.low, high)


Allowed: TypeAlias = Interval | tuple[str, ...] | None


def checked(name: str, value: Any, kind: type, allowed: Allowed = None) -> Any:
    """Return a value as `kind`: 1 as 1.0 where a float is wanted, a NumPy number as Python's.

    Args:
        name: the field's, or the argument's.
        value: what was given.
        kind: int, float, bool or str.
        allowed: a range or the choices; None: all of this type.

    Raises:
        ValueError: it is of another type, or not allowed. NaN is in no range.
    """
    abstract, called = KINDS[kind]
    fits = isinstance(value, abstract) and isinstance(value, bool) == (kind is bool)
    if fits and (allowed is None or value in allowed):
        return kind(value)
    if isinstance(allowed, Interval):
        called += f" {allowed}"
    elif allowed is not None:
        called = f"one of {', '.join(allowed)}"
    raise ValueError(f"{name} must be {called}, not {short(value)}")


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def check_fields(config: Any, allowed: Mapping[str, Allowed]) -> None:
    """Check all fields of a dataclass, and set each to what `checked` returns.

    Args:
        config: the dataclass. Its fields are of the types of `KINDS`, such as `int`, or optional,
            such as `int | None`.
        allowed: the range or the choices of those fields that have one.

    Raises:
        ValueError: a field is of another type, or not allowed.
    """
    types = _types(config.__class__)
    for field in fields(config):
        kind, value = types[field.name], getattr(config, field.name)
        if isinstance(kind, UnionType) and value is not None:  # int | None
            kind = get_args(kind)[0]
        if kind in KINDS:
            value = checked(field.name, value, kind, allowed.get(field.name))
            object.__setattr__(config, field.name, value)
