"""Makes a tiny random DistilBERT classifier with its WordPiece tokenizer and the numbers that transformers computes with it.

    python distilbert.py ../../packages/eval/test/golden/scorers/distilbert-2
"""
import json
import sys
from pathlib import Path
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import DistilBertConfig, DistilBertForSequenceClassification, PreTrainedTokenizerFast

SEED = 20260
TEXTS = ["why did the goat cross?", "Because it could, of course!", "no", "A goat, a goat and one more goat... crossing the road; why?"]


def tokenizer():
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] why did the goat cross because it could of course no a and one more road ##ing ##s ? ! , . ;".split()
    letters = [c for c in "abcdefghijklmnopqrstuvwxyz"] + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz"]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(words + letters))}
    inner = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.decoder = decoders.WordPiece()
    inner.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])])
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")


def main(target):
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    tok = tokenizer()
    config = DistilBertConfig(vocab_size=len(tok), dim=32, hidden_dim=72, n_heads=4, n_layers=2, max_position_embeddings=64, num_labels=2, pad_token_id=0, id2label={0: "NO_HUMOR", 1: "HUMOR"}, label2id={"NO_HUMOR": 0, "HUMOR": 1})
    model = DistilBertForSequenceClassification(config).eval().requires_grad_(False)
    for parameter in model.parameters():  # larger than the usual start, norms too: every step counts
        parameter.add_(0.3 * torch.randn_like(parameter))
    model.save_pretrained(target)
    tok.save_pretrained(target)
    batch = tok(TEXTS, padding=True, return_tensors="pt")
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits
    alone = torch.cat([model(**{k: v for k, v in tok(t, return_tensors="pt").items() if k != "token_type_ids"}).logits for t in TEXTS])
    expect = {
        "about": "DistilBertForSequenceClassification with 2 labels; the usual score is probabilities[:, 1]",
        "tolerance": {"abs": 1e-4, "reason": f"float32; padded and single texts differ by {float((logits - alone).abs().max()):.0e} here"},
        "texts": TEXTS,
        "input_ids": [tok(t)["input_ids"] for t in TEXTS],
        "scores": logits.tolist(),
        "probabilities": logits.softmax(-1).tolist(),
        "made_by": {"script": "tooling/reference/distilbert.py", "seed": SEED, "torch": torch.__version__, "transformers": transformers.__version__},
    }
    (Path(target) / "expect.json").write_text(json.dumps(expect, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
