"""Random legal configs of every encoder class, and the scores that transformers computes with weights drawn by name.

    python combinations/encoders.py ../../packages/eval/test/golden/combinations
"""
import json
import random
import re
import sys
from pathlib import Path
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast
from drawn import drawn

SEED = 7
A_CLASS = 11
ACTIVATIONS = ["gelu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "tanh", "gelu_fast", "gelu_python"]


def bert_like(r, rows, pad=None):
    heads = r.choice([1, 2, 4])
    config = {"vocab_size": r.randint(20, 40), "hidden_size": heads * r.choice([3, 4, 8]), "num_hidden_layers": r.randint(1, 3), "num_attention_heads": heads, "intermediate_size": r.randint(5, 40), "max_position_embeddings": rows}
    maybe(r, config, hidden_act=r.choice(ACTIVATIONS), type_vocab_size=r.choice([1, 2, 3]), layer_norm_eps=r.choice([1e-12, 1e-5, 1e-3]))
    if pad is not None:
        maybe(r, config, pad_token_id=pad)
    return config


def roberta(r):
    pad = r.choice([0, 1, 1, 3])
    return bert_like(r, 24 + pad, pad)


def electra(r):
    config = bert_like(r, 24, 0)
    config["embedding_size"] = r.choice([config["hidden_size"], r.randint(3, 20)])
    return config


def distilbert(r):
    heads = r.choice([1, 2, 4])
    config = {"vocab_size": r.randint(20, 40), "dim": heads * r.choice([3, 4, 8]), "n_layers": r.randint(1, 3), "n_heads": heads, "hidden_dim": r.randint(5, 40), "max_position_embeddings": 24}
    maybe(r, config, activation=r.choice(ACTIVATIONS), sinusoidal_pos_embds=r.choice([True, False]))
    return config


def deberta(r):
    config = bert_like(r, 24)
    relative = r.random() < 0.85
    config["relative_attention"] = relative
    maybe(r, config, position_biased_input=r.choice([True, False]), pooler_hidden_act=r.choice(ACTIVATIONS), pooler_dropout=0.1, share_att_key=r.choice([True, False]), max_relative_positions=r.choice([-1, 9, 16]), position_buckets=r.choice([-1, 4, 6, 8]), norm_rel_ebd=r.choice(["layer_norm", "none", "Layer_Norm | x"]))
    config["pos_att_type"] = r.choice(["p2c|c2p", ["p2c", "c2p"], "c2p", ["p2c"], None, "C2P"])
    config.setdefault("layer_norm_eps", 1e-7)
    if r.random() < 0.4:
        config["type_vocab_size"] = 0
    return config


def modernbert(r):
    heads = r.choice([1, 2, 4])
    config = {"vocab_size": r.randint(20, 40), "hidden_size": heads * r.choice([4, 6, 8]), "num_hidden_layers": r.randint(1, 5), "num_attention_heads": heads, "intermediate_size": r.randint(5, 40), "max_position_embeddings": 24, "pad_token_id": 0, "bos_token_id": 1, "cls_token_id": 1, "eos_token_id": 2, "sep_token_id": 2}
    maybe(r, config, hidden_activation=r.choice(ACTIVATIONS), classifier_activation=r.choice(ACTIVATIONS), classifier_pooling=r.choice(["cls", "mean"]), classifier_bias=r.choice([True, False]), norm_bias=r.choice([True, False]), mlp_bias=r.choice([True, False]), attention_bias=r.choice([True, False]), norm_eps=r.choice([1e-5, 1e-3]), global_attn_every_n_layers=r.choice([1, 2, 3, 4]))
    config["local_attention"] = r.choice([2, 4, 5, 8])
    style = r.choice(["old", "new", "none", "layers"])
    if style == "old":
        maybe(r, config, global_rope_theta=r.choice([100.0, 160000.0]), local_rope_theta=r.choice([50.0, 10000.0]))
    if style in ("new", "layers"):
        config["rope_parameters"] = {"full_attention": {"rope_type": "default", "rope_theta": 300.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 20.0}}
    if style == "layers":
        config["layer_types"] = [r.choice(["full_attention", "sliding_attention"]) for _ in range(config["num_hidden_layers"])]
    return config


def maybe(r, config, **values):
    """Keys that a config.json may leave to the class."""
    for key, value in values.items():
        if r.random() < 0.6:
            config[key] = value


CLASSES = {
    "DistilBertForSequenceClassification": ("DistilBertConfig", distilbert),
    "BertForSequenceClassification": ("BertConfig", lambda r: bert_like(r, 24)),
    "RobertaForSequenceClassification": ("RobertaConfig", roberta),
    "XLMRobertaForSequenceClassification": ("XLMRobertaConfig", roberta),
    "CamembertForSequenceClassification": ("CamembertConfig", roberta),
    "ElectraForSequenceClassification": ("ElectraConfig", electra),
    "DebertaV2ForSequenceClassification": ("DebertaV2Config", deberta),
    "ModernBertForSequenceClassification": ("ModernBertConfig", modernbert),
}

# legal in transformers, not computed here: the refusal must name the key
REFUSED = [
    ("BertForSequenceClassification", {"is_decoder": True}, "is_decoder"),
    ("BertForSequenceClassification", {"hidden_act": "mish"}, "hidden_act"),
    ("RobertaForSequenceClassification", {"hidden_act": "quick_gelu"}, "hidden_act"),
    ("BertForSequenceClassification", {"position_embedding_type": "relative_key"}, "position_embedding_type"),
    ("DebertaV2ForSequenceClassification", {"conv_kernel_size": 3}, "conv_kernel_size"),
    ("DebertaV2ForSequenceClassification", {"embedding_size": 5}, "embedding_size"),
    ("ModernBertForSequenceClassification", {"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 10.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 10.0}}}, "rope_type"),
]


def weights(model):
    """Every tensor by its name; norms near 1, the rest so large that every step counts."""
    state = {name: tensor for name, tensor in model.state_dict().items() if tensor.dtype == torch.float32}
    for name, tensor in state.items():
        tensor.copy_(torch.from_numpy(drawn(name, list(tensor.shape), *scale_of(name, tensor.dim()))))
    return state


def scale_of(name, rank):
    if rank == 1:
        return (0.3, 1.0) if re.search(r"(norm|ln_[12f])\.weight$", name, re.IGNORECASE) else (0.2, 0.0)
    return (0.8, 0.0) if "embeddings" in name else (0.35, 0.0)


def shapes(state):
    """[name with # for a layer's number, shape, first layer, last layer]; names of one layer each stand for themselves."""
    table = {}
    for name, tensor in state.items():
        match = re.search(r"\.(\d+)\.", name)
        pattern = name if not match else name.replace(match[0], ".#.", 1)
        layer = -1 if not match else int(match[1])
        entry = table.setdefault((pattern, tuple(tensor.shape)), [layer, layer])
        entry[0], entry[1] = min(entry[0], layer), max(entry[1], layer)
    return [[pattern, list(shape), *layers] for (pattern, shape), layers in table.items()]


def rounded(values):
    return [[float(f"{value:.6g}") for value in row] for row in values]


def combination(name, config, r):
    config_class = getattr(transformers, CLASSES[name][0])
    labels = r.choice([1, 2, 3])
    full = dict(config, architectures=[name], model_type=config_class.model_type, id2label={str(i): f"LABEL_{i}" for i in range(labels)}, label2id={f"LABEL_{i}": i for i in range(labels)})
    parsed = config_class.from_dict(json.loads(json.dumps(full)))
    torch.manual_seed(0)
    model = getattr(transformers, name)._from_config(parsed, attn_implementation="eager").eval().requires_grad_(False)
    state = weights(model)
    pad = parsed.pad_token_id
    types = r.random() < 0.5 and getattr(parsed, "type_vocab_size", 0) > 1
    rows = []
    for length in (r.randint(12, 20), r.randint(3, 11), 2):
        ids = [r.randrange(parsed.vocab_size) for _ in range(length)]  # pad ids too: they count as text
        cut = r.randint(1, length - 1)
        rows.append({"ids": ids, "types": [int(place >= cut) for place in range(length)] if types else None})
    alone = torch.cat([model(**inputs([row], pad)).logits for row in rows])
    together = model(**inputs(rows, pad)).logits
    assert float((alone - together).abs().max()) < 1e-4, (name, alone, together)
    return {"config": full, "tensors": shapes(state), "rows": rows, "logits": rounded(alone.tolist())}


def inputs(rows, pad):
    longest = max(len(row["ids"]) for row in rows)
    filled = lambda values, filler: values + [filler] * (longest - len(values))
    batch = {"input_ids": torch.tensor([filled(row["ids"], pad or 0) for row in rows]), "attention_mask": torch.tensor([filled([1] * len(row["ids"]), 0) for row in rows])}
    if rows[0]["types"] is not None:
        batch["token_type_ids"] = torch.tensor([filled(row["types"], 0) for row in rows])
    return batch


WORDS = "why did the goat cross road because it could of course no a and one more ##ing ##s ? ! , . ;".split()
PAIRS = [["why did the goat cross?", "because it could, of course!"], ["no", ""], ["a goat, and one more; why?", "no. no! no?"]]


def pair_tokenizer(processor, typed):
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    letters = list("abcdefghijklmnopqrstuvwxyz") + ["##" + c for c in "abcdefghijklmnopqrstuvwxyz"]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(special + WORDS + letters))}
    inner = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.post_processor = processor(("[SEP]", vocab["[SEP]"]), ("[CLS]", vocab["[CLS]"]))
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if typed else [])
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", model_input_names=names)


