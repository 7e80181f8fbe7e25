"""What transformers makes of scores (its logits processors, in its order) and which responses its greedy and beam search give.

    python sampling.py ../../packages/decoder/test/golden/models/llama ../../packages/decoder/test/golden/sampling/expect.json
"""
import json
import sys
from pathlib import Path
import torch
import transformers
from transformers import GenerationConfig, LlamaForCausalLM

SEED = 20261
VOCABULARY = 12
PROMPTS = [[44, 161, 110, 145], [22, 137, 138, 33, 181, 86, 15, 43, 8], [144, 31, 119, 26, 17, 134]]
# settings by their names here -> by their names there
NAMES = {"temperature": "temperature", "topK": "top_k", "topP": "top_p", "minP": "min_p", "repetitionPenalty": "repetition_penalty", "minNewTokens": "min_new_tokens"}
PROCESSED = [
    {"repetitionPenalty": 1.3},
    {"repetitionPenalty": 0.7},
    {"logitBias": {"3": 1.5, "7": -2, "0": 0.25}},
    {"logitBias": {"3": 1.5, "5": -4}, "repetitionPenalty": 1.8},  # a bias may change which way the penalty acts
    {"minNewTokens": 5},
    {"minNewTokens": 4},
    {"temperature": 0.7, "minP": 0.2},
    {"temperature": 1.4, "topK": 7, "topP": 0.8, "minP": 0.3},
    {"temperature": 1.2, "topK": 9, "topP": 0.95, "minP": 0.05, "repetitionPenalty": 1.5, "logitBias": {"11": 2, "2": 3}, "minNewTokens": 9},
]
GREEDY = [
    {"repetitionPenalty": 1.25},
    {"logitBias": {"189": -50, "72": -50, "40": 1}},
    {"minNewTokens": 12},
    {"repetitionPenalty": 1.1, "logitBias": {"34": -3, "73": 2}, "minNewTokens": 10},
]
BEAMS = [(2, 1.0), (3, 1.0), (4, 0.0), (5, 2.0), (3, -1.0), (8, 1.0)]
ENDINGS = [[39], [34, 73]]


def config_of(settings, **more):
    known = {NAMES[name]: value for name, value in settings.items() if name in NAMES}
    bias = {(int(token),): float(value) for token, value in settings.get("logitBias", {}).items()}
    drawn = {} if "temperature" in settings else {"do_sample": False}
    return GenerationConfig(**{"do_sample": True, "top_k": 0, **drawn, **known, **more}, sequence_bias=bias or None, pad_token_id=0)


def processed(model, settings, scores, prompt, response):
    config = config_of(settings, eos_token_id=[2, 9], max_new_tokens=20)
    model._prepare_special_tokens(config, kwargs_has_attention_mask=True)
    processors = model._get_logits_processor(generation_config=config, input_ids_seq_length=len(prompt), device="cpu")
    ids = torch.tensor([prompt + response])
    row = processors(ids, torch.tensor([scores]))[0]
    return {"settings": settings, "probabilities": row.softmax(-1).tolist()}


def response_of(model, settings, prompt, **more):
    ids = torch.tensor([prompt])
    config = config_of(settings, max_new_tokens=14, return_dict_in_generate=True, output_scores=True, **more)
    out = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)
    return out, out.sequences[:, len(prompt):].tolist()


def main(folder, target):
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = LlamaForCausalLM.from_pretrained(folder).eval().requires_grad_(False)
    cases = []
    for _ in range(2):
        scores = [round(value, 3) for value in (2 * torch.randn(VOCABULARY)).tolist()]
        prompt, response = (torch.randint(VOCABULARY, (count,)).tolist() for count in (3, 4))
        cases.append({"scores": scores, "prompt": prompt, "response": response, "processed": [processed(model, one, scores, prompt, response) for one in PROCESSED]})
    greedy = []
    for settings in GREEDY:
        for prompt in PROMPTS:
            _, (tokens,) = response_of(model, settings, prompt, eos_token_id=[34])
            greedy.append({"settings": settings, "eos": [34], "prompt": prompt, "tokens": tokens})
    beams = []
    for count, penalty in BEAMS:
        for endings in ENDINGS:
            for prompt in PROMPTS:
                out, (tokens, _) = response_of(model, {}, prompt, eos_token_id=endings, num_beams=count, num_return_sequences=2, length_penalty=penalty, early_stopping="never")
                first, second = out.sequences_scores.tolist()
                tokens = tokens[: next((place + 1 for place, token in enumerate(tokens) if token in endings), len(tokens))]
                beams.append({"beams": count, "lengthPenalty": penalty, "eos": endings, "prompt": prompt, "tokens": tokens, "score": first, "margin": first - second})
    about = "transformers: probabilities after its logits processors, in its order; greedy and beam search (early_stopping never) of the tiny Llama, unguided"
    parts = {
        "about": about,
        "tolerance": {"abs": 1e-5, "reason": "float32 with 7 significant digits"},
        "made_by": {"script": "tooling/reference/sampling.py", "seed": SEED, "torch": torch.__version__, "transformers": transformers.__version__},
        "eos": [2, 9],
        "new_tokens": 14,
    }
    lists = {"cases": cases, "greedy": greedy, "beams": beams}
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in parts.items()]
    lines += [f" {json.dumps(name)}: [\n" + ",\n".join(f"  {json.dumps(one)}" for one in value) + "\n ]" for name, value in lists.items()]
    Path(target).write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
