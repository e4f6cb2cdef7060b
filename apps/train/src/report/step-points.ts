export interface StepPoint {
  update: number;
  loss: number;
  learningRate: number;
  gradientNorm: number;
}

/** At most `count` of the items, evenly spread, the last one among them. */
export function thin<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 1) * items.length) / count) - 1] as T);
}
