import type { Layer, MergingLayer } from '../layers/layer.ts';
import type { Graph, Node } from './graph.ts';

/** Which inputs a model may read step by step, and which layers then run again for each piece. */
export interface Streaming {
  /** Inputs of which output t depends on steps 0..t only. */
  readonly inputs: readonly string[];
  /** Layers that depend on these inputs. The others depend on whole inputs only and run once. */
  readonly layers: ReadonlySet<string>;
  /** Why no output has an answer after every step. */
  readonly notCausal?: string;
  /** Why these inputs may not come in pieces. */
  readonly notResumable?: string;
}

/** What a layer's output depends on: for each input, the layer on the way that needs the whole of it, or undefined. */
type Dependencies = ReadonlyMap<string, string | undefined>;

export function streamingOf({ order, outputs }: Graph, inputs: readonly string[]): Streaming {
  const byName = new Map<string, Dependencies>(inputs.map((name) => [name, new Map([[name, undefined]])]));
  for (const node of order) byName.set(node.name, dependenciesOf(node, byName));
  /** The layer that needs the whole of an input before some output has its first step. */
  const obstacle = (input: string) =>
    outputs.map(({ name }) => (byName.get(name) as Dependencies).get(input)).find((layer) => layer !== undefined);
  const streamed = inputs.filter((input) => obstacle(input) === undefined);
  if (streamed.length === 0) {
    const notCausal = `layer '${obstacle(inputs[0] as string)}' needs the whole input before it answers`;
    return { inputs: [], layers: new Set(), notCausal, notResumable: notCausal };
  }
  const isStreamed = (name: string) => streamed.some((input) => byName.get(name)?.has(input));
  const layers = order.filter(({ name }) => isStreamed(name));
  const atOnce = layers.find(({ layer, from }) => from.some((read, i) => isStreamed(read) && !factOf(layer, 'resumes', i)));
  return {
    inputs: streamed,
    layers: new Set(layers.map(({ name }) => name)),
    ...(atOnce && { notResumable: `layer '${atOnce.name}' needs all steps at once` }),
  };
}

function dependenciesOf({ name, layer, from, initialState }: Node, byName: ReadonlyMap<string, Dependencies>): Dependencies {
  const all = new Map<string, string | undefined>();
  const add = (read: string, causal: boolean) => {
    for (const [input, obstacle] of byName.get(read) as Dependencies) {
      const here = obstacle ?? (causal ? undefined : name);
      all.set(input, all.get(input) ?? here);
    }
  };
  for (const [i, read] of from.entries()) add(read, factOf(layer, 'causal', i));
  // The first step starts from the state after the last step of the other layer.
  for (const read of initialState) add(read, false);
  return all;
}

const factOf = (layer: Layer | MergingLayer, fact: 'causal' | 'resumes', input: number): boolean => {
  const value = layer[fact];
  return typeof value === 'boolean' ? value : (value[input] as boolean);
};