TEMPLATE = lambda sep, cls: processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[cls, sep])
PROCESSORS = {
    "BertForSequenceClassification": ("BertProcessing", processors.BertProcessing),
    "ElectraForSequenceClassification": ("TemplateProcessing", TEMPLATE),
    "DebertaV2ForSequenceClassification": ("TemplateProcessing", TEMPLATE),
    "RobertaForSequenceClassification": ("RobertaProcessing", lambda sep, cls: processors.RobertaProcessing(sep, cls)),
}


def pair(name, r):
    """A model of one label that reads prompt and response as tokenizer(prompt, response) writes them."""
    kind, processor = PROCESSORS[name]
    tokenizer = pair_tokenizer(processor, not name.startswith("Rob"))  # as the classes' own tokenizers
    config = dict(CLASSES[name][1](r), vocab_size=len(tokenizer), max_position_embeddings=48, type_vocab_size=1 if name.startswith("Rob") else 2)
    config_class = getattr(transformers, CLASSES[name][0])
    full = dict(config, architectures=[name], model_type=config_class.model_type, id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0})
    model = getattr(transformers, name)._from_config(config_class.from_dict(json.loads(json.dumps(full))), attn_implementation="eager").eval().requires_grad_(False)
    state = weights(model)
    texts = []
    for prompt, response in PAIRS:
        encoded = tokenizer(prompt, response, return_tensors="pt")
        texts.append({"prompt": prompt, "response": response, "ids": encoded["input_ids"][0].tolist(), "score": float(f"{float(model(**encoded).logits[0, 0]):.6g}")})
    return {"processor": kind, "tokenizer": json.loads(tokenizer.backend_tokenizer.to_str()), "config": full, "tensors": shapes(state), "texts": texts}


def main(target):
    torch.set_num_threads(1)
    lines = []
    for name, (_, make) in CLASSES.items():
        for place in range(A_CLASS):
            r = random.Random(f"{SEED} {name} {place}")
            lines.append(combination(name, make(r), r))
    for name, change, key in REFUSED:
        r = random.Random(f"{SEED} {name} {key}")
        config_class = getattr(transformers, CLASSES[name][0])
        config = {**CLASSES[name][1](r), **change, "architectures": [name], "model_type": config_class.model_type}
        lines.append({"config": config, "refused": key})
    write(Path(target) / "encoders.jsonl", lines)
    write(Path(target) / "encoder-pairs.jsonl", [pair(name, random.Random(f"{SEED} pair {name}")) for name in PROCESSORS])


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines))
    print(path.name, len(lines), path.stat().st_size)


if __name__ == "__main__":
    main(sys.argv[1])
