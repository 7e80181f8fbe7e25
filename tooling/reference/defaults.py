"""What transformers' config classes take for keys that a config.json leaves out -> packages/core/test/golden/config-defaults.json."""
import json
from dataclasses import MISSING, fields
from pathlib import Path
import transformers
from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

MODEL_TYPES = ["llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma", "gemma2", "gemma3_text", "phi3", "olmo2", "olmo3", "granite", "smollm3", "gpt2"]
TARGET = Path(__file__).resolve().parents[2] / "packages/core/test/golden/config-defaults.json"


def plain(value):
    return value if isinstance(value, (int, float, str, bool, list, dict, type(None))) else str(value)


def defaults(cls):
    common = {field.name for field in fields(PreTrainedConfig)}
    own = {f.name: plain(f.default) for f in fields(cls) if f.name not in common and f.default is not MISSING}
    if "rope_parameters" not in own:
        return own
    theta = cls.default_theta  # of two kinds of layers in Gemma 3
    both = isinstance(theta, dict)
    own["rope_theta"] = theta["global"] if both else theta
    return {**own, "rope_local_base_freq": theta["local"]} if both else own


if __name__ == "__main__":
    classes = {kind: defaults(CONFIG_MAPPING[kind]) for kind in MODEL_TYPES}
    text = json.dumps({"transformers": transformers.__version__, "classes": classes}, indent=1, sort_keys=True)
    TARGET.write_text(text + "\n")
