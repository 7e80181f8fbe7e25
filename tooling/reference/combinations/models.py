"""Random legal config.json of every supported class with weights drawn by name -> packages/core/test/golden/combinations/models.jsonl.

A line: the config.json, the published tensors (layers and experts as *), ids [B][T] with columns of padding at the left, and
transformers' logits in the last column."""
import json
import logging
import random
import re
import sys
import tempfile
from pathlib import Path
import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging as transformers_logging
from drawn import drawn
from model_configs import FAMILIES

TARGET = Path(__file__).resolve().parents[3] / "packages/core/test/golden/combinations/models.jsonl"
OFFSET_NORMS = ("gemma",)  # their norms multiply by 1 + weight


def published(config, folder):
    """Names and shapes of the tensors that transformers writes for a config."""
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    with safe_open(folder / "model.safetensors", "np") as file:
        return {name: list(file.get_slice(name).get_shape()) for name in file.keys()}


def weights(shapes, model_type):
    def values(name, shape):
        centre = 0.0 if len(shape) > 1 or name.endswith("bias") or model_type.startswith(OFFSET_NORMS) else 1.0
        return drawn(name, shape, 1.0 if "embed_tokens" in name or "wte" in name else 0.3, centre)
    return {name: values(name, shape) for name, shape in shapes.items()}


def short(shapes):
    """The same with layers and experts counted instead of listed."""
    return {re.sub(r"\.(layers|h|experts)\.\d+\.", r".\1.*.", name): shape for name, shape in sorted(shapes.items())}


def counted(shapes, part):
    numbers = [int(found[1]) for name in shapes if (found := re.search(rf"\.(?:{part})\.(\d+)\.", name))]
    return max(numbers, default=-1) + 1


def make(given, rng):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps(given))
        config = AutoConfig.from_pretrained(folder)
        shapes = published(config, folder)
        save_file(weights(shapes, given["model_type"]), folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(given))
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tokens, padding = 11, [0, rng.choice([0, 3])]
    ids = [[rng.randrange(config.get_text_config().vocab_size) for _ in range(tokens)] for _ in padding]
    mask = torch.tensor([[0] * left + [1] * (tokens - left) for left in padding])
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids=torch.tensor(ids), attention_mask=mask, position_ids=positions).logits[:, -1]
    if not torch.isfinite(logits).all():
        raise ValueError("not finite")
    return {
        "config": given,
        "tensors": short(shapes),
        "layers": counted(shapes, "layers|h"),
        "experts": counted(shapes, "experts"),
        "ids": ids,
        "padding": padding,
        "logits": [[float(f"{value:.6g}") for value in row] for row in logits.tolist()],
    }


if __name__ == "__main__":
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    only, kept, skipped = sys.argv[1:], [], {}
    if only and TARGET.exists():
        kept = [line for line in TARGET.read_text().splitlines() if json.loads(line)["config"]["model_type"] not in only]
    for kind, (count, draw) in FAMILIES.items():
        if only and kind not in only:
            continue
        rng = random.Random(f"models {kind}")
        made = 0
        while made < count:
            given = draw(rng)
            try:
                kept.append(json.dumps(make(given, rng), separators=(",", ":")))
                made += 1
            except Exception as error:  # not legal after all
                skipped[f"{kind} {type(error).__name__}: {str(error)[:120]}"] = given
        print(kind, made, file=sys.stderr)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("\n".join(kept) + "\n")
    for why in skipped:
        print("skipped", why, file=sys.stderr)
