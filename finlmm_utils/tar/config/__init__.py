"""What a stage is told: its entries, its mappings, and what becomes of them for TRL."""

from finlmm_utils.tar.config.entries import Count, CountOrNone, LearningRate, Positive, Training
from finlmm_utils.tar.config.mappings import (
    STAGE1_REWARDS,
    STAGE2_REWARDS,
    STAGE_FILE,
    StageConfig,
)
from finlmm_utils.tar.config.trl_fields import grpo_config
from finlmm_utils.tar.discriminator_config import STRICT, DiscriminatorConfig

__all__ = [
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
    "grpo_config",
]
