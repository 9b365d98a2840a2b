"""What a stage needs of a GPU's memory, part by part, from a policy's sizes alone.

No weight is loaded: the model is built on torch's meta device. What the sums leave out (allocator,
kernels' workspaces) is a share on top.
"""

from __future__ import annotations

from dataclasses import dataclass

from finlmm_utils.tar.shapes.shape import Shape

NF4_BYTES = 0.5 + 4 / 64
"""Bytes of a 4-bit weight: half a byte, and a float32 scale for each block of 64 (bitsandbytes)."""
CONTEXT_BYTES = 0.7e9
"""CUDA's own context, cuBLAS's and other workspaces; our choice."""
SLACK = 0.10
"""Share of the rest that the allocator loses to blocks that no tensor fits; our choice."""
QUESTION_TOKENS = 256
"""Of a prompt beside its images: system prompt, question, chat template; our choice."""


@dataclass(frozen=True)
class Load:
    """What a stage asks of its policy.

    Attributes:
        adapter: "none", "lora" or "qlora".
        lora_rank: of the adapter.
        freeze_vision: whether the vision tower learns nothing.
        kl: weight of the KL penalty; above 0 the weights of the start are kept.
        prompt_tokens: of the longest prompt, images included.
        completion_tokens: of the longest completion.
        images: of a row.
        max_pixels: of an image.
        micro_batch: completions of a forward pass of training.
        generated: completions that are sampled at a time.
        group_size: completions of a prompt.
        checkpointing: whether activations are computed again for the backward pass.
        vllm_memory: share of the GPU that vLLM takes beside the trainer; 0 for none.
        elsewhere: whether completions are made on other GPUs, by a server.
        cuda: half precision where it applies; False: float32, as on a CPU.
        shards: GPUs that weights, gradients and optimiser are spread over (ZeRO-3, FSDP).
    """

    adapter: str
    prompt_tokens: int
    completion_tokens: int
    images: int
    max_pixels: int
    micro_batch: int
    generated: int
    group_size: int
    lora_rank: int = 16
    freeze_vision: bool = True
    kl: float = 0.0
    checkpointing: bool = True
    vllm_memory: float = 0.0
    cuda: bool = True
    shards: int = 1
    elsewhere: bool = False


@dataclass(frozen=True)
class Part:
    """One line of the sum: its name, bytes, when it is there, and how it was reckoned."""

    name: str
    bytes: float
    when: str
    why: str


def parts(shape: Shape, load: Load) -> list[Part]:
    """Every part of the memory that a stage takes on one GPU.

    Args:
        shape: of the policy.
        load: of the stage.

    Returns:
        Parts with ``when``: "always", "sampling" or "learning"; the two last never meet.
    """
    return [*_weights(shape, load), *_sampling(shape, load), *_learning(shape, load)]


def _half(load: Load) -> int:
    return 2 if load.cuda else 4


def trained(shape: Shape, load: Load) -> int:
    """Parameters that learn."""
    if load.adapter != "none":
        return load.lora_rank * shape.linear
    return shape.parameters - (shape.vision if load.freeze_vision else 0)


def _weights(shape: Shape, load: Load) -> list[Part]:
    """What is there all the time."""
    learn, half = trained(shape, load), _half(load)
    if load.adapter == "none":
        held, why = 4.0 * shape.parameters, "float32: a step of 1e-6 is lost in bfloat16"
    elif load.adapter == "lora":
        held, why = half * shape.parameters, "half precision, frozen"
    else:
        held = NF4_BYTES * shape.language + half * (shape.embeddings + shape.vision)
        why = "language model in 4 bits, embeddings and vision tower in half precision"
    adapter = 0 if load.adapter == "none" else 4 * learn  # float32, over 4-bit weights, too
    always = [Part("weights", held / load.shards, "always", why)]
    if adapter:
        always.append(Part("adapter", adapter / load.shards, "always", f"rank {load.lora_rank}"))
    always.append(
        Part(
            "optimiser",
            2 * 4 * learn / load.shards,
            "always",
            "two moments a weight that learns",
        )
    )
    if load.kl and load.adapter == "none":
        always.append(
            Part("reference", held / load.shards, "always", "the start, for the KL penalty")
        )
    elif load.kl:
        always.append(Part("reference", adapter, "always", "a copy of the starting adapter"))
    return always


