"""The adversary: reads question and reasoning, and predicts whether the answer is right."""

from finlmm_utils.tar.discriminator.discriminator import Discriminator as Discriminator
from finlmm_utils.tar.discriminator.encoders import DiscriminatorError as DiscriminatorError
from finlmm_utils.tar.discriminator.kinds import discriminator_for as discriminator_for
from finlmm_utils.tar.discriminator.probes import toy_rollouts as toy_rollouts
