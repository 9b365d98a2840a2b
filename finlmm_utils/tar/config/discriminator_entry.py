"""What the discriminator is told: the notebooks' parameter ``discriminator``, and how strictly."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
)

STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
"""No unknown names, no "1e-5" for a number, no NaN, nothing changed afterwards."""


def _layers(least: int) -> Any:
    """A validator for a number of layers, or "all"; one message where a union would give two."""

    def check(value: Any) -> Any:
        number = isinstance(value, int) and not isinstance(value, bool) and value >= least
        if number or value == "all":
            return value
        raise ValueError(f"a whole number from {least}, or 'all'")

    return PlainValidator(check)


def _no_more_than_used(value: Any, info: ValidationInfo) -> Any:
    used = info.data.get("layers", "all")
    if isinstance(value, int) and isinstance(used, int) and value > used:
        raise ValueError(f"at most the layers that are used ({used}), or 'all'")
    return value


def _room_for_examples(value: int, info: ValidationInfo) -> int:
    learned = info.data.get("examples", 0)
    if value < learned:
        raise ValueError(f"the examples of an update ({learned}) at least")
    return value


class DiscriminatorConfig(BaseModel):
    """The notebooks' parameter ``discriminator``; see ``discriminator.kinds``."""

    model_config = STRICT
    kind: Annotated[
        Literal["published", "relational"],
        Field(description="cross-entropy over all prompts (the paper), or pairs within groups"),
    ]
    encoder: Annotated[
        str, Field(min_length=1, description="sentence-transformers name or folder; copy-marked")
    ]
    layers: Annotated[
        int | Literal["all"],
        _layers(1),
        Field(description="of the encoder, from the input; copy-marked has none, nor max_tokens"),
    ]
    train_layers: Annotated[
        int | Literal["all"],
        _layers(0),
        AfterValidator(_no_more_than_used),
        Field(description="the last of these learn; all: the embeddings, too (the paper's way)"),
    ]
    max_tokens: Annotated[
        int, Field(ge=8, description="of question and reasoning; longer ones keep head and tail")
    ]
    examples: Annotated[int, Field(ge=2, description="completions that an update learns from")]
    replay: Annotated[
        int,
        AfterValidator(_room_for_examples),
        Field(ge=2, description="completions that are kept, the newest"),
    ]
    warmup: Annotated[int, Field(ge=0, description="completions before its reward counts")]
    shape: Annotated[
        Literal["probability", "logit", "correct_only", "group_logit"],
        Field(description="how its probability becomes a reward; see discriminator.shapes"),
    ]
    shuffled: Annotated[bool, Field(description="a control: rewards dealt anew by group")]
    epochs: Annotated[int, Field(ge=1, description="of an update; relational only")]
    swaps: Annotated[int, Field(ge=0, description="questions a right reasoning; relational")]