def _sampling(shape: Shape, load: Load) -> list[Part]:
    """What is there while completions are made."""
    half, length = _half(load), load.prompt_tokens + load.completion_tokens
    if load.vllm_memory or load.elsewhere:
        return []
    prompts = max(1, load.generated // load.group_size)
    cache = 2 * shape.layers * shape.kv * half * length * load.generated
    logits = shape.vocabulary * load.generated * 4 * 4
    read = prompts * load.prompt_tokens * (3 * shape.inner + 6 * shape.hidden) * half
    return [
        Part("cache", cache, "sampling",
             f"keys and values of {load.generated} completions of {length} tokens"),
        Part("prompts", read + logits + _seen(shape, load, prompts), "sampling",
             f"{prompts} prompts pass the vision tower and are read; float32 logits, four times"),
        *_casts(shape, load, "sampling"),
    ]  # fmt: skip


def _casts(shape: Shape, load: Load, when: str) -> list[Part]:
    """Autocast keeps half-precision copies of float32 weights that learn."""
    if load.adapter != "none" or not load.cuda:
        return []
    copies = 2 * trained(shape, load) / load.shards
    return [Part("autocast", copies, when, "bfloat16 copies of the weights that learn")]


def _seen(shape: Shape, load: Load, rows: int) -> float:
    """Activations of one block of the vision tower, which keeps none where it is frozen."""
    patches = load.images * shape.image_tokens(load.max_pixels) * shape.merge**2
    width = 8 * shape.vision_hidden + 3 * shape.vision_inner
    return rows * patches * width * _half(load)


def activations(shape: Shape, load: Load) -> float:
    """Bytes that one token of one layer keeps for the backward pass.

    Attention: its normed input, queries (twice: before and after rotation), output and projection;
    keys and values. Feed-forward: its normed input and four products of the inner width. The
    normalisations and the residual stream in float32.
    """
    half = _half(load)
    attention = 2 * shape.hidden + 3 * shape.heads + 3 * shape.kv
    forward = shape.hidden + 4 * shape.inner
    return half * (attention + forward) + 4 * 4 * shape.hidden


def _learning(shape: Shape, load: Load) -> list[Part]:
    """What is there while the loss is computed and goes back."""
    half, learn = _half(load), trained(shape, load)
    tokens = load.micro_batch * (load.prompt_tokens + load.completion_tokens)
    layer = tokens * activations(shape, load)
    if load.checkpointing:
        kept = shape.layers * tokens * shape.hidden * half + layer
        why = f"{tokens} tokens: the input of each layer, and one layer computed again"
    else:
        kept, why = shape.layers * layer, f"{tokens} tokens in all {shape.layers} layers"
    gradients = 4 * learn / load.shards
    tile = 4096 * min(shape.vocabulary, 8192) * 4 * 2
    seen = _seen(shape, load, load.micro_batch)
    return [
        Part("gradients", gradients, "learning", "one for each weight that learns"),
        Part("activations", kept, "learning", why),
        Part("head", tile, "learning", "TRL's tiles of the logits: 4,096 tokens"),
        Part("vision", seen, "learning", "one block of the vision tower"),
        *_casts(shape, load, "learning"),
    ]


def total(shape: Shape, load: Load, gpu_bytes: float = 0.0) -> float:
    """Bytes at the worst moment, vLLM's share, the context and the slack included.

    Args:
        shape: of the policy.
        load: of the stage.
        gpu_bytes: of the GPU, of which vLLM takes its share.
    """
    found = parts(shape, load)
    sums = {
        when: sum(part.bytes for part in found if part.when == when)
        for when in ("always", "sampling", "learning")
    }
    worst = sums["always"] + max(sums["sampling"], sums["learning"])
    context = CONTEXT_BYTES if load.cuda else 0.0
    return worst * (1 + SLACK) + context + load.vllm_memory * gpu_bytes


def table(shape: Shape, load: Load, gpu_bytes: float = 0.0) -> list[tuple[str, float, str]]:
    """Every part of the sum and the sum, to be printed.

    Args:
        shape: of the policy.
        load: of the stage.
        gpu_bytes: of the GPU; 0: unknown.

    Returns:
        Name, bytes, how it was reckoned; the last line is the total.
    """
    found = parts(shape, load)
    sums = {w: sum(p.bytes for p in found if p.when == w) for w in ("sampling", "learning")}
    worst = max(sums, key=lambda when: sums[when])
    lines = [(f"{p.name} ({p.when})", p.bytes, p.why) for p in found]
    tensors = sum(p.bytes for p in found if p.when in ("always", worst))
    lines.append(("slack", SLACK * tensors, f"{SLACK:.0%} that the allocator loses (our choice)"))
    if load.cuda:
        lines.append(("context", CONTEXT_BYTES, "of CUDA and its libraries (our choice)"))
    if load.vllm_memory:
        share = load.vllm_memory * gpu_bytes
        lines.append(("vLLM", share, f"{load.vllm_memory:.0%} of the GPU, cache included"))
    why = f"the most at a time: always, and {worst}"
    return [*lines, ("total", total(shape, load, gpu_bytes), why)]
