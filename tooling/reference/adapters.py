"""LoRA, PBLoRA and MoSLoRA as forward hooks on a Hugging Face model, written from their formulas (see README.md)."""
import re
import torch

PREFIX = "base_model.model."


def modules_of(tensors):
    """Adapted module -> its own tensors by short name."""
    found = {}
    for name, tensor in tensors.items():
        match = re.fullmatch(re.escape(PREFIX) + r"(.+?)\.((?:lora|pblora|moslora)_\w+)(?:\.weight)?", name)
        if match:
            found.setdefault(match[1], {})[match[2]] = tensor
    return found


def delta(kind, own, x, preference, config, vectors):
    """What the adapter adds to a projection. x [B,T,in], preference [B,K] -> [B,T,out]."""
    if kind == "lora":
        return config["alpha"] / config["r"] * (x @ own["lora_A"].T @ own["lora_B"].T)
    if kind == "pblora":
        r1, r2 = config["r1"], config["r2"]
        shared = x @ own["pblora_A"][:r1].T @ own["pblora_W1"].T @ own["pblora_B"][:, :r1].T
        core = (preference @ own["pblora_W2"]).reshape(-1, r2, r2)
        steered = (x @ own["pblora_A"][r1:].T) @ core.transpose(1, 2) @ own["pblora_B"][:, r1:].T
        return config["alpha"] / r2 * (shared + steered)
    mixed = preference @ vectors  # [B,d]
    gamma = 1 + mixed @ own["moslora_Ug"].T
    shift = mixed @ own["moslora_Ud"].T
    hidden = x @ own["moslora_A"].T * gamma[:, None] + shift[:, None]
    return config["alpha"] / config["r"] * hidden @ own["moslora_B"].T


class Adapted:
    """`with Adapted(model, kind, tensors, config, preference [B,K], vectors): model(...)`."""

    def __init__(self, model, kind, tensors, config, preference, vectors=None):
        self.arguments = (model, kind, tensors, config, preference, vectors)

    def __enter__(self):
        model, kind, tensors, config, preference, vectors = self.arguments
        self.handles = []
        for path, own in modules_of(tensors).items():
            def hook(_module, inputs, out, own=own):
                return out + delta(kind, own, inputs[0], preference, config, vectors)
            self.handles.append(model.get_submodule(path).register_forward_hook(hook))

    def __exit__(self, *_):
        for handle in self.handles:
            handle.remove()
