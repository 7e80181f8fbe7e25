"""How a random legal config.json of each model type is drawn: {model_type: (how many, draw(rng))}."""


def maybe(rng, config, key, *values, chance=0.5):
    if rng.random() < chance:
        config[key] = rng.choice(values)


def scaling(rng, size, kinds, context):
    """The entries of one rotary scaling beside its theta."""
    kind = rng.choice(kinds)
    entries = {"rope_type": kind}
    if kind in ("linear", "dynamic", "llama3", "yarn"):
        entries["factor"] = rng.choice([1.0, 2.0, 4.0, 8.0])
    if kind == "llama3":
        entries |= {"low_freq_factor": 1.0, "high_freq_factor": rng.choice([2.0, 4.0])}
        maybe(rng, entries, "original_max_position_embeddings", 8, 16, 32)
    if kind == "yarn":
        maybe(rng, entries, "original_max_position_embeddings", 8, 16, 32)
        maybe(rng, entries, "attention_factor", 0.5, 1.0, 1.3, chance=0.3)
        maybe(rng, entries, "beta_fast", 2, 16, 32, 64, chance=0.4)
        maybe(rng, entries, "beta_slow", 0.5, 1, 2, chance=0.4)
        maybe(rng, entries, "truncate", True, False, chance=0.4)
        if rng.random() < 0.4:
            entries |= {"mscale": rng.choice([0.7, 1.0]), "mscale_all_dim": rng.choice([0.5, 1.0])}
    if kind == "longrope":
        entries |= {key: [round(rng.uniform(1, 4), 2) for _ in range(size // 2)] for key in ("short_factor", "long_factor")}
        entries["original_max_position_embeddings"] = rng.choice([6, 16, 32])
        maybe(rng, entries, "factor", 1.0, 4.0, chance=0.3)
        maybe(rng, entries, "attention_factor", 0.8, 1.2, chance=0.3)
    return entries


ALL_KINDS = ["default", "linear", "dynamic", "llama3", "yarn", "longrope"]


def rope(rng, config, size, kinds=ALL_KINDS):
    """Rotary positions as transformers 4 or 5 writes them, or none at all."""
    layout = rng.choice(["4", "4", "5", "5", "theta in scaling", "none"])
    theta = rng.choice([100.0, 10000.0, 500000.0, 777.0])
    if layout == "none":
        return
    entries = scaling(rng, size, kinds, config.get("max_position_embeddings"))
    if layout == "5":
        config["rope_parameters"] = entries
        maybe(rng, entries, "rope_theta", theta, chance=0.8)
        return
    if rng.random() < 0.5:
        entries["type"] = entries.pop("rope_type")
    if layout == "theta in scaling":
        config["rope_scaling"] = {**entries, "rope_theta": theta}
        maybe(rng, config, "rope_theta", 50.0, chance=0.5)
        return
    config["rope_theta"] = theta
    if "default" not in entries.values():
        config["rope_scaling"] = entries


def sizes(rng, model_type, heads=4, key_value_heads=(1, 2, 4), head_dims=(4, 6, 8)):
    config = {
        "model_type": model_type, "vocab_size": 24, "hidden_size": rng.choice([16, 24]), "intermediate_size": rng.choice([20, 28]),
        "num_hidden_layers": rng.choice([1, 2, 2, 3]), "num_attention_heads": heads,
        "num_key_value_heads": rng.choice(key_value_heads),
    }
    maybe(rng, config, "head_dim", *head_dims)
    maybe(rng, config, "max_position_embeddings", 32, 64, 128, chance=0.8)
    maybe(rng, config, "rms_norm_eps", 1e-5, 1e-3, 0.1)
    maybe(rng, config, "tie_word_embeddings", True, False, chance=0.7)
    maybe(rng, config, "hidden_act", "silu", "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "quick_gelu", "relu", "relu2", "swish", chance=0.3)
    maybe(rng, config, "attention_dropout", 0.0, 0.1)
    maybe(rng, config, "eos_token_id", 1, [1, 2], chance=0.8)
    maybe(rng, config, "use_cache", True, False)
    maybe(rng, config, "num_experts", 4, chance=0.05)  # a key that other classes read
    return config


def head_size(config):
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def llama(rng):
    config = sizes(rng, "llama")
    if rng.random() < 0.2:
        config.pop("num_key_value_heads")
    maybe(rng, config, "attention_bias", True, False)
    maybe(rng, config, "mlp_bias", True, False)
    maybe(rng, config, "pretraining_tp", 1, 2)
    maybe(rng, config, "sliding_window", 3, chance=0.2)  # not Llama's
    rope(rng, config, head_size(config))
    return config


def mistral(rng):
    config = sizes(rng, "mistral")
    if rng.random() < 0.2:
        config.pop("num_key_value_heads")  # 8
        config |= {"num_attention_heads": 8, "head_dim": 4}
    maybe(rng, config, "sliding_window", 3, 5, None, chance=0.7)
    rope(rng, config, head_size(config))
    return config


def windows(rng, config):
    maybe(rng, config, "use_sliding_window", True, True, False, chance=0.8)
    maybe(rng, config, "sliding_window", 3, 5, None, chance=0.8)
    maybe(rng, config, "max_window_layers", 0, 1, 2, chance=0.6)
    if rng.random() < 0.3:
        config["layer_types"] = [rng.choice(["full_attention", "sliding_attention"]) for _ in range(config["num_hidden_layers"])]


def qwen2(rng):
    config = sizes(rng, "qwen2")
    if rng.random() < 0.1:
        config.pop("num_key_value_heads")  # 32
        config |= {"num_attention_heads": 32, "head_dim": 2}
    windows(rng, config)
    rope(rng, config, head_size(config))
    return config


def qwen3(rng):
    config = sizes(rng, "qwen3")
    maybe(rng, config, "attention_bias", True, False)
    windows(rng, config)
    rope(rng, config, config.get("head_dim", 128))
    return config


def gpt2(rng):
    config = {"model_type": "gpt2", "vocab_size": 24, "n_embd": rng.choice([16, 24]), "n_head": rng.choice([2, 4]), "n_layer": rng.choice([1, 2, 3])}
    maybe(rng, config, "n_positions", 16, 32)
    maybe(rng, config, "n_inner", 20, None)
    maybe(rng, config, "activation_function", "gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "quick_gelu", "relu", "silu", "relu2", chance=0.8)
    maybe(rng, config, "layer_norm_epsilon", 1e-5, 1e-2)
    maybe(rng, config, "scale_attn_weights", True, False)
    maybe(rng, config, "scale_attn_by_inverse_layer_idx", True, False)
    maybe(rng, config, "reorder_and_upcast_attn", True, False)
    maybe(rng, config, "tie_word_embeddings", True, False)
    maybe(rng, config, "resid_pdrop", 0.0, 0.1)
    return config


def experts(rng, config, name):
    maybe(rng, config, name, 3, 5, chance=0.7)
    maybe(rng, config, "num_experts_per_tok", 1, 2, 3, chance=0.7)
    maybe(rng, config, "output_router_logits", True, False, chance=0.2)
    maybe(rng, config, "router_jitter_noise", 0.1, chance=0.1)


def mixtral(rng):
    config = sizes(rng, "mixtral")
    config.pop("num_experts", None)
    experts(rng, config, "num_local_experts")
    maybe(rng, config, "sliding_window", 3, 5, None, chance=0.4)
    rope(rng, config, head_size(config))
    return config


def qwen3_moe(rng):
    config = {**sizes(rng, "qwen3_moe"), "num_experts": 4, "moe_intermediate_size": rng.choice([12, 20])}
    experts(rng, config, "num_experts")
    config.setdefault("num_experts_per_tok", 2)
    maybe(rng, config, "norm_topk_prob", True, False)
    maybe(rng, config, "attention_bias", True, False)
    maybe(rng, config, "use_sliding_window", True, False)
    maybe(rng, config, "sliding_window", 3, 5)
    maybe(rng, config, "mlp_only_layers", [], [0], chance=0.2)
    maybe(rng, config, "decoder_sparse_step", 1, 2, chance=0.2)
    rope(rng, config, head_size(config))
    return config


def gemma_activation(rng, config, key):
    config.pop("hidden_act", None)
    maybe(rng, config, key, "gelu_pytorch_tanh", "gelu", "silu", "relu", chance=0.4)


def gemma(rng):
    config = sizes(rng, "gemma")
    gemma_activation(rng, config, "hidden_act")
    maybe(rng, config, "attention_bias", True, False, chance=0.3)
    rope(rng, config, config.get("head_dim", 256))
    return config


def gemma2(rng):
    config = sizes(rng, "gemma2")
    gemma_activation(rng, config, "hidden_activation")
    config["hidden_act"] = rng.choice(["gelu", "silu"])  # a key that files have and the class does not read
    maybe(rng, config, "attention_bias", True, False, chance=0.3)
    maybe(rng, config, "query_pre_attn_scalar", 4, 16, 20)
    maybe(rng, config, "attn_logit_softcapping", 2.0, 5.0, 50.0, None, chance=0.7)
    maybe(rng, config, "final_logit_softcapping", 2.0, 5.0, 30.0, None, chance=0.7)
    maybe(rng, config, "sliding_window", 3, 5, chance=0.8)
    maybe(rng, config, "use_bidirectional_attention", False, True, chance=0.2)
    if rng.random() < 0.3:
        config["layer_types"] = [rng.choice(["full_attention", "sliding_attention"]) for _ in range(config["num_hidden_layers"])]
    rope(rng, config, config.get("head_dim", 256))
    return config


def gemma3_text(rng):
    config = gemma2(rng) | {"model_type": "gemma3_text"}
    for key in ("rope_theta", "rope_scaling", "rope_parameters"):
        config.pop(key, None)
    size, layout = config.get("head_dim", 256), rng.choice(["4", "4", "5", "none"])
    if layout == "4":
        maybe(rng, config, "rope_theta", 1000.0, 10000.0, chance=0.7)
        maybe(rng, config, "rope_local_base_freq", 100.0, 777.0, chance=0.7)
        if rng.random() < 0.5:
            config["rope_scaling"] = scaling(rng, size, ["linear", "dynamic"], None)
        maybe(rng, config, "sliding_window_pattern", 2, 3, chance=0.7)
    if layout == "5":
        config["rope_parameters"] = {"full_attention": scaling(rng, size, ["default", "linear", "llama3"], None), "sliding_attention": {"rope_type": "default"}}
        for entries in config["rope_parameters"].values():
            maybe(rng, entries, "rope_theta", 100.0, 5000.0, chance=0.7)
    return config


def gemma3(rng):
    text = gemma3_text(rng)
    tied = text.pop("tie_word_embeddings", None)
    vision = {"model_type": "siglip_vision_model", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "image_size": 28, "patch_size": 14}
    config = {"model_type": "gemma3", "text_config": text, "vision_config": vision, "mm_tokens_per_image": 1}
    if tied is not None:
        config["tie_word_embeddings"] = tied
    return config


def phi3(rng):
    config = sizes(rng, "phi3", head_dims=(4, 6)) | {"pad_token_id": 0}
    config.pop("head_dim", None)
    maybe(rng, config, "sliding_window", 3, 5, None, chance=0.4)
    maybe(rng, config, "partial_rotary_factor", 1.0, 0.5, chance=0.4)
    if config.get("partial_rotary_factor") == 0.5:
        config["hidden_size"] = 16
    size = int(head_size(config) * config.get("partial_rotary_factor", 1.0))
    rope(rng, config, size, ["default", "longrope", "longrope"])
    for key in ("rope_scaling", "rope_parameters"):
        if config.get(key, {}).get("type") == "longrope":
            config[key]["type"] = rng.choice(["longrope", "su", "yarn"])
    maybe(rng, config, "original_max_position_embeddings", 6, 16, 32, chance=0.8)
    return config


def olmo2(rng):
    config = sizes(rng, "olmo2") | {"pad_token_id": rng.choice([0, None])}
    maybe(rng, config, "attention_bias", True, False)
    rope(rng, config, head_size(config))
    return config


def olmo3(rng):
    config = sizes(rng, "olmo3") | {"pad_token_id": rng.choice([0, None])}
    maybe(rng, config, "attention_bias", True, False)
    maybe(rng, config, "sliding_window", 3, 5, chance=0.8)
    if rng.random() < 0.5:
        config["layer_types"] = [rng.choice(["full_attention", "sliding_attention"]) for _ in range(config["num_hidden_layers"])]
    size, layout = head_size(config), rng.choice(["4", "5", "none"])
    if layout == "4":
        maybe(rng, config, "rope_theta", 100.0, 10000.0, chance=0.7)
        if rng.random() < 0.5:
            config["rope_scaling"] = scaling(rng, size, ["linear", "dynamic", "yarn"], None)
    if layout == "5":
        config["rope_parameters"] = {"full_attention": scaling(rng, size, ["default", "linear", "yarn", "llama3"], None), "sliding_attention": {"rope_type": "default"}}
        for entries in config["rope_parameters"].values():
            maybe(rng, entries, "rope_theta", 100.0, 5000.0, chance=0.7)
    return config


def granite(rng):
    config = sizes(rng, "granite")
    maybe(rng, config, "attention_bias", True, False)
    maybe(rng, config, "mlp_bias", True, False)
    maybe(rng, config, "embedding_multiplier", 1.0, 3, 12.0, chance=0.7)
    maybe(rng, config, "residual_multiplier", 1.0, 0.22, chance=0.7)
    maybe(rng, config, "attention_multiplier", 0.3, 0.0625, chance=0.7)
    maybe(rng, config, "logits_scaling", 1.0, 8.0, chance=0.7)
    rope(rng, config, head_size(config))
    return config


def smollm3(rng):
    config = sizes(rng, "smollm3") | {"pad_token_id": 0}
    maybe(rng, config, "attention_bias", True, False)
    maybe(rng, config, "no_rope_layer_interval", 2, 3)
    if rng.random() < 0.4:
        config["no_rope_layers"] = [rng.choice([0, 1]) for _ in range(config["num_hidden_layers"])]
    maybe(rng, config, "use_sliding_window", True, False)
    maybe(rng, config, "sliding_window", 3, 5)
    rope(rng, config, head_size(config))
    return config


FAMILIES = {
    "llama": (36, llama), "mistral": (20, mistral), "qwen2": (20, qwen2), "qwen3": (20, qwen3), "gpt2": (20, gpt2),
    "gemma": (8, gemma), "gemma2": (20, gemma2), "gemma3_text": (20, gemma3_text), "gemma3": (4, gemma3), "phi3": (18, phi3),
    "olmo2": (10, olmo2), "olmo3": (10, olmo3), "mixtral": (12, mixtral), "qwen3_moe": (14, qwen3_moe), "granite": (10, granite), "smollm3": (10, smollm3),
}
