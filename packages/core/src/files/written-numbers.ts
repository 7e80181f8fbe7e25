/**
 * A JSON text whose whole numbers are written as another text writes them, key by key, where that has a point in them
 * ("key": 30.0): transformers' config classes refuse 30 for a float, and JavaScript does not tell the two apart.
 */
export function withPointsOf(original: string, text: string): string {
  const points = new Set(Array.from(original.matchAll(POINTED), ([, key, whole]) => `${key}:${whole}`));
  return text.replaceAll(WHOLE, (found: string, key: string, whole: string) =>
    points.has(`${key}:${whole}`) ? `${found}.0` : found,
  );
}

const POINTED = /"([^"\\]{1,200})"\s*:\s*(-?\d{1,15})\.0+(?=\s*[,}\]])/g;
const WHOLE = /"([^"\\]{1,200})"\s*:\s*(-?\d{1,15})(?=\s*[,}\]])/g;
