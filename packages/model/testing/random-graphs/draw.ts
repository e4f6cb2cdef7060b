/** Random model specs: branches, two inputs, states between layers, shared layers, merges, attention, masks. */
import type { ModelSpecInput } from '../../src/spec.ts';
import { createRandom, type Random } from '../../src/weights/random.ts';
import { add, chance, type Drawing, type Drawn, isSequence, kinds, pick } from './draw-layers.ts';

/** A model and what it reads. An input of features is the wave of its phase in golden-formulas. */
export interface RandomGraph {
  seed: number;
  spec: ModelSpecInput;
  training: boolean;
  inputs: Record<string, { ids: number[][] } | { shape: number[]; phase: number }>;
}

const BATCH = 3;
const IDS = 7;
/** The graph of a seed. */
export function drawGraph(seed: number): RandomGraph {
  const random = createRandom('random graphs', seed);
  const drawing: Drawing = { random, layers: [], drawn: [], read: new Set() };
  const inputs: RandomGraph['inputs'] = {};
  const described: Record<string, unknown> = {};
  for (let i = 0; i < (chance(random, 0.4) ? 2 : 1); i++) {
    const name = `input${i}`;
    const steps = 3 + random.integer(4);
    if (chance(random, 0.5)) {
      described[name] = { type: 'tokens', maxLength: steps, fixedLength: true };
      const maskZero = chance(random, 0.7);
      inputs[name] = { ids: drawIds(random, steps, maskZero) };
      const outputDim = 2 + random.integer(3);
      const shape = { steps, features: outputDim, masked: maskZero };
      add(drawing, { type: 'embedding', from: name, inputDim: IDS, outputDim, maskZero }, shape);
    } else {
      const features = 2 + random.integer(3);
      described[name] = { type: 'features', features, maxLength: steps, fixedLength: true };
      inputs[name] = { shape: [BATCH, steps, features], phase: random.integer(50) / 10 };
      drawing.drawn.push({ name, steps, features, masked: false });
    }
  }
  const count = 2 + random.integer(6);
  for (let i = 0; i < count; i++) pick(random, kinds)(drawing);
  const outputs = finish(drawing);
  const spec = { inputs: described, layers: drawing.layers, ...outputs } as unknown as ModelSpecInput;
  return { seed, spec, training: chance(random, 0.3), inputs };
}

/** Ids with padding at the end, in the middle or at the start of a row; at least one is real. */
function drawIds(random: Random, steps: number, padded: boolean): number[][] {
  return Array.from({ length: BATCH }, () => {
    const row: number[] = Array.from({ length: steps }, () => 1 + random.integer(IDS - 1));
    if (padded && chance(random, 0.7)) row.fill(0, 1 + random.integer(steps), steps);
    if (padded && chance(random, 0.3)) row[random.integer(steps)] = 0;
    if (!row.some((id) => id > 0)) row[random.integer(steps)] = 1;
    return row;
  });
}

/** Joins all unused layers as vectors, or keeps one unmasked sequence; one output, or two. */
function finish(drawing: Drawing): Pick<ModelSpecInput, 'task' | 'outputs'> {
  const { random, drawn, read } = drawing;
  const task = { type: 'classify' as const, labels: ['a', 'b', 'c'] };
  const unread = () => drawn.filter(({ name }) => !read.has(name));
  const [only, ...more] = unread();
  let end = only as Drawn;
  if (more.length > 0 || end.masked || (isSequence(end) && chance(random, 0.5))) {
    const vectors = unread().map((shape) => (isSequence(shape) ? summary(drawing, shape) : shape));
    const features = vectors.reduce((sum, vector) => sum + vector.features, 0);
    const from = vectors.map(({ name }) => name);
    end = vectors.length > 1 ? add(drawing, { type: 'concatenate', from }, { features, masked: false }) : (vectors[0] as Drawn);
  }
  const head = () => add(drawing, { type: 'dense', units: 3, from: end.name }, { steps: end.steps, features: 3, masked: false }).name;
  if (chance(random, 0.8)) {
    head();
    return { task };
  }
  return { outputs: { first: { from: head(), task }, second: { from: head(), task } } };
}

function summary(drawing: Drawing, { name, features }: Drawn): Drawn {
  if (chance(drawing.random, 0.5)) return add(drawing, { type: 'pooling', modes: ['average'], from: name }, { features, masked: false });
  return add(drawing, { type: 'gru', units: 2, from: name }, { features: 2, masked: false });
}
