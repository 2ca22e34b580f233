"""What a Transformer can learn here, a file each."""

from .addition import Addition, AdditionGPT
from .architectures import GAP, Model
from .characters import Characters
from .dates import Dates
from .gap import FillTheGap
from .modular import ModularAddition
from .numbers import Numbers
from .strings import Copy, Reverse, Sort
from .task import DataError, MissingPackage, Task, TextToText

TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (
        Addition, AdditionGPT, Copy, Reverse, Sort, Dates, Numbers, ModularAddition, Characters,
        FillTheGap,
    )
}  # fmt: skip

__all__ = [
    "GAP", "TASKS", "Addition", "AdditionGPT", "Characters", "Copy", "DataError", "Dates",
    "FillTheGap", "MissingPackage", "Model", "ModularAddition", "Numbers", "Reverse", "Sort",
    "Task", "TextToText",
]  # fmt: skip
