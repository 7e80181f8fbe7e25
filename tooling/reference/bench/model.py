"""The random frozen Llama that the timing programs share, with a low-rank adapter on q, k and v."""
import json
import resource

import torch
import transformers
from torch import nn
from torch.nn import functional as F


def peak_memory_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


LIBRARIES_MB = peak_memory_mb()  # nothing but imports so far


def frozen_model(size, dtype):
    config = transformers.LlamaConfig(
        vocab_size=size["vocabulary"], hidden_size=size["width"], intermediate_size=size["mlpWidth"],
        num_hidden_layers=size["layers"], num_attention_heads=size["heads"], max_position_embeddings=2048)
    model = transformers.LlamaForCausalLM(config).to(getattr(torch, dtype))
    return model.requires_grad_(False)


class Adapted(nn.Module):
    """W0 x + B C A x. Dense: the product B C A is made at every call, as PARM's released layer does."""

    def __init__(self, base, rank, dense):
        super().__init__()
        self.base, self.dense, self.active = base, dense, True
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.core = nn.Parameter(torch.eye(rank))
        self.up = nn.Parameter(torch.randn(base.out_features, rank) * 0.01)

    def forward(self, x):
        frozen = self.base(x)
        if not self.active:
            return frozen
        down, core, up = (part.to(x.dtype) for part in (self.down, self.core, self.up))
        if self.dense:
            return frozen + F.linear(x, up @ core @ down)
        return frozen + F.linear(F.linear(F.linear(x, down), core), up)


def adapt(model, rank, dense):
    adapters = []
    for layer in model.model.layers:
        for name in ("q_proj", "k_proj", "v_proj"):
            adapters.append(Adapted(getattr(layer.self_attn, name), rank, dense))
            setattr(layer.self_attn, name, adapters[-1])
    return adapters


def report(seconds, threads):
    print(json.dumps({
        "seconds": seconds,
        "peakMemoryMb": peak_memory_mb(),
        "librariesMb": LIBRARIES_MB,
        "threads": threads,
        "software": f"torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}"}))
