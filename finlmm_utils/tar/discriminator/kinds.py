"""Makes the discriminator that the parameter ``discriminator`` describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from finlmm_utils.tar.config import DiscriminatorConfig
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.encoders import Encoder, SentenceEncoder
from finlmm_utils.tar.discriminator.overlap import CopyMarked, WithOverlap
from finlmm_utils.tar.discriminator.relational import RelationalDiscriminator
from finlmm_utils.tar.discriminator.scorer import Scorer

COPY_MARKED = "copy-marked"
"""In place of an encoder's name: hashed n-grams of copy-marked text and a linear head."""


def encoder_for(discriminator: Mapping[str, Any]) -> Encoder:
    """What it reads with.

    Args:
        discriminator: fields of :class:`finlmm_utils.tar.config.DiscriminatorConfig`:
            ``encoder``, ``layers`` and ``train_layers`` (numbers, or "all"), ``max_tokens``,
            ``kind``.
    """
    if discriminator["encoder"] == COPY_MARKED:
        return CopyMarked()
    layers, train_layers = discriminator["layers"], discriminator["train_layers"]
    encoder = SentenceEncoder(
        discriminator["encoder"],
        layers=0 if layers == "all" else layers,
        train_layers=None if train_layers == "all" else train_layers,
        max_tokens=discriminator["max_tokens"],
    )
    return WithOverlap(encoder) if discriminator["kind"] == "relational" else encoder


def discriminator_for(
    discriminator: Mapping[str, Any],
    seed: int = 0,
    encoder: Encoder | None = None,
    **options: Any,
) -> Scorer:
    """The discriminator of a stage.

    Args:
        discriminator: fields of :class:`finlmm_utils.tar.config.DiscriminatorConfig`.
        seed: of weights, dropout and the choice of examples.
        encoder: in place of the one that is named.
        **options: of :class:`Scorer`, in place of what is described.
    """
    discriminator = DiscriminatorConfig.model_validate(dict(discriminator)).model_dump()
    encoder = encoder or encoder_for(discriminator)
    shared = {k: discriminator[k] for k in ("examples", "replay", "warmup", "shape", "shuffled")}
    options = {**shared, **options, "seed": seed}
    if isinstance(encoder, CopyMarked):
        options["hidden"] = 0
    if discriminator["kind"] == "published":
        return Discriminator(encoder, **options)
    loop = {k: discriminator[k] for k in ("epochs", "swaps")}
    return RelationalDiscriminator(encoder, **loop, **options)
