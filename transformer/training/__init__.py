"""Training: hyperparameters, learning-rate schedules, the loop, the run on disk, the report."""

from .config import TrainingConfig
from .loop import Training, train

__all__ = ["Training", "TrainingConfig", "train"]
