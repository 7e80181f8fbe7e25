"""Computes with transformers what a GGUF file gives, dequantized to float32: chat prompts, logits, greedy continuations.

    python gguf_model.py FILE --output expect.json [--new-tokens 64]

Needs the package gguf beside requirements.txt.
"""
import argparse
import json
from pathlib import Path
import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

PROMPTS = [
    "Name three colours of the rainbow.",
    "What is 17 + 25? Answer with the number alone.",
    "Schreibe einen Satz über den Regen.",
    "Write a haiku about the sea 🌊",
    "def fibonacci(n):",
]
EVERY = 64  # of the vocabulary's logits, beside the largest


def main(arguments):
    torch.set_num_threads(1)
    file = Path(arguments.file)
    where = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)).eval()
    tokenizer = AutoTokenizer.from_pretrained(**where)
    cases = []
    for prompt in PROMPTS:
        text = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True)
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0]
        last = logits[-1]
        columns = sorted(set(range(0, len(last), EVERY)) | set(last.topk(16).indices.tolist()))
        log_probs = logits.log_softmax(-1)
        known = [float(log_probs[at, ids[at + 1]]) for at in range(len(ids) - 1)]
        sequence, gaps = list(ids), []
        for _ in range(arguments.new_tokens):
            with torch.no_grad():
                best = model(torch.tensor([sequence])).logits[0, -1].topk(2)
            gaps.append(round(float(best.values[0] - best.values[1]), 5))
            sequence.append(int(best.indices[0]))
        cases.append({
            "prompt": prompt, "text": text, "ids": ids, "tokenLogProbs": known,
            "largest": float(last.abs().max()), "columns": columns, "logits": [round(float(last[c]), 5) for c in columns],
            "greedy": sequence[len(ids):], "gaps": gaps,
        })
        print(prompt, tokenizer.decode(sequence[len(ids):]), flush=True)
    expect = {
        "about": f"{file.name}, dequantized to float32 by transformers",
        "cases": cases,
        "madeBy": {"script": "tooling/reference/gguf_model.py", "torch": torch.__version__, "transformers": transformers.__version__},
    }
    Path(arguments.output).write_text(json.dumps(expect) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--output", required=True)
    parser.add_argument("--new-tokens", type=int, default=64)
    main(parser.parse_args())
