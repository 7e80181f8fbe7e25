"""Writes what transformers computes with a classifier folder, for golden numbers and by hand.

    python scores.py FOLDER ROWS.jsonl > scores.json     ROWS.jsonl: {"prompt", "response"} a line
"""
import json
import sys
from pathlib import Path
import torch
import transformers
from transformers import AutoModelForSequenceClassification, AutoTokenizer

BATCH = 16


def main(folder, path):
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model, loading = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    strange = {name: list(keys) for name, keys in loading.items() if keys}
    if strange:
        sys.exit(f"the folder does not hold exactly this model: {strange}")
    rows = [json.loads(line) for line in Path(path).read_text().splitlines()]
    texts = [tokenizer.apply_chat_template([{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["response"]}], tokenize=False) for row in rows]
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    scores = []
    for start in range(0, len(ids), BATCH):  # padded at the right with the model's own pad id, which may end a text as well
        batch = ids[start : start + BATCH]
        longest = max(map(len, batch))
        padded = torch.tensor([row + [model.config.pad_token_id] * (longest - len(row)) for row in batch])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in batch])
        with torch.no_grad():
            scores += model.eval()(input_ids=padded, attention_mask=mask).logits.tolist()
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    json.dump({"class": type(model).__name__, "versions": versions, "rows": rows, "input_ids": ids, "scores": scores}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
