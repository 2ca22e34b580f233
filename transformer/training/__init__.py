"""Training: the loop, the run on disk, what is shown of it, and what came of it."""

from .config import TrainingConfig
from .loop import Training, train

__all__ = ["Training", "TrainingConfig", "train"]
