import { didYouMean } from '@unroll/schema/explain.ts';
import { describeShape, type Layer, type MergingLayer, type Shape } from '../layers/layer.ts';
import { buildLayer, type LayerSpec } from '../layers/registry.ts';

/** A layer in its place in the graph. */
export interface Node {
  readonly name: string;
  readonly layer: Layer | MergingLayer;
  /** The inputs and layers that it reads. */
  readonly from: readonly string[];
  /** The layers that its initial state comes from. */
  readonly initialState: readonly string[];
  /** Full names of its weights by local name: of its own, of the layer that it reuses, of those that it borrows. */
  readonly weightNames: Readonly<Record<string, string>>;
  /** Whether its weights are another layer's. */
  readonly reuses: boolean;
}

export interface GraphSpec {
  inputs: Readonly<Record<string, Shape>>;
  layers: readonly LayerSpec[];
  /** The layers whose outputs are read; undefined for the last one alone. */
  outputs?: readonly string[] | undefined;
}

export interface Graph {
  /** As the spec lists them. */
  readonly nodes: readonly Node[];
  /** In running order: each after all that it reads. */
  readonly order: readonly Node[];
  readonly outputs: readonly Node[];
}

/**
 * Settles what every layer reads, and its sizes.
 * @throws an error that names the layer, what it expects, what it got and the nearest name: for an unknown or repeated name, a circle,
 * shapes that do not fit, and an unused layer or input.
 */
export function buildGraph({ inputs, layers, outputs }: GraphSpec): Graph {
  const named = nameLayers(layers, Object.keys(inputs));
  const known = [...Object.keys(inputs), ...named.map(({ name }) => name)];
  const wired = named.map((layer, index) => wire(layer, index, { known, named, inputs: Object.keys(inputs) }));
  const wanted = outputs ?? [(wired.at(-1) as Wired).name];
  for (const name of wanted) if (!wired.some((layer) => layer.name === name)) throw unknownName('outputs', name, known);
  refuseUnused(wired, wanted, Object.keys(inputs));

  const nodes = new Map<string, Node>();
  for (const layer of inRunningOrder(wired)) nodes.set(layer.name, place(layer, { inputs, nodes, wired }));
  for (const layer of wired) checkReused(layer, nodes);
  return {
    nodes: wired.map(({ name }) => nodes.get(name) as Node),
    order: [...nodes.values()],
    outputs: wanted.map((name) => nodes.get(name) as Node),
  };
}

interface Named {
  name: string;
  spec: LayerSpec;
}

interface Wired extends Named {
  index: number;
  from: readonly string[];
  initialState: readonly string[];
}

const specError = (problem: string, cause?: unknown) => new Error(`model spec: ${problem}`, { cause });
const unknownName = (where: string, name: string, known: readonly string[]) =>
  specError(`${where}: there is no layer or input '${name}'.${didYouMean(name, known)}`);
const placeOf = ({ index, name }: { index: number; name: string }) => `layer ${index} '${name}'`;

/** Layers with their names. A layer without one is named by its type and count: gru_0, gru_1. */
function nameLayers(layers: readonly LayerSpec[], inputs: readonly string[]): Named[] {
  const counts = new Map<string, number>();
  const named = layers.map((spec) => {
    const count = counts.get(spec.type) ?? 0;
    counts.set(spec.type, count + 1);
    return { name: spec.name ?? `${spec.type}_${count}`, spec };
  });
  const names = named.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw specError(`two layers are named '${twice}'; rename one`);
  const asInput = names.find((name) => inputs.includes(name));
  if (asInput !== undefined) throw specError(`a layer and an input are named '${asInput}'; rename one`);
  return named;
}

const listOf = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === 'string' ? [names] : names;

/** What a layer reads. */
function wire(
  { name, spec }: Named,
  index: number,
  { known, named, inputs }: { known: readonly string[]; named: readonly Named[]; inputs: readonly string[] },
): Wired {
  const place = placeOf({ index, name });
  const wired = { name, spec, index, from: listOf(spec.from), initialState: 'initialState' in spec ? listOf(spec.initialState) : [] };
  for (const option of ['from', 'initialState'] as const) {
    for (const read of wired[option]) if (!known.includes(read)) throw unknownName(`${place}: ${option}`, read, known);
  }
  if (spec.from !== undefined) return wired;
  const before = named[index - 1]?.name;
  if (before === undefined && inputs.length > 1) {
    throw specError(
      `${place}: the model has several inputs; say which one it reads: from: ${inputs.map((input) => `'${input}'`).join(' or ')}`,
    );
  }
  return { ...wired, from: [before ?? (inputs[0] as string)] };
}

