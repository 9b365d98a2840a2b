"""A prompt that is read once: what is said, its log-probabilities and gradients are the same."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from trl import GRPOTrainer
from trl.data_utils import prepare_multimodal_messages

from finlmm_utils.rows import make_row
from finlmm_utils.synthetic.charts import chart_image, random_spec
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.rollouts.shared_prefix import DECODE_CHUNK, groups, log_probs, sample
from finlmm_utils.tar.trainer.trl_fields import grpo_config
from tests.tar.training import text_rows, vowels

TOKENS = 4 * DECODE_CHUNK


def prompts(processor: Any, kind: str) -> dict[str, torch.Tensor]:
    """Three prompts of different lengths, with one to three images or none."""
    rows = made_text_rows(3, 1)
    if kind == "images":
        rng = random.Random(2)
        for n, row in enumerate(rows):
            charts = [
                chart_image(random_spec(rng, random_series(rng)), rng.getrandbits(32))
                for _ in range(n + 1)
            ]
            question = row["prompt"][-1]["content"]
            rows[n] = make_row(f"r{n}", question, "1", "number", "", images=charts, target_image=1)
    turns = [prepare_multimodal_messages(row["prompt"], images=row.get("images") or [])
             for row in rows]  # fmt: skip
    texts = [processor.apply_chat_template(one, tokenize=False, add_generation_prompt=True)
             for one in turns]  # fmt: skip
    images = [image for row in rows for image in row.get("images") or []]
    return dict(processor(images=images or None, text=texts, padding=True, return_tensors="pt"))


@pytest.mark.parametrize("kind", ["images", "text"])
@pytest.mark.parametrize("how", ["greedy", "sampled"])
def test_the_same_is_said(kind: str, how: str) -> None:
    """Sampled: until the first completion ends, as the draws of those that ended are not made."""
    model, processor = load_policy("finlmm-tiny")
    end = processor.tokenizer.eos_token_id
    inputs = prompts(processor, kind)
    options = {"max_new_tokens": TOKENS, "eos_token_id": end, "do_sample": how == "sampled",
               "pad_token_id": processor.tokenizer.pad_token_id}  # fmt: skip
    copies = 4 if how == "sampled" else 1
    torch.manual_seed(0)
    many = {"num_return_sequences": 4, "top_k": 0} if copies > 1 else {}
    theirs = model.generate(**inputs, **options, **many)[:, inputs["input_ids"].shape[1] :]
    torch.manual_seed(0)
    many.pop("num_return_sequences", None)
    ours = sample(model, inputs, torch.arange(3).repeat_interleave(copies), **options, **many)
    ended = (theirs == end).any(0).nonzero().flatten()
    alike = min(theirs.shape[1], ours.shape[1])
    if copies > 1:
        alike = int(ended[0]) if len(ended) else alike
    assert alike > DECODE_CHUNK and torch.equal(ours[:, :alike], theirs[:, :alike])
    after = (ours == end).cumsum(1) - (ours == end).long() > 0
    assert (ours[after] == options["pad_token_id"]).all()


@pytest.mark.parametrize("kind", ["images", "text"])
@pytest.mark.parametrize("adapter", ["none", "lora"])
def test_log_probabilities_and_gradients_are_trls(kind: str, adapter: str, tmp_path: Path) -> None:
    model, processor = load_policy("finlmm-tiny", adapter=adapter, lora_rank=2)
    config = grpo_config(tmp_path, 4, num_generations=2, seed=1, report_to=[])
    trainer = GRPOTrainer(model=model, args=config, train_dataset=text_rows(4),
                          reward_funcs=vowels, processing_class=processor)  # fmt: skip
    inputs = prompts(processor, kind)
    owner, lengths = torch.tensor([2, 0, 1, 0, 2, 2]), torch.tensor([9, 3, 1, 20, 12, 20])
    said = torch.randint(20, 800, (6, 20), generator=torch.Generator().manual_seed(1))
    kept = (torch.arange(20) < lengths[:, None]).long()
    ids = torch.cat([inputs["input_ids"][owner], said * kept], 1)
    mask = torch.cat([inputs["attention_mask"][owner], kept], 1)
    types = torch.cat([inputs["mm_token_type_ids"][owner], torch.zeros_like(said)], 1)
    fields: dict[str, Any] = {}
    if kind == "images":
        grids = torch.split(inputs["image_grid_thw"], [1, 2, 3])
        pixels = torch.split(inputs["pixel_values"], [96, 192, 288])
        fields = {
            "pixel_values": torch.cat([pixels[n] for n in owner]),
            "image_grid_thw": torch.cat([grids[n] for n in owner]),
            "num_images": [int(n) + 1 for n in owner],
            "mm_token_type_ids": types,
        }
    weights = torch.randn(6, 20, generator=torch.Generator().manual_seed(2))
    found = []
    for ours in (False, True):
        model.zero_grad()
        if ours:
            scored = log_probs(model, ids, mask, 20, 1.0, fields)
        else:
            scored = trainer._get_per_token_logps_and_entropies(
                trainer.model, ids, mask, 20, compute_entropy=True, **fields
            )[:2]
        (scored[0] * weights).sum().backward()
        grads = {k: p.grad.clone() for k, p in model.named_parameters() if p.grad is not None}
        found.append((*(one.detach() for one in scored), grads))
    (theirs, their_entropy, their_grads), (ours_, our_entropy, our_grads) = found
    assert torch.allclose(ours_, theirs, atol=1e-4) and (theirs[kept == 1] < -0.01).any()
    assert torch.allclose(our_entropy, their_entropy, atol=1e-4)
    assert our_grads.keys() == their_grads.keys() and our_grads
    for name, grad in their_grads.items():
        assert torch.allclose(our_grads[name], grad, rtol=1e-3, atol=1e-3 * grad.abs().max()), name


def test_a_group_has_the_same_text_and_the_same_images() -> None:
    prompts = torch.tensor([[1, 2], [1, 2], [1, 3], [1, 2]])
    white, grey = torch.ones(2, 3), torch.zeros(2, 3)
    first, owner = groups(prompts, [white, grey, white, white])
    assert first.tolist() == [0, 1, 2] and owner.tolist() == [0, 1, 2, 0]
    assert groups(prompts, [])[1].tolist() == [0, 0, 1, 0]
