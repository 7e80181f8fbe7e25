/** P(|T| <= t), T of Student's distribution; degrees of freedom may be a fraction. */
export function studentWithin(t: number, degrees: number): number {
  return 1 - betaShare(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** t with P(|T| <= t) = confidence. */
export function studentQuantile(confidence: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (studentWithin(high, degrees) < confidence) high *= 2;
  for (let halving = 0; halving < 80; halving++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(Z <= z) of the standard normal distribution: a chi-square of one degree of freedom is an incomplete gamma. */
export function normalBelow(z: number): number {
  const half = 0.5 * gammaShare(0.5, (z * z) / 2);
  return z < 0 ? 0.5 - half : 0.5 + half;
}

/** Regularised incomplete beta I_x(a, b): continued fraction (Abramowitz & Stegun 26.5.8), by the modified method of Lentz. */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let [c, d] = [1, 1 - ((a + b) * x) / (a + 1)];
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let change = 1;
    for (const term of [even, odd]) {
      d = 1 + term * d;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = 1 + term / c;
      c = Math.abs(c) < tiny ? tiny : c;
      change = c * d;
      fraction *= change;
    }
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** Regularised lower incomplete gamma P(a, x): its series (Abramowitz & Stegun 6.5.29). */
function gammaShare(a: number, x: number): number {
  if (x <= 0) return 0;
  if (x > 700) return 1; // beyond what a double can tell from 1
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 10_000 && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return Math.min(1, sum * Math.exp(a * Math.log(x) - x - logGamma(a)));
}

/** log Gamma(x) for x > 0: Stirling's series at x + 10, stepped down. */
function logGamma(x: number): number {
  let product = 1;
  for (let step = 0; step < 10; step++) product *= x + step;
  const z = x + 10;
  const series = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5) - 1 / (1680 * z ** 7);
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
