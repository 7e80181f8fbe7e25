"""Times guided decoding of one prompt under several preference vectors; prints one JSON line.

    python guided_decode.py sizes.json medium one-at-a-time float32 1 2      (sizes, size, protocol, dtype, repeats, threads)

Every token is the argmax of log p_base + log p_arm.
    one-at-a-time   PARM's protocol: a vector after the other, a base pass and an ARM's pass a token, dense adapters
    batched         by hand: all vectors as rows of one batch, factored adapters, still two passes a token
"""
import json
import sys
import time

import torch

from model import adapt, frozen_model, report


def main(sizes, name, protocol, dtype, repeats, threads):
    torch.manual_seed(0)
    torch.set_num_threads(int(threads))
    with open(sizes) as file:
        size = json.load(file)["decode"][name]
    batched = protocol == "batched"
    model = frozen_model(size, dtype).eval()
    adapters = adapt(model, 8, not batched)
    prompt = torch.randint(0, size["vocabulary"], (1, size["promptTokens"]))

    def log_probs(ids, cache, guided):
        for one in adapters:
            one.active = guided
        out = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return out.logits[:, -1].float().log_softmax(-1), out.past_key_values

    def decode(ids, new_tokens):
        base, base_cache = log_probs(ids, None, False)
        arm, arm_cache = log_probs(ids, None, True)
        for _ in range(new_tokens - 1):
            token = (base + arm).argmax(-1, keepdim=True)
            base, base_cache = log_probs(token, base_cache, False)
            arm, arm_cache = log_probs(token, arm_cache, True)

    def decode_all():
        if batched:
            decode(prompt.repeat(size["vectors"], 1), size["newTokens"])
        else:
            for _ in range(size["vectors"]):
                decode(prompt, size["newTokens"])

    seconds = []
    with torch.inference_mode():
        decode(prompt, 2)  # warms up
        for _ in range(int(repeats)):
            started = time.perf_counter()
            decode_all()
            seconds.append(time.perf_counter() - started)
    report(seconds, int(threads))


main(*sys.argv[1:])
