"""Computes every golden number of the project again with PyTorch, transformers and pymoo, and compares.

    python check.py            exit 0 when every family is within its tolerance
    python check.py --make DIR --seed 7    a new set: the same inputs, weights drawn anew, numbers computed
"""
import argparse
import json
import shutil
import sys
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
import families

ROOT = Path(__file__).resolve().parents[2] / "packages"


def every_family():
    core, trainer, decoder, evaluation = (ROOT / name / "test/golden" for name in ("core", "trainer", "decoder", "eval"))
    for folder in sorted(path.parent for path in core.glob("models/*/expect.json")):
        if (folder / "config.json").exists() and "logits" in families.read(folder / "expect.json"):
            yield f"models/{folder.name}", families.model_family(folder)
    model = families.load_model(core / "models/llama")
    for folder in sorted(path.parent for path in core.glob("adapters/*/adapter_model.safetensors")):
        yield f"adapters/{folder.name}", families.adapter_family(folder, model)
    yield "training", families.training_family(trainer / "training", model)
    for folder in sorted(path.parent for path in decoder.glob("decoding/*/expect.json")):
        if any(folder.glob("*.safetensors")):
            yield f"decoding/{folder.name}", families.decoding_family(folder, model)
    yield "metrics", families.metrics_family(evaluation / "metrics")


def error_of(computed, stored):
    """Largest absolute difference, relative beyond 1; infinite when shapes differ."""
    if isinstance(stored, list):
        if not isinstance(computed, list) or len(computed) != len(stored):
            return float("inf")
        return max((error_of(c, s) for c, s in zip(computed, stored)), default=0.0)
    return abs(computed - stored) / max(1.0, abs(stored))


def check():
    failed = False
    for family, found in every_family():
        worst = max(found.items(), key=lambda item: error_of(*item[1][1:]) - item[1][0])
        name, (tolerance, computed, stored) = worst
        bad = [key for key, (limit, c, s) in found.items() if error_of(c, s) > limit]
        failed = failed or bool(bad)
        print(f"{family:24} {len(found):3} checks, closest to its limit: {name}: {error_of(computed, stored):.1e} of {tolerance:.0e}{'  FAILED: ' + ', '.join(bad) if bad else ''}")
    return 1 if failed else 0


def make(target, seed):
    """A model family with other weights: what a test of another shape starts from."""
    source = ROOT / "core/test/golden/models/llama"
    shutil.copytree(source, target)
    torch.manual_seed(seed)
    file = target / "model.safetensors"
    drawn = {name: torch.randn_like(tensor) * tensor.std() + tensor.mean() for name, tensor in load_file(file).items()}
    save_file(drawn, file, metadata={"format": "pt"})
    expect = json.loads((target / "expect.json").read_text())
    found = families.model_family(target)
    expect = {key: expect[key] for key in ("about", "tolerance", "pad_id", "input_ids", "attention_mask", "position_ids", "logits", "greedy")}
    expect["logits"]["values"] = found["logits"][1]
    expect["greedy"] = {"new_tokens": expect["greedy"]["new_tokens"], "tokens": found["greedy"][1]}
    expect["made_by"] = {"script": "tooling/reference/check.py", "seed": seed, "torch": torch.__version__}
    (target / "expect.json").write_text(json.dumps(expect))
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sys.exit(make(arguments.make, arguments.seed) if arguments.make else check())
