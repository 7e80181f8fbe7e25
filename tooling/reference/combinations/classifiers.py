"""Random configs of every classifier on a causal model, and the scores that transformers computes with weights drawn by name.

    python combinations/classifiers.py ../../packages/eval/test/golden/combinations
"""
import json
import random
import sys
import tempfile
from pathlib import Path
import torch
import transformers
from safetensors.torch import load_file, save_file
from encoders import rounded, scale_of, shapes, write
from drawn import drawn
from model_configs import FAMILIES

SEED = 11
A_CLASS = 3
CLASSES = {
    "LlamaForSequenceClassification": "llama",
    "MistralForSequenceClassification": "mistral",
    "MixtralForSequenceClassification": "mixtral",
    "Qwen2ForSequenceClassification": "qwen2",
    "Qwen3ForSequenceClassification": "qwen3",
    "Qwen3MoeForSequenceClassification": "qwen3_moe",
    "GemmaForSequenceClassification": "gemma",
    "Gemma2ForSequenceClassification": "gemma2",
    "Gemma3TextForSequenceClassification": "gemma3_text",
    "Phi3ForSequenceClassification": "phi3",
    "Olmo2ForSequenceClassification": "olmo2",
    "SmolLM3ForSequenceClassification": "smollm3",
    "GPT2ForSequenceClassification": "gpt2",
}


def combination(name, rng):
    labels = rng.choice([1, 2])
    config = FAMILIES[CLASSES[name]][1](rng) | {"architectures": [name], "id2label": {str(i): f"LABEL_{i}" for i in range(labels)}, "label2id": {f"LABEL_{i}": i for i in range(labels)}}
    if rng.random() < 0.4:
        config["pad_token_id"] = rng.choice([2, 3])
    kind = getattr(transformers, name)
    with tempfile.TemporaryDirectory() as folder:
        parsed = kind.config_class.from_dict(json.loads(json.dumps(config)))
        torch.manual_seed(0)
        kind._from_config(parsed).save_pretrained(folder)
        state = {key: torch.from_numpy(drawn(key, list(value.shape), *scale_of(key, value.dim()))) for key, value in load_file(Path(folder) / "model.safetensors").items()}
        save_file(state, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        (Path(folder) / "config.json").write_text(json.dumps(config))
        model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval().requires_grad_(False)
    pad = model.config.pad_token_id
    rows = []
    for length in (9, 5, 2):
        ids = [rng.randrange(24) for _ in range(length)]
        if pad is not None and pad < 24 and length == 5:
            ids[-1] = pad  # a text that ends in the pad id
        rows.append(ids)
    logits = torch.cat([model(input_ids=torch.tensor([ids])).logits for ids in rows])
    return {"config": config, "tensors": shapes(state), "rows": [{"ids": ids, "types": None} for ids in rows], "logits": rounded(logits.tolist())}


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    lines = []
    for name in CLASSES:
        done, place = 0, 0
        while done < A_CLASS:
            place += 1
            try:
                line = combination(name, random.Random(f"{SEED} {name} {place}"))
            except Exception as error:  # a config that transformers itself refuses
                print(name, place, repr(error)[:120])
                continue
            lines.append(line)
            done += 1
    write(Path(sys.argv[1]) / "classifiers.jsonl", lines)