function refuseUnused(wired: readonly Wired[], outputs: readonly string[], inputs: readonly string[]): void {
  const read = new Set([...outputs, ...wired.flatMap(({ from, initialState }) => [...from, ...initialState])]);
  const layer = wired.find(({ name }) => !read.has(name));
  if (layer)
    throw specError(`${placeOf(layer)}: its output is unused; name it in the 'from' of another layer, make it an output or remove it`);
  const input = inputs.find((name) => !read.has(name));
  if (input !== undefined) throw specError(`inputs: no layer reads '${input}'; name it in the 'from' of a layer or remove it`);
}

/** Each layer after what it reads, otherwise in the order of the spec. @throws an error with the layers of a circle. */
function inRunningOrder(wired: readonly Wired[]): Wired[] {
  const byName = new Map(wired.map((layer) => [layer.name, layer]));
  const order = new Set<Wired>();
  const visit = (layer: Wired, path: readonly string[]): void => {
    if (order.has(layer)) return;
    if (path.includes(layer.name)) {
      const circle = [...path.slice(path.indexOf(layer.name)), layer.name];
      throw specError(`layers read each other in a circle: ${circle.join(' ← ')}`);
    }
    for (const read of [...layer.from, ...layer.initialState]) {
      const source = byName.get(read);
      if (source) visit(source, [...path, layer.name]);
    }
    order.add(layer);
  };
  for (const layer of wired) visit(layer, []);
  return [...order];
}

interface Placing {
  inputs: Readonly<Record<string, Shape>>;
  /** Layers that are placed already. */
  nodes: ReadonlyMap<string, Node>;
  wired: readonly Wired[];
}

/** Settles the sizes of a layer for what it reads. */
function place(layer: Wired, { inputs, nodes, wired }: Placing): Node {
  const { name, spec, from, initialState } = layer;
  const shapeOf = (read: string): Shape => inputs[read] ?? (nodes.get(read) as Node).layer.output;
  const find = (other: string): LayerSpec => {
    const found = wired.find((candidate) => candidate.name === other);
    if (!found)
      throw new Error(
        `there is no layer '${other}'.${didYouMean(
          other,
          wired.map((candidate) => candidate.name),
        )}`,
      );
    return found.spec;
  };
  try {
    const built = buildLayer(spec, from.map(shapeOf), find);
    if (initialState.length > 0) checkInitialState(built, initialState, nodes, inputs);
    const owner = spec.type === 'reuse' ? spec.layer : name;
    const own = built.weights.map((weight) => [weight.name, `${owner}/${weight.name}`]);
    const weightNames = { ...(Object.fromEntries(own) as Record<string, string>), ...built.borrows };
    return { name, layer: built, from, initialState, weightNames, reuses: owner !== name };
  } catch (error) {
    throw specError(`${placeOf(layer)}: ${(error as Error).message}`, error);
  }
}

/** Checks that a layer can have another one's weights. */
function checkReused(layer: Wired, nodes: ReadonlyMap<string, Node>): void {
  if (layer.spec.type !== 'reuse') return;
  const fail = (problem: string) => specError(`${placeOf(layer)}: ${problem}`);
  const owner = nodes.get(layer.spec.layer) as Node;
  if (owner.reuses) throw fail(`'${owner.name}' reuses a layer itself; name that one`);
  for (const { name, shape, trainable } of owner.layer.weights) {
    if (!trainable) throw fail(`'${owner.name}' follows averages of its inputs (${name}), so it cannot be reused on others`);
    const wanted = (nodes.get(layer.name) as Node).layer.weights.find((weight) => weight.name === name)?.shape;
    if (wanted?.join() !== shape.join()) {
      throw fail(`expected inputs as '${owner.name}' reads them: its ${name} is [${shape}], these inputs need [${wanted}]`);
    }
  }
}

/** Widths of the tensors that a layer gives to another one's initial state: its final state, or its vector. */
export function stateWidthsFrom(
  name: string,
  nodes: ReadonlyMap<string, Node>,
  inputs: Readonly<Record<string, Shape>> = {},
): readonly number[] {
  const layer = nodes.get(name)?.layer;
  if (layer?.finalState) return layer.finalState;
  const shape = layer?.output ?? (inputs[name] as Shape);
  if (shape.kind === 'vector') return [shape.features];
  throw new Error(`initialState: expected a recurrent layer or a vector [batch, n], got ${describeShape(shape)} from '${name}'`);
}

function checkInitialState(
  { finalState: expected }: Layer | MergingLayer,
  from: readonly string[],
  nodes: ReadonlyMap<string, Node>,
  inputs: Readonly<Record<string, Shape>>,
): void {
  const got = from.flatMap((name) => stateWidthsFrom(name, nodes, inputs));
  if (expected && got.join() === expected.join()) return;
  const say = (widths: readonly number[]) => widths.map((width) => `[batch, ${width}]`).join(' and ');
  const wanted = expected ? say(expected) : 'none, because it has no state';
  throw new Error(`initialState: expected ${wanted}, got ${say(got)} from ${from.map((name) => `'${name}'`).join(', ')}`);
}
