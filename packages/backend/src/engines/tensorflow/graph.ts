/** Builds TensorFlow graphs of float32 values. One call then runs a whole loop, where eager execution pays for every op of every step. */
import { type Attr, type GraphNode, types } from './saved-model.ts';

/** One output of a node: 'name' is the first, 'name:1' the second. */
export type Value = string;

export interface Loop {
  /** Values that a step reads and gives anew: the state. */
  start: readonly Value[];
  /** Values that stay the same, by name. */
  constants: Record<string, Value>;
  /** Names of the values that the result holds for every step. */
  keep: readonly string[];
  reverse: boolean;
  body(step: Step): { next: readonly Value[]; keep: Record<string, Value> };
}

/** Inside a loop. */
export interface Step {
  state: readonly Value[];
  constants: Record<string, Value>;
  /** The current step of a constant [T, ...]. */
  at(name: string): Value;
  /** `value` [B, parts·H] in parts. */
  split(value: Value, parts: number): Value[];
  /** Side by side: [B, H] each to [B, parts·H]. */
  concat(values: readonly Value[]): Value;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** A node to feed, float32. */
  placeholder(name: string): Value;
  /** An op whose inputs and outputs are all float32. */
  op(name: string, ...inputs: Value[]): Value;
  number(value: number): Value;
  product(a: Value, b: Value, transposeB?: boolean): Value;
  zerosLikeStep(sequence: Value): Value;
  /** Gives a value a name that a run can ask for. */
  name(value: Value, name: string): void;
  /** A loop over the steps of `sequence` [T, ...]. Gives the last state; a run can ask for the kept values [T, ...] by name. */
  loop(sequence: Value, loop: Loop): Value[];
}

const { float32, int32, resource } = types;

export function createGraph(): Graph {
  const nodes: GraphNode[] = [];
  function add(op: string, inputs: readonly Value[], attrs: Record<string, Attr> = {}, name = `${op}_${nodes.length}`): Value {
    nodes.push({ name, op, inputs, attrs });
    return name;
  }
  const ints = (value: number | number[]) =>
    add('Const', [], {
      dtype: { type: int32 },
      value: { constant: { values: Int32Array.from([value].flat()), isScalar: typeof value === 'number' } },
    });
  const op = (name: string, ...inputs: Value[]) => add(name, inputs, { T: { type: float32 } });
  /** Step `t` of `value` [T, ...]. */
  const step = (value: Value, t: Value, axis: Value) =>
    add('GatherV2', [value, t, axis], { Tparams: { type: float32 }, Tindices: { type: int32 }, Taxis: { type: int32 } });
  function stepsOf(value: Value): Value {
    const shape = add('Shape', [value], { T: { type: float32 }, out_type: { type: int32 } });
    const [begin, end, stride] = [ints([0]), ints([1]), ints([1])];
    return add('StridedSlice', [shape, begin, end, stride], { T: { type: int32 }, Index: { type: int32 }, shrink_axis_mask: { int: 1 } });
  }

  /** TensorFlow's control flow: each variable goes Enter → Merge → Switch → Identity → body → NextIteration → Merge, and leaves by Exit. */
  function loop(sequence: Value, { start, constants, keep, reverse, body }: Loop): Value[] {
    const frame = `loop_${nodes.length}`;
    const enter = (value: Value, type: number, constant: boolean) =>
      add('Enter', [value], {
        T: { type },
        frame_name: { string: frame },
        is_constant: { bool: constant },
        parallel_iterations: { int: 1 },
      });
    const steps = stepsOf(sequence);
    const [zero, one] = [ints(0), ints(1)];
    const arrays = keep.map(() => add('TensorArrayV3', [steps], { dtype: { type: float32 } }));
    const flows = arrays.map((array): Value => `${array}:1`);
    const variables = [{ value: zero, type: int32 }, ...[...start, ...flows].map((value) => ({ value, type: float32 }))];
    const next = variables.map((_, i): Value => `${frame}_next_${i}`);
    const merged = variables.map(({ value, type }, i) =>
      add('Merge', [enter(value, type, false), next[i] as Value], { T: { type }, N: { int: 2 } }),
    );
    const [count, zeroInside, oneInside] = [steps, zero, one].map((value) => enter(value, int32, true)) as [Value, Value, Value];
    const more = add('LoopCond', [add('Less', [merged[0] as Value, count], { T: { type: int32 } })]);
    const switched = variables.map(({ type }, i) => add('Switch', [merged[i] as Value, more], { T: { type } }));
    const [counter, ...rest] = variables.map(({ type }, i) => add('Identity', [`${switched[i]}:1`], { T: { type } })) as [
      Value,
      ...Value[],
    ];
    const fixed = Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, enter(value, float32, true)]));
    const onInts = (name: string, ...inputs: Value[]) => add(name, inputs, { T: { type: int32 } });
    const t = reverse ? onInts('Sub', onInts('Sub', count, oneInside), counter) : counter;

    const done = body({
      state: rest.slice(0, start.length),
      constants: fixed,
      at: (name) => step(fixed[name] as Value, t, zeroInside),
      split(value, parts) {
        const name = add('Split', [oneInside, value], { T: { type: float32 }, num_split: { int: parts } });
        return Array.from({ length: parts }, (_, i) => (i ? `${name}:${i}` : name));
      },
      concat: (values) =>
        add('ConcatV2', [...values, oneInside], { N: { int: values.length }, T: { type: float32 }, Tidx: { type: int32 } }),
    });

    const written = arrays.map((array, i) => {
      const value = done.keep[keep[i] as string];
      if (!value) throw new Error(`graph: the loop's body did not give '${keep[i]}'`);
      const flow = rest[start.length + i] as Value;
      return add('TensorArrayWriteV3', [enter(array, resource, true), t, value, flow], { T: { type: float32 } });
    });
    for (const [i, value] of [onInts('AddV2', counter, oneInside), ...done.next, ...written].entries()) {
      add('NextIteration', [value], { T: { type: variables[i]?.type as number } }, next[i]);
    }
    const exits = variables.map(({ type }, i) => add('Exit', [switched[i] as Value], { T: { type } }));
    const indices = add('Range', [zero, steps, one], { Tidx: { type: int32 } });
    for (const [i, name] of keep.entries()) {
      const flow = exits[1 + start.length + i] as Value;
      add('TensorArrayGatherV3', [arrays[i] as Value, indices, flow], { dtype: { type: float32 } }, name);
    }
    return exits.slice(1, 1 + start.length);
  }

  return {
    nodes,
    op,
    loop,
    placeholder: (name) => add('Placeholder', [], { dtype: { type: float32 } }, name),
    number: (value) =>
      add('Const', [], { dtype: { type: float32 }, value: { constant: { values: Float32Array.of(value), isScalar: true } } }),
    product: (a, b, transposeB = false) => add('MatMul', [a, b], { T: { type: float32 }, transpose_b: { bool: transposeB } }),
    zerosLikeStep: (sequence) => op('ZerosLike', step(sequence, ints(0), ints(0))),
    name: (value, name) => void add('Identity', [value], { T: { type: float32 } }, name),
  };
}
