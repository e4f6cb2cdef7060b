import type { Graph } from './graph.ts';

/** Steps of every input, or of each input by its name. */
export type Steps = number | Readonly<Record<string, number>>;

/** The steps that each layer reads of each of its inputs, and those that it gives, in running order. */
export function stepsOfLayers({ order }: Graph, inputs: readonly string[], steps: Steps) {
  const stepsOf = new Map(inputs.map((name) => [name, typeof steps === 'number' ? steps : (steps[name] ?? 1)]));
  return order.map(({ name, layer, from }) => {
    const read = from.map((other) => stepsOf.get(other) as number);
    const first = read[0] as number;
    const gives = ('merge' in layer ? layer.outputSteps?.(read) : layer.outputSteps?.(first)) ?? first;
    stepsOf.set(name, gives);
    return { name, layer, read, gives };
  });
}
