"""What a stage is told: its entries and its mappings; it knows nothing of what they are for."""

from finlmm_utils.tar.config.discriminator_entry import STRICT, DiscriminatorConfig
from finlmm_utils.tar.config.entries import (
    LENGTH_THRESHOLDS,
    REWARD_WEIGHTS,
    Count,
    CountOrNone,
    LearningRate,
    Positive,
    Training,
)
from finlmm_utils.tar.config.mappings import (
    STAGE1_REWARDS,
    STAGE2_REWARDS,
    STAGE_FILE,
    StageConfig,
)

__all__ = [
    "LENGTH_THRESHOLDS",
    "REWARD_WEIGHTS",
    "STAGE1_REWARDS",
    "STAGE2_REWARDS",
    "STAGE_FILE",
    "STRICT",
    "Count",
    "CountOrNone",
    "DiscriminatorConfig",
    "LearningRate",
    "Positive",
    "StageConfig",
    "Training",
]
