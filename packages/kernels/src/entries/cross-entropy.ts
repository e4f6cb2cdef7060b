import type { KernelEntry } from './entry.ts';

interface CrossEntropySize {
  n: number;
  C: number;
}

export const crossEntropyEntry: KernelEntry<CrossEntropySize> = {
  name: 'softmaxCrossEntropy',
  sizes: [
    { n: 0, C: 3 },
    { n: 1, C: 1 },
    { n: 3, C: 2 },
    { n: 4, C: 4 },
    { n: 7, C: 9 },
    { n: 20, C: 96 },
  ],
  typical: { n: 3200, C: 96 },
  operands: ({ n, C }) => [
    // Wide enough that some exponentials vanish.
    { name: 'logits', role: 'in', type: 'f32', length: n * C, scale: 60 },
    { name: 'labels', role: 'in', type: 'labels', length: n, limit: C },
    { name: 'margins', role: 'out', type: 'f32', length: n },
    { name: 'sums', role: 'out', type: 'f32', length: n },
    { name: 'gradient', role: 'out', type: 'f32', length: n * C },
  ],
  workspaceBytes: (kernels) => kernels.softmaxCrossEntropyWorkspaceBytes(),
  call(kernels, { n, C }, [logits = 0, labels = 0, margins = 0, sums = 0, gradient = 0, workspace = 0]) {
    const wrong = kernels.softmaxCrossEntropy({ n, C, logits, labels, margins, sums, gradient, workspace });
    if (wrong !== -1) throw new Error(`softmaxCrossEntropy refused label ${wrong}`);
  },
  reference({ C }, [logits, labels, margins, sums, gradient]) {
    for (const [row, label] of (labels as Int32Array).entries()) {
      const values = Array.from((logits as Float32Array).subarray(row * C, (row + 1) * C));
      const largest = Math.max(...values);
      const powers = values.map((value) => Math.exp(value - largest));
      const sum = powers.reduce((total, power) => total + power, 0);
      (margins as Float32Array)[row] = (values[label] as number) - largest;
      (sums as Float32Array)[row] = sum;
      (gradient as Float32Array).set(
        powers.map((power, i) => power / sum - (i === label ? 1 : 0)),
        row * C,
      );
    }
  },
  bound: () => ({ absolute: 5e-6 }),
  flops: ({ n, C }) => 20 * n * C,
};
