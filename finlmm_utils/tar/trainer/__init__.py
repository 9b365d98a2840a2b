"""GRPO with the adversarial loop: TRL's trainer, exact on resume, sampling once a prompt."""

from finlmm_utils.tar.trainer.trainer import TARTrainer as TARTrainer
