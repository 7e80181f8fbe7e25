"""PEFT's LoRA by random legal configurations on tiny models, for packages/core/test/once/combinations-adapters.test.ts.

    python adapters.py [--cases 150] [--seed 15] [--out FILE]

The first line of the file: the models and PEFT's own defaults. Every other line: what a configuration says otherwise, the
tensors that PEFT saves for it, and the logits that PEFT computes when it loads them. Weights are drawn from their names.
"""
import argparse
import dataclasses
import json
import random
import re
import tempfile
import warnings
from pathlib import Path
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft import __version__ as peft_version
from peft.utils import PeftType
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, Gemma2Config, GPT2Config, LlamaConfig, Phi3Config, Qwen2Config
from drawn import drawn

OUT = Path(__file__).parents[3] / "packages/core/test/golden/combinations/adapters.jsonl"
IDS = [[5, 31, 7, 22, 11, 2]]
LLAMA = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, rms_norm_eps=1e-5)
MODELS = {
    "llama": LlamaConfig(**LLAMA, tie_word_embeddings=False),
    "llama-tied": LlamaConfig(**LLAMA, tie_word_embeddings=True),
    "qwen2": Qwen2Config(**LLAMA, tie_word_embeddings=False),
    "phi3": Phi3Config(**LLAMA, tie_word_embeddings=False, pad_token_id=0, bos_token_id=1, eos_token_id=2),
    "gemma2": Gemma2Config(**LLAMA, head_dim=4, sliding_window=4, query_pre_attn_scalar=4),
    "gpt2": GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=4, n_positions=64),
}
NAMES = {
    "llama": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    "phi3": ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"],
    "gpt2": ["c_attn", "attn.c_proj", "c_fc", "mlp.c_proj", "c_proj"],
}


def base_weights(model):
    """Every weight from its name; norms around 1, so that signals neither die nor grow."""
    state = {}
    for name, tensor in model.state_dict().items():
        norm = name.endswith("weight") and ("norm" in name or "ln_" in name)
        scale, centre = (0.2, 1.0) if norm else (0.3, 0.0)
        state[name] = (list(tensor.shape), scale, centre)
    return state


def fill(model):
    model.load_state_dict({
        name: torch.from_numpy(drawn(name, shape, scale, centre).copy())
        for name, (shape, scale, centre) in base_weights(model).items()
        if not (name == "lm_head.weight" and model.config.tie_word_embeddings)
    }, strict=False)
    model.tie_weights()
    return model.eval()


def new_model(name):
    model = AutoModelForCausalLM.from_config(MODELS[name], attn_implementation="eager")
    model.config.name_or_path = ""
    return fill(model)


def targets_of(rng, family, layers):
    names = NAMES[family]
    stem = "transformer.h" if family == "gpt2" else "model.layers"
    block = {"gpt2": "attn.c_attn", "phi3": "self_attn.qkv_proj"}.get(family, "self_attn.v_proj")
    kind = rng.random()
    some = rng.sample(names, rng.randint(1, len(names)))
    if kind < 0.15:
        return "all-linear"
    if kind < 0.3:
        alternatives = "|".join(name.replace(".", r"\.") for name in some)
        return rf".*\.({rng.choice(['0', '[01]', rf'{layers - 1}', '[0-9]+'])})\.\w+\.({alternatives.replace('attn.', '').replace('mlp.', '')})"
    if kind < 0.36:
        return rf"(.*{stem}\.0\.{block.replace('.', chr(92) + '.')})|(.*\.1\.mlp\.{'c_fc' if family == 'gpt2' else 'down_proj'})"
    if kind < 0.45:
        return [f"{stem}.{rng.randrange(layers)}.{block}", f"{stem}.{rng.randrange(layers)}.{block}", rng.choice(names)]
    if rng.random() < 0.18:
        some.append("lm_head")
    if rng.random() < 0.18:
        some.append("wte" if family == "gpt2" else "embed_tokens")
    return some


