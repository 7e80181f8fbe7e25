"""Each function computes the numbers of one golden folder anew: {where: (tolerance, computed, stored)}."""
import json
import math
from pathlib import Path
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM
from adapters import Adapted

torch.set_num_threads(1)


def read(path):
    return json.loads(Path(path).read_text())


def load_model(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval().requires_grad_(False)


def run(model, ids, mask=None):
    ids = torch.tensor(ids)
    mask = torch.ones_like(ids) if mask is None else torch.tensor(mask)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    return model(input_ids=ids, attention_mask=mask, position_ids=positions).logits


def greedy(next_log_probs, ids, new_tokens, eos=None):
    tokens = []
    while len(tokens) < new_tokens and (eos is None or eos not in tokens):
        tokens.append(int(next_log_probs(ids + tokens).argmax()))
    return tokens


def model_family(folder):
    expect = read(folder / "expect.json")
    model = load_model(folder)
    if folder.name.endswith(("-bf16", "-f16")):  # their numbers were made after `model.to(dtype)`, which rounds this too
        rotary = model.model.rotary_emb
        rotary.inv_freq = rotary.inv_freq.to(torch.bfloat16 if folder.name.endswith("-bf16") else torch.float16).float()
    mask = expect["attention_mask"]
    logits = run(model, expect["input_ids"], mask)
    at = expect["logits"]["at"]
    real = [[i for i, m in zip(row, keep) if m] for row, keep in zip(expect["input_ids"], mask)]
    tokens = [greedy(lambda ids: run(model, [ids])[0, -1], row, expect["greedy"]["new_tokens"]) for row in real]
    return {
        "logits": (expect["tolerance"]["logits_abs"], [logits[r, c].tolist() for r, c in at], expect["logits"]["values"]),
        "greedy": (0, tokens, expect["greedy"]["tokens"]),
    }


SIZE = {"alpha": 8, "r": 4, "r1": 4, "r2": 4}  # of every stored adapter


def adapter_family(folder, model):
    expect = read(folder / "expect.json")
    kind, config = folder.name.split("-")[0], SIZE
    tensors = load_file(folder / "adapter_model.safetensors")
    vectors = tensors.get("objective_embeddings")
    def logits(preferences):
        rows = torch.tensor(preferences, dtype=torch.float32)
        with Adapted(model, kind, tensors, config, rows, vectors):
            out = run(model, expect["input_ids"], expect["attention_mask"])
        return [out[r, c].tolist() for r, c in expect["logits_at"]]
    count = len(expect["input_ids"])
    tolerance = expect["tolerance"]["logits_abs"]
    if "cases" not in expect:
        return {"logits": (tolerance, logits([[1.0]] * count), expect["logits"])}
    found = {str(case["preference"]): (tolerance, logits([case["preference"]] * count), case["logits"]) for case in expect["cases"]}
    if "mixed" in expect:
        found["mixed"] = (tolerance, logits(expect["mixed"]["preference_per_row"]), expect["mixed"]["logits"])
    return found


def training_family(folder, model):
    expect = read(folder / "expect.json")
    embeddings = load_file(folder / "objective_embeddings.safetensors")
    found = {}
    for name, scenario in expect["scenarios"].items():
        steps, final = train(scenario, expect["optimiser"], folder, model, embeddings)
        found[f"{name} loss"] = (2e-5, [s["loss"] for s in steps], [s["loss"] for s in scenario["steps"]])
        found[f"{name} gradient norm"] = (2e-4, [s["norm"] for s in steps], [s["grad_norm"] for s in scenario["steps"]])
        stored = load_file(folder / scenario["final"])
        found[f"{name} final"] = (5e-6, [final[k].flatten().tolist() for k in sorted(stored)], [stored[k].flatten().tolist() for k in sorted(stored)])
    return found


def train(scenario, optimiser, folder, model, embeddings):
    tensors = {k: v.clone().requires_grad_(k != "objective_embeddings") for k, v in load_file(folder / scenario["initial"]).items()}
    trained = {k: v for k, v in tensors.items() if v.requires_grad}
    data = read(folder / scenario["data"])
    vectors = embeddings.get(f"k{len(scenario['objectives'])}")
    accumulate = scenario["gradient_accumulation"]
    total = len(data["micro_batches"]) // accumulate
    moments = {k: (torch.zeros_like(v), torch.zeros_like(v)) for k, v in trained.items()}
    steps = []
    for t in range(total):
        loss = sum(batch_loss(scenario, data, b, model, tensors, vectors) for b in data["micro_batches"][t * accumulate:(t + 1) * accumulate]) / accumulate
        gradients = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
        gradients = [torch.zeros_like(v) if g is None else g for g, v in zip(gradients, trained.values())]
        norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
        scale = min(1, optimiser["max_grad_norm"] / (norm + 1e-6))
        warmup = optimiser["warmup_steps"]
        rate = optimiser["learning_rate"] * (t / warmup if t < warmup else max(0, (1 + math.cos(math.pi * (t - warmup) / max(1, total - warmup))) / 2))
        b1, b2 = optimiser["betas"]
        with torch.no_grad():
            for (key, value), gradient in zip(trained.items(), gradients):
                m, v = moments[key]
                m.mul_(b1).add_(gradient * scale, alpha=1 - b1)
                v.mul_(b2).add_((gradient * scale) ** 2, alpha=1 - b2)
                value.mul_(1 - rate * optimiser["weight_decay"])
                value.sub_(rate / (1 - b1 ** (t + 1)) * m / (v.sqrt() / math.sqrt(1 - b2 ** (t + 1)) + optimiser["eps"]))
        steps.append({"loss": float(loss.detach()), "norm": norm})
    return steps, {k: v.detach() for k, v in tensors.items()}


def batch_loss(scenario, data, batch, model, tensors, vectors):
    pairs = batch["pairs"]
    preference = torch.tensor(batch["preference_per_row"] if scenario["per_row"] else [batch["preference"]] * len(pairs))
    rows = [(pair["prompt"], response) for pair in pairs for response in pair["responses"]]
    width = max(len(p) + len(r) for p, r in rows)
    ids = torch.tensor([p + r + [data["pad_id"]] * (width - len(p) - len(r)) for p, r in rows])
    answer = torch.tensor([[len(p) <= c < len(p) + len(r) for c in range(width)] for p, r in rows])
    with Adapted(model, scenario["kind"], tensors, scenario["adapter"], preference.repeat_interleave(2, 0), vectors):
        log_probs = F.log_softmax(model(input_ids=ids).logits, -1)
    chosen = log_probs[:, :-1].gather(2, ids[:, 1:, None])[..., 0]
    difference = (chosen * answer[:, 1:]).sum(1).reshape(-1, 2) @ torch.tensor([1.0, -1.0])
    signs = torch.tensor([[1.0 if w == 0 else -1.0 for w in pair["winners"]] for pair in pairs])
    beta = torch.tensor(scenario["beta"])
    losses = F.softplus(-beta * signs * difference[:, None])
    loss = (preference * losses).sum(1)
    if scenario["lambda"]:
        direction = torch.sign((preference * signs).sum(1))
        if scenario["global_loss"] == "G2":
            margins = torch.tensor([[pair["scores"][i][0] - pair["scores"][i][1] for i in range(len(pair["winners"]))] for pair in pairs])
            weighted = torch.sign((preference * margins).sum(1))
            direction = torch.where(weighted == 0, direction, weighted)
        loss = loss + scenario["lambda"] * F.softplus(-scenario["beta_global"] * direction * difference)
    return loss.mean()


def decoding_family(folder, model):
    expect = read(folder / "expect.json")
    if "genarm" in expect:
        arms = [load_file(folder / file) for file in expect["adapters"]["files"]]
        cases = [(case, case["coefficients"], [[1.0]] * len(arms)) for case in expect["genarm"]]
        kind, config, new_tokens, eos = "lora", expect["adapters"], None, None
    else:
        arms = [load_file(folder / expect["adapter"]["file"])]
        cases = [(case, [1 / case["beta"]], [case["preference"]]) for case in expect["greedy"]]
        kind, config, new_tokens, eos = expect["adapter"]["kind"], expect["adapter"], expect["new_tokens"], expect["eos_id"]

    core = Path(__file__).resolve().parents[2] / "packages/core/test/golden/models"  # a base of another size, where one is named
    base = load_model(core / Path(expect["base"]).name) if "base" in expect else model
    shared = expect.get("vocabulary_size")

    def guided(ids, coefficients, preferences):
        total = F.log_softmax(run(base, [ids])[0, -1, :shared], -1)
        for tensors, coefficient, preference in zip(arms, coefficients, preferences):
            with Adapted(model, kind, tensors, config, torch.tensor([preference]), tensors.get("objective_embeddings")):
                total = total + coefficient * F.log_softmax(run(model, [ids])[0, -1], -1)
        return total

    tokens = [greedy(lambda ids: guided(ids, c, a), case["prompt"], new_tokens or len(case["tokens"]), eos) for case, c, a in cases]
    return {"greedy": (0, tokens, [case["tokens"] for case, _, _ in cases])}


def metrics_family(folder):
    from pymoo.indicators.hv import HV
    found = {}
    for case in read(folder / "expect.json")["cases"]:
        reference = np.array(case["reference"])
        points = np.array(case["points"]).reshape(-1, len(reference))
        above = points[(points > reference).all(1)]
        volume = float(HV(ref_point=-reference)(-above)) if len(above) else 0.0
        found[case["name"]] = (1e-9, [volume], [case["hypervolume"]])
    return found
