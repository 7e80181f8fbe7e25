"""Writes which special tokens transformers' tokenizer classes have by default, and the class of each kind of model.

    python special_tokens.py > ../../packages/core/test/golden/defaults/special-tokens.json
"""
import inspect
import json
import transformers
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

TYPES = """llama mistral mixtral qwen2 qwen3 qwen3_moe gpt2 gemma gemma2 gemma3 gemma3_text phi phi3 olmo olmo2 smollm3 granite
bert distilbert roberta xlm-roberta camembert deberta-v2 modernbert t5""".split()
NAMES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]


def defaults_of(name):
    given = {}
    for cls in reversed(getattr(transformers, name).__mro__):  # a subclass may pass everything on
        parameters = inspect.signature(cls.__init__).parameters if "__init__" in vars(cls) else {}
        given.update({key: parameters[key].default for key in NAMES if key in parameters})
    return {key: str(value) for key, value in given.items() if value is not None and value is not inspect.Parameter.empty}


types = {model: TOKENIZER_MAPPING_NAMES.get(model) or "TokenizersBackend" for model in TYPES}
more = ["LlamaTokenizer", "LlamaTokenizerFast", "Qwen2TokenizerFast", "GPT2TokenizerFast", "GemmaTokenizerFast", "BertTokenizerFast", "DistilBertTokenizer",
        "DistilBertTokenizerFast", "RobertaTokenizerFast", "XLMRobertaTokenizerFast", "DebertaV2TokenizerFast", "T5TokenizerFast",
        "PreTrainedTokenizerFast", "CodeLlamaTokenizer", "GPTNeoXTokenizer", "GPTNeoXTokenizerFast"]
classes = {name: defaults_of(name) for name in sorted({*types.values(), *more})}
print(json.dumps({"transformers": transformers.__version__, "types": types, "classes": classes}, indent=1))