def pattern(rng, family, values):
    keys = NAMES[family] + ([r"h.1.attn.c_attn", r".*mlp.*"] if family == "gpt2" else
                            [r"layers.1.self_attn.q_proj", r".*mlp.*", r"^model\.layers\.0\..*", r"layers\.(0|2)\..*_proj"])
    return {key: rng.choice(values) for key in rng.sample(keys, rng.randint(1, 2))}


def draw(rng):
    """A model, and what a configuration says otherwise than PEFT's defaults."""
    name = rng.choice(list(MODELS))
    family, layers = ("gpt2", 2) if name == "gpt2" else ("phi3" if name == "phi3" else "llama", 3)
    config = {"target_modules": targets_of(rng, family, layers), "r": rng.choice([1, 2, 4]),
              "lora_alpha": rng.choice([1, 4, 8, 5]), "task_type": "CAUSAL_LM", "lora_dropout": rng.choice([0.0, 0.1])}
    listed = isinstance(config["target_modules"], list)
    if family == "gpt2" and rng.random() < 0.7:
        config["fan_in_fan_out"] = True
    if rng.random() < 0.3:
        config["rank_pattern"] = pattern(rng, family, [1, 2, 3, 6])
    if rng.random() < 0.3:
        config["alpha_pattern"] = pattern(rng, family, [2, 3, 16])
    if rng.random() < 0.25:
        config["use_rslora"] = True
    if listed and rng.random() < 0.2:
        config["layers_to_transform"] = rng.choice([0, [0], [0, layers - 1], [1]])
        if rng.random() < 0.4:
            config["layers_pattern"] = "h" if family == "gpt2" else "layers"
    if rng.random() < 0.15:
        config["exclude_modules"] = rng.choice([["k_proj"], r".*\.0\..*", ["lm_head", "c_fc"]])
    if rng.random() < 0.3:
        config["bias"] = rng.choice(["all", "lora_only"])
    if rng.random() < 0.25:
        config["use_dora"] = True
    elif rng.random() < 0.2:
        config["lora_bias"] = True
    if rng.random() < 0.2:
        config["modules_to_save"] = rng.choice([["lm_head"], ["wte" if family == "gpt2" else "embed_tokens"],
                                               ["mlp.c_proj" if family == "gpt2" else "o_proj"],
                                               ["ln_f" if family == "gpt2" else "norm"],
                                               ["lm_head", "wte" if family == "gpt2" else "embed_tokens"]])
    start = rng.random()
    if start < 0.12:
        config["init_lora_weights"] = rng.choice([False, "gaussian", "eva", "orthogonal", "mica"])
    elif start < 0.16:
        config["init_lora_weights"] = rng.choice(["pissa", "pissa_niter_2", "olora"])
    elif start < 0.18:
        config["alora_invocation_tokens"] = [3, 4]
    elif start < 0.2:
        config["trainable_token_indices"] = [3, 4]
    elif start < 0.24:
        config["ensure_weight_tying"] = True
    return name, config, rng.choice([True, False, False, False, "auto"])


