"""Losses of tuned policies with 50 digits: f-DPO of each divergence, and MODPO; gradients in every log-probability of the policy.

python3 policy_losses.py ../../packages/core/test/golden/losses/policies.json (no packages needed)

f-DPO: r(y) = beta f'(t), t = pi(y) / pi_0(y); loss -log sigmoid(s (r(y0) - r(y1))).
MODPO: z = (beta (log t(y0) - log t(y1)) - sum_j w_j (R_j(y0) - R_j(y1))) / w_0; loss -log sigmoid(s z).
"""
import json
import random
import sys
from decimal import Decimal, getcontext

getcontext().prec = 50
D = Decimal
ALPHA = D("0.3")

# f' without what does not depend on t, and its derivative in x = log t
REWARDS = {
    "reverse-kl": (lambda x: x, lambda x: D(1)),
    "forward-kl": (lambda x: -(-x).exp(), lambda x: (-x).exp()),
    "alpha": (lambda x: -(-ALPHA * x).exp() / ALPHA, lambda x: (-ALPHA * x).exp()),
    "jsd": (lambda x: -(1 + (-x).exp()).ln(), lambda x: 1 / (1 + x.exp())),
}


def dpo(pairs, beta, divergence):
    reward, slope = REWARDS[divergence]
    losses, gradients = [], []
    for pair in pairs:
        x = [D(p) - D(q) for p, q in zip(pair["policy"], pair["base"])]
        z = pair["sign"] * beta * (reward(x[0]) - reward(x[1]))
        losses.append((1 + (-z).exp()).ln())
        outer = -pair["sign"] * beta / (1 + z.exp()) / len(pairs)
        gradients.append([outer * slope(x[0]), -outer * slope(x[1])])
    return sum(losses) / len(pairs), gradients


def modpo(pairs, beta, weights, trained, betas):
    losses, gradients = [], []
    for pair in pairs:
        ratios = [[D(p) - D(q) for p, q in zip(own, pair["base"])] for own in pair["policies"]]
        others = sum(weights[j] * betas[j] * (r[0] - r[1]) for j, r in enumerate(ratios) if j != trained)
        x = [D(p) - D(q) for p, q in zip(pair["policy"], pair["base"])]
        z = pair["sign"] * (beta * (x[0] - x[1]) - others) / weights[trained]
        losses.append((1 + (-z).exp()).ln())
        outer = -pair["sign"] * beta / weights[trained] / (1 + z.exp()) / len(pairs)
        gradients.append([outer, -outer])
    return sum(losses) / len(pairs), gradients


def numbers(value):
    if isinstance(value, tuple):
        return {"loss": float(value[0]), "gradients": numbers(value[1])}
    return [numbers(one) for one in value] if isinstance(value, list) else float(value)


def main(path):
    draw = random.Random(11)
    logs = lambda around: [str(round(around + draw.gauss(0, 1.5), 3)) for _ in range(2)]
    pairs = [
        {"sign": draw.choice([-1, 1]), "base": logs(-20), "policy": logs(-20), "policies": [logs(-20) for _ in range(3)]}
        for _ in range(6)
    ]
    weights, betas = [D("0.3"), D("0.5"), D("0.2")], [D("0.2"), D("0.4"), D("0.1")]
    golden = {
        "pairs": [
            {
                "sign": pair["sign"],
                "base": [float(v) for v in pair["base"]],
                "policy": [float(v) for v in pair["policy"]],
                "policies": [[float(v) for v in own] for own in pair["policies"]],
            }
            for pair in pairs
        ],
        "beta": 0.4,
        "alpha": float(ALPHA),
        "dpo": {name: numbers(dpo(pairs, D("0.4"), name)) for name in REWARDS},
        "modpo": {
            "weights": [float(v) for v in weights],
            "trained": 1,
            "betas": [float(v) for v in betas],
            **numbers(modpo(pairs, D("0.4"), weights, 1, betas)),
        },
    }
    with open(path, "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


main(sys.argv[1])
