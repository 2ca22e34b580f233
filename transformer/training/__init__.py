"""Training: hyperparameters, learning-rate schedules, the loop, the run on disk, the report."""

from .config import TrainingConfig
from .interrupt import Interrupted
from .loop import Training, adamw, train
from .ranks import Parallel
from .state import Batches, TrainingState

__all__ = [
    "Batches",
    "Interrupted",
    "Parallel",
    "Training",
    "TrainingConfig",
    "TrainingState",
    "adamw",
    "train",
]
