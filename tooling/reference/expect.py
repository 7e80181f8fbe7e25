"""Computes with transformers what `uniarm models check` compares: logits, log-probs and greedy continuations of a left-padded batch.

    python expect.py FOLDER [--output expect.json] [--rows 3] [--tokens 19] [--new-tokens 24] [--seed 0]
"""
import argparse
import json
from pathlib import Path
import torch
import transformers
from families import load_model, run


def main(arguments):
    torch.set_num_threads(1)
    model = load_model(arguments.folder)
    torch.manual_seed(arguments.seed)
    rows, tokens, vocabulary = arguments.rows, arguments.tokens, model.config.get_text_config().vocab_size
    lengths = [max(1, tokens * (row + 1) // rows) for row in range(rows)]
    ids = torch.randint(vocabulary, (rows, tokens)).tolist()
    mask = [[int(column >= tokens - length) for column in range(tokens)] for length in lengths]
    ids = [[i if m else 0 for i, m in zip(row, keep)] for row, keep in zip(ids, mask)]
    logits = run(model, ids, mask)
    log_probs = logits.log_softmax(-1)
    known = [[float(log_probs[r, c - 1, ids[r][c]]) if c and mask[r][c - 1] else None for c in range(tokens)] for r in range(rows)]
    at = [[r, c] for r in range(rows) for c in sorted({tokens - lengths[r], tokens - 1 - lengths[r] // 2, tokens - 1})]
    greedy, margin = [], float("inf")
    for row, length in zip(ids, lengths):
        sequence = row[tokens - length:]
        for _ in range(arguments.new_tokens):
            best = run(model, [sequence])[0, -1].topk(2)
            margin = min(margin, float(best.values[0] - best.values[1]))
            sequence = sequence + [int(best.indices[0])]
        greedy.append(sequence[length:])
    expect = {
        "about": f"{model.config.model_type}: next-token logits, token log-probs and greedy continuation of a left-padded batch",
        "tolerance": {"logits_abs": 2e-4 * max(1.0, float(logits.abs().max()) / 10), "logprobs_abs": 2e-4, "reason": "float32 on both sides; logits relative to their size"},
        "input_ids": ids, "attention_mask": mask,
        "logits": {"at": at, "values": [logits[r, c].tolist() for r, c in at]},
        "token_logprobs": known,
        "greedy": {"new_tokens": arguments.new_tokens, "min_margin": margin, "tokens": greedy},
        "made_by": {"script": "tooling/reference/expect.py", "seed": arguments.seed, "torch": torch.__version__, "transformers": transformers.__version__},
    }
    target = arguments.output or Path(arguments.folder) / "expect.json"
    Path(target).write_text(json.dumps(expect) + "\n")
    print(f"{target}: {rows} rows; the closest greedy decision has a margin of {margin:.2g}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--output")
    for name, default in (("rows", 3), ("tokens", 19), ("new-tokens", 24), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    main(parser.parse_args())
