const SPARKS = '▁▂▃▄▅▆▇█';

/** Means of `width` equal stretches of the values, from their lowest to their highest. */
export function sparkline(values: readonly number[], width: number): string {
  const size = Math.max(1, values.length / width);
  const points = Array.from({ length: Math.min(width, values.length) }, (_, i) => {
    const part = values.slice(Math.floor(i * size), Math.max(Math.floor((i + 1) * size), Math.floor(i * size) + 1));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...points), Math.max(...points)];
  return points.map((value) => SPARKS[high > low ? Math.round(((value - low) / (high - low)) * (SPARKS.length - 1)) : 0]).join('');
}

/** A sparkline of any number of values in bounded memory: once there are too many, neighbours are replaced by their mean. */
export function createSpark(width: number): { add(value: number): void; text(): string } {
  let means: number[] = [];
  /** The number of values per mean. */
  let stride = 1;
  let sum = 0;
  let count = 0;
  return {
    add(value) {
      sum += value;
      if (++count < stride) return;
      means.push(sum / stride);
      [sum, count] = [0, 0];
      if (means.length < 4 * width) return;
      means = Array.from({ length: 2 * width }, (_, i) => ((means[2 * i] as number) + (means[2 * i + 1] as number)) / 2);
      stride *= 2;
    },
    text: () => sparkline(means, width),
  };
}
