"""What TRL's asynchronous trainer takes for granted and a CPU has not: an attention kernel and a figure of its speed.

Import it before the trainer is made. On a GPU leave it out.
"""

from typing import Any

import torch
from transformers import AttentionInterface
from trl.experimental.async_grpo import async_grpo_trainer
from trl.experimental.async_grpo.packing import TREE_ATTENTION

ARGUMENTS: dict[str, Any] = {"use_cpu": True, "bf16": False, "report_to": []}


def tree_attention(
    _module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    _mask: torch.Tensor | None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Each segment of a packed row attends to the tokens on its way to the root, and to its own before each.

    Segment ``i`` has the queries ``q[i] : q[i + 1]`` and the keys ``index[k[i] : k[i + 1]]``, its own last.
    """
    index = kwargs["tree_kv_index"]
    q, k = kwargs["tree_cu_seqlens_q"].tolist(), kwargs["tree_cu_seqlens_k"].tolist()
    groups = query.shape[1] // key.shape[1]
    key, value = (x.repeat_interleave(groups, dim=1) for x in (key, value))
    parts = []
    for i in range(len(q) - 1):
        path = index[k[i] : k[i + 1]]
        length = q[i + 1] - q[i]
        seen = torch.ones(length, len(path), dtype=torch.bool).tril(len(path) - length)
        parts.append(
            torch.nn.functional.scaled_dot_product_attention(
                query[:, :, q[i] : q[i + 1]], key[:, :, path], value[:, :, path], seen, scale=kwargs.get("scaling")
            )
        )
    return torch.cat(parts, dim=2).transpose(1, 2), None


registered = async_grpo_trainer.register_tree_attention


def register() -> None:
    registered()
    AttentionInterface.register(TREE_ATTENTION, tree_attention)


async_grpo_trainer.get_peak_flops_per_device = lambda *_: None
async_grpo_trainer.register_tree_attention = register
