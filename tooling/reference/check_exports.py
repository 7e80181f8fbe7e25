"""Loads what the project exported with transformers and PEFT and compares their logits with the project's.

    python check_exports.py CASES.json     exit 0 when every case is within 2e-3, relative to the largest logit
"""
import json
import sys
import warnings
from pathlib import Path
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

LIMIT = 2e-3


def logits_of(case):
    dtype = getattr(torch, case["dtype"])
    model = AutoModelForCausalLM.from_pretrained(case["model"], dtype=dtype, attn_implementation="eager")
    if case["adapter"]:
        model = PeftModel.from_pretrained(model, case["adapter"])
    model = model.float().eval()  # weights as they are stored, numbers as the project computes them
    with torch.no_grad():
        return model(input_ids=torch.tensor(case["input_ids"])).logits


def main(path):
    warnings.filterwarnings("ignore")
    failed = 0
    for case in json.loads(Path(path).read_text()):
        expected = torch.tensor(case["logits"])
        error = float((logits_of(case) - expected).abs().max() / expected.abs().max())
        failed += error > LIMIT
        print(f"{'ok    ' if error <= LIMIT else 'FAILED'} {case['name']:44} off by {error:.1e} of {LIMIT}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
