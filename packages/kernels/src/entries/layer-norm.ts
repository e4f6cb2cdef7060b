import { numericGradient } from '../reference/numeric-gradient.ts';
import type { KernelEntry, Operand } from './entry.ts';

interface LayerNormSize {
  n: number;
  D: number;
  /** Whether there are gamma and beta. */
  affine: boolean;
}

const EPSILON = 1e-3;

/** The naive twin in float64: y [n,D]. */
function layerNorm({ n, D, affine }: LayerNormSize, x: ArrayLike<number>, gamma: ArrayLike<number>, beta: ArrayLike<number>): Float64Array {
  const y = new Float64Array(n * D);
  for (let i = 0; i < n; i++) {
    const row = Array.from({ length: D }, (_, j) => x[i * D + j] as number);
    const mean = row.reduce((sum, value) => sum + value, 0) / D;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / D;
    for (const [j, value] of row.entries()) {
      const normalized = (value - mean) / Math.sqrt(variance + EPSILON);
      y[i * D + j] = affine ? normalized * (gamma[j] as number) + (beta[j] as number) : normalized;
    }
  }
  return y;
}

const sizes: LayerNormSize[] = [
  { n: 0, D: 5, affine: true },
  { n: 1, D: 1, affine: true },
  { n: 3, D: 5, affine: false },
  { n: 4, D: 8, affine: true },
  { n: 6, D: 19, affine: true },
];

const operand = (name: string, length: number, role: 'in' | 'out' | 'scratch' = 'in'): Operand => ({ name, role, type: 'f32', length });
const inputs = ({ n, D }: LayerNormSize) => [operand('x', n * D), operand('gamma', D), operand('beta', D)];

export const layerNormEntries: readonly [KernelEntry<LayerNormSize>, KernelEntry<LayerNormSize>] = [
  {
    name: 'layerNormForward',
    sizes,
    typical: { n: 3200, D: 128, affine: true },
    operands: (size) => [...inputs(size), operand('y', size.n * size.D, 'out')],
    workspaceBytes: (_, { n, D }) => (n * D + n) * 4,
    call(kernels, { n, D, affine }, [x = 0, gamma = 0, beta = 0, y = 0, workspace = 0]) {
      const given = affine ? { gamma, beta } : {};
      kernels.layerNormForward({ n, D, x, ...given, epsilon: EPSILON, y, normalized: workspace, inverse: workspace + n * D * 4 });
    },
    reference(size, [x = [], gamma = [], beta = [], y]) {
      (y as Float32Array).set(layerNorm(size, x, gamma, beta));
    },
    bound: () => ({ absolute: 1e-5 }),
    flops: ({ n, D }) => 8 * n * D,
  },
  {
    name: 'layerNormBackward',
    sizes,
    typical: { n: 3200, D: 128, affine: true },
    operands: (size) => [
      ...inputs(size),
      operand('y', size.n * size.D, 'scratch'),
      operand('dY', size.n * size.D),
      operand('dx', size.n * size.D, 'out'),
      operand('dGamma', size.D, 'out'),
      operand('dBeta', size.D, 'out'),
    ],
    workspaceBytes: (_, { n, D }) => (n * D + n + D) * 4,
    call(kernels, { n, D, affine }, [x = 0, gamma = 0, beta = 0, y = 0, dY = 0, dx = 0, dGamma = 0, dBeta = 0, workspace = 0]) {
      const inverse = workspace + n * D * 4;
      const normalized = workspace;
      kernels.layerNormForward({ n, D, x, ...(affine && { gamma, beta }), epsilon: EPSILON, y, normalized, inverse });
      const scratch = inverse + n * 4;
      kernels.layerNormBackward({ n, D, ...(affine && { gamma }), normalized, inverse, dy: dY, dx, dGamma, dBeta, scratch });
    },
    reference(size, arrays) {
      const [x, gamma, beta] = arrays.slice(0, 3).map((array) => Float64Array.from(array)) as [Float64Array, Float64Array, Float64Array];
      const [dY = [], dx, dGamma, dBeta] = arrays.slice(4);
      // Without gamma and beta their gradients are those at 1 and 0.
      if (!size.affine) [gamma.fill(1), beta.fill(0)];
      const gradient = (parameter: Float64Array) =>
        numericGradient(parameter, dY, () => layerNorm({ ...size, affine: true }, x, gamma, beta));
      (dx as Float32Array).set(gradient(x));
      (dGamma as Float32Array).set(gradient(gamma));
      (dBeta as Float32Array).set(gradient(beta));
    },
    bound: () => ({ absolute: 1e-4 }),
    flops: ({ n, D }) => 20 * n * D,
  },
];