def answer(rng, name, config, save_embeddings, folder):
    """The tensors that PEFT saves, all but the base model's own drawn anew, and PEFT's logits with them."""
    base = new_model(name)
    weights = {key: value.clone() for key, value in base.state_dict().items()}
    get_peft_model(base, LoraConfig(**config)).save_pretrained(folder, save_embedding_layers=save_embeddings)
    file = Path(folder) / "adapter_model.safetensors"
    keep_norms = rng.random() < 0.6
    keep_embeddings = rng.random() < 0.7
    tensors, table = {}, {}
    for key, tensor in sorted(load_file(file).items()):
        plain = key.removeprefix("base_model.model.").replace(".base_layer.", ".").replace(".original_module.", ".")
        source = plain if plain in weights and torch.equal(weights[plain], tensor) else None
        inside = plain.rsplit(".", 1)[0]
        saved = any(inside.endswith(one) for one in config.get("modules_to_save", []))
        norm = "norm" in plain or "ln_" in plain
        embedding = any(one in plain for one in ("embed_tokens", "lm_head", "wte"))
        if source and "original_module" in key or source and not saved and ((norm and keep_norms) or (embedding and (keep_embeddings or "base_layer" in key))):
            if plain == "lm_head.weight" and base.config.tie_word_embeddings:
                source = "transformer.wte.weight" if name == "gpt2" else "model.embed_tokens.weight"
            tensors[key], table[key] = tensor, [list(tensor.shape), source]
        else:
            centre = 1.0 if "magnitude" in key or norm else 0.0
            table[key] = [list(tensor.shape)]
            origin = "adapter " + key
            if plain == "lm_head.weight" and not saved and base.config.tie_word_embeddings:  # one weight, two names
                origin = "adapter base_model.model." + ("transformer.wte" if name == "gpt2" else "model.embed_tokens") + ".weight"
                table[key].append(origin)
            tensors[key] = torch.from_numpy(drawn(origin, tensor.shape, 0.4, centre).copy())
    save_file(tensors, file, metadata={"format": "pt"})
    model = PeftModel.from_pretrained(new_model(name), folder).eval()
    with torch.no_grad():
        logits = model(input_ids=torch.tensor(IDS)).logits[0, [2, -1]]
    written = json.loads((Path(folder) / "adapter_config.json").read_text())
    return written, table, [[float(f"{value:.6g}") for value in line] for line in logits.tolist()]


def compact(tensors):
    """[name with # for the layer, layers, shape, the base model's or ("adapter ...") the adapter's tensor that it is a copy of]."""
    groups = {}
    for key, (shape, *source) in tensors.items():
        layer = re.search(r"\.(\d+)\.", key)
        hide = (lambda text: re.sub(r"\.\d+\.", ".#.", text, count=1)) if layer else (lambda text: text)
        group = groups.setdefault((hide(key), *shape, *map(hide, source)), [hide(key), [], shape, *map(hide, source)])
        group[1].append(int(layer[1]) if layer else 0)
    return list(groups.values())


def plain(value):
    if dataclasses.is_dataclass(value):
        return {key: plain(one) for key, one in dataclasses.asdict(value).items()}
    return sorted(value) if isinstance(value, set) else value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=150)
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--out", type=Path, default=OUT)
    flags = parser.parse_args()
    warnings.filterwarnings("ignore")
    rng = random.Random(flags.seed)
    defaults = {field.name: plain(getattr(LoraConfig(), field.name)) for field in dataclasses.fields(LoraConfig)}
    for key, value in defaults.items():
        if isinstance(value, PeftType):
            defaults[key] = value.value
    models = {name: {"config": json.loads(config.to_json_string(use_diff=False)),
                     "weights": base_weights(new_model(name))} for name, config in MODELS.items()}
    for name, config in MODELS.items():
        models[name]["config"]["architectures"] = [type(new_model(name)).__name__]
    lines = [{"peft": peft_version, "types": sorted(kind.value for kind in PeftType), "defaults": defaults,
              "ids": IDS, "models": models}]
    while len(lines) <= flags.cases:
        name, config, save_embeddings = draw(rng)
        with tempfile.TemporaryDirectory() as folder:
            try:
                written, tensors, logits = answer(rng, name, config, save_embeddings, folder)
            except Exception as error:  # PEFT's own refusals: the combination is not legal
                print(f"not legal: {config}: {type(error).__name__} {str(error)[:100]}")
                continue
        changed = {key: value for key, value in sorted(written.items()) if value != defaults.get(key)}
        lines.append({"model": name, "config": changed, "tensors": compact(tensors), "logits": logits})
    flags.out.parent.mkdir(parents=True, exist_ok=True)
    flags.out.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


if __name__ == "__main__":
    main()
