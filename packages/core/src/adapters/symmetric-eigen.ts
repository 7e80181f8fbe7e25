/** Sweeps of a cyclic Jacobi iteration; a 16 x 16 matrix needs fewer than ten. */
const MOST_SWEEPS = 64;

/**
 * Eigenvalues and eigenvectors (columns) of a small symmetric matrix [n][n] by cyclic Jacobi rotations:
 * matrix = vectors diag(values) vectors^T. Not a library: results must be the same to the last bit with every version of
 * it, and ml-matrix takes longer to load than all of this to run.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const vectors = a.map((_, row) => a.map((__, column) => (row === column ? 1 : 0)));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotated = rotateAway(a, vectors, p, q) || rotated;
    if (!rotated) break;
  }
  return { values: a.map((row, index) => row[index]!), vectors };
}

/** Rotates the plane of axes p and q so that a[p][q] becomes 0; false when it is already nothing beside the diagonal. */
function rotateAway(a: number[][], vectors: number[][], p: number, q: number): boolean {
  const [app, aqq, apq] = [a[p]![p]!, a[q]![q]!, a[p]![q]!];
  if (Math.abs(apq) <= Number.EPSILON * Math.sqrt(Math.abs(app * aqq))) return false;
  const theta = (aqq - app) / (2 * apq);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1)); // the smaller of the two angles
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  const turn = (row: number[]): void => {
    const [x, y] = [row[p]!, row[q]!];
    row[p] = cosine * x - sine * y;
    row[q] = sine * x + cosine * y;
  };
  a.forEach(turn); // columns p and q
  const [rowP, rowQ] = [a[p]!, a[q]!];
  a[p] = rowP.map((x, column) => cosine * x - sine * rowQ[column]!);
  a[q] = rowP.map((x, column) => sine * x + cosine * rowQ[column]!);
  vectors.forEach(turn);
  return true;
}
