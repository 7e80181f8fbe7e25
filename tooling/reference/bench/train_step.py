"""Times the training step of an ARM (autoregressive reward model) on preference pairs; prints one JSON line.

    python train_step.py sizes.json small dense float32 4 2      (sizes, size, adapter, dtype, steps, threads)

Forward over both responses of every pair, each after its prompt; log-probabilities of the responses' tokens, logistic loss on
their sums' difference, backward, AdamW. Dense makes the logits of all tokens, as the released code does; factored those alone
that the loss reads.
"""
import json
import sys
import time

import torch
from torch.nn import functional as F

from model import adapt, frozen_model, report


def main(sizes, name, adapter, dtype, steps, threads):
    torch.manual_seed(0)
    torch.set_num_threads(int(threads))
    with open(sizes) as file:
        size = json.load(file)["train"][name]
    model = frozen_model(size, dtype)
    adapters = adapt(model, 8, adapter == "dense")
    trained = [part for one in adapters for part in (one.down, one.core, one.up)]
    optimizer = torch.optim.AdamW(trained, lr=5e-4, weight_decay=0.05)
    pairs = size["pairs"]
    prompt = size.get("promptTokens", 1)
    responses = torch.randint(0, size["vocabulary"], (2 * pairs, size["tokens"] - prompt))
    ids = torch.cat([torch.randint(0, size["vocabulary"], (pairs, prompt)).repeat(2, 1), responses], 1)
    read = responses.shape[1]

    def step():
        kept = 0 if adapter == "dense" else read
        logits = model(ids[:, :-1], use_cache=False, logits_to_keep=kept).logits[:, -read:].float()
        sums = logits.log_softmax(-1).gather(2, responses[:, :, None]).squeeze(2).sum(1)
        loss = F.softplus(-0.01 * (sums[:pairs] - sums[pairs:])).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    seconds = []
    for index in range(int(steps) + 1):
        started = time.perf_counter()
        step()
        if index > 0:  # the first warms up
            seconds.append(time.perf_counter() - started)
    report(seconds, int(threads))


main(*sys.argv[1:])
