/** Builds TensorFlow graphs of float32 values. One call then runs a whole loop, where eager execution pays for every op of every step. */
import { type Attr, type GraphNode, types } from './saved-model.ts';

/** One output of a node: 'name' is the first, 'name:1' the second. */
export type Value = string;

export interface Loop {
  /** Values that a step reads and gives anew: the state. */
  start: readonly Value[];
  /** Names of the values that the result holds for every step. */
  keep: readonly string[];
  reverse: boolean;
  body(step: Step): { next: readonly Value[]; keep: Record<string, Value> };
}

/** Inside a loop. A value from outside enters it by `constant` or `at`. */
export interface Step {
  state: readonly Value[];
  constant(value: Value): Value;
  /** The current step of a value [T, ...]. */
  at(value: Value): Value;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  /** A node to feed, float32. */
  placeholder(name: string): Value;
  /** An op whose inputs and outputs are all float32. */
  op(name: string, ...inputs: Value[]): Value;
  number(value: number): Value;
  /** a·b, with the factor that `transposed` names transposed. */
  product(a: Value, b: Value, transposed?: 'a' | 'b'): Value;
  sum(values: readonly Value[]): Value;
  /** [M, N] → [N, M]. */
  transpose(value: Value): Value;
  /** [N, D] → [D]. */
  columnSums(rows: Value): Value;
  /** The last axis of `value` in equal parts. */
  split(value: Value, parts: number, rank: 1 | 2): Value[];
  /** Joined along an axis. */
  concat(values: readonly Value[], axis: number): Value;
  /** [...] each to [values, ...]. */
  stack(values: readonly Value[]): Value;
  /** [T·B, D] → [T, B, D], with B and D of `step` [B, D]. */
  toSteps(rows: Value, step: Value): Value;
  /** [T, B, D] → [T·B, D], with D of `step` [B, D]. */
  toRows(steps: Value, step: Value): Value;
  /** `initial` [...], then `steps` [T, ...] without the last one. */
  before(steps: Value, initial: Value): Value;
  /** Gives a value a name that a run can ask for. */
  name(value: Value, name: string): void;
  /** A loop over the steps of `sequence` [T, ...]. Gives the last state, and the kept values of all steps [T, ...] by name. */
  loop(sequence: Value, loop: Loop): { last: Value[]; kept: Record<string, Value> };
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
  const onFloats = (name: string, inputs: readonly Value[], attrs: Record<string, Attr> = {}) =>
    add(name, inputs, { T: { type: float32 }, ...attrs });
  const onInts = (name: string, ...inputs: Value[]) => add(name, inputs, { T: { type: int32 } });
  const op = (name: string, ...inputs: Value[]) => onFloats(name, inputs);
  const shapeOf = (value: Value) => onFloats('Shape', [value], { out_type: { type: int32 } });
  /** Part of the first axis. With `shrinks`, one element, without the axis. A slice of whole rows is a view, not a copy. */
  const slice = (value: Value, type: number, begin: Value, end: Value, shrinks: boolean) =>
    add('StridedSlice', [value, begin, end, ints([1])], {
      T: { type },
      Index: { type: int32 },
      shrink_axis_mask: { int: shrinks ? 1 : 0 },
    });
  const reshape = (value: Value, shape: Value) => onFloats('Reshape', [value, shape], { Tshape: { type: int32 } });
  const joined = (values: readonly Value[], axis: Value, type: number) =>
    add('ConcatV2', [...values, axis], { N: { int: values.length }, T: { type }, Tidx: { type: int32 } });
  const named = (value: Value, name: string) => add('Identity', [value], { T: { type: float32 } }, name);

  /** TensorFlow's control flow: each variable goes Enter → Merge → Switch → body → NextIteration → Merge, and leaves by Exit. */
  function loop(sequence: Value, { start, keep, reverse, body }: Loop): ReturnType<Graph['loop']> {
    const frame = `loop_${nodes.length}`;
    const enter = (value: Value, type: number, constant: boolean) =>
      add('Enter', [value], {
        T: { type },
        frame_name: { string: frame },
        is_constant: { bool: constant },
        parallel_iterations: { int: 1 },
      });
    const steps = slice(shapeOf(sequence), int32, ints([0]), ints([1]), true);
    const [zero, one] = [ints(0), ints(1)];
    const arrays = keep.map(() => add('TensorArrayV3', [steps], { dtype: { type: float32 } }));
    // A flow only orders what is done to an array, so one flow can pass through all of them.
    const flow: Value = `${arrays[0]}:1`;
    const variables = [{ value: zero, type: int32 }, ...[...start, flow].map((value) => ({ value, type: float32 }))];
    const next = variables.map((_, i): Value => `${frame}_next_${i}`);
    const merged = variables.map(({ value, type }, i) =>
      add('Merge', [enter(value, type, false), next[i] as Value], { T: { type }, N: { int: 2 } }),
    );
    const [count, oneInside] = [steps, one].map((value) => enter(value, int32, true)) as [Value, Value];
    const more = add('LoopCond', [add('Less', [merged[0] as Value, count], { T: { type: int32 } })]);
    const switched = variables.map(({ type }, i) => add('Switch', [merged[i] as Value, more], { T: { type } }));
    const [counter, ...rest] = switched.map((value): Value => `${value}:1`) as [Value, ...Value[]];
    const following = onInts('AddV2', counter, oneInside);
    const t = reverse ? onInts('Sub', count, following) : counter;
    const vectorOf = (scalar: Value) =>
      add('ExpandDims', [scalar, enter(zero, int32, true)], { T: { type: int32 }, Tdim: { type: int32 } });
    const begin = vectorOf(t);
    const end = onInts('AddV2', begin, oneInside);
    const stride = enter(ints([1]), int32, true);
    const constant = (value: Value) => enter(value, float32, true);

    const done = body({
      state: rest.slice(0, start.length),
      constant,
      at: (value) =>
        add('StridedSlice', [constant(value), begin, end, stride], {
          T: { type: float32 },
          Index: { type: int32 },
          shrink_axis_mask: { int: 1 },
        }),
    });

    const lastFlow = arrays.reduce((flowIn: Value, array, i) => {
      const value = done.keep[keep[i] as string];
      if (!value) throw new Error(`graph: the loop's body did not give '${keep[i]}'`);
      return add('TensorArrayWriteV3', [enter(array, resource, true), t, value, flowIn], { T: { type: float32 } });
    }, rest.at(-1) as Value);
    for (const [i, value] of [following, ...done.next, lastFlow].entries()) {
      add('NextIteration', [value], { T: { type: variables[i]?.type as number } }, next[i]);
    }
    const exits = variables.map(({ type }, i) => add('Exit', [switched[i] as Value], { T: { type } }));
    const indices = add('Range', [zero, steps, one], { Tidx: { type: int32 } });
    const gathered = (array: Value) => add('TensorArrayGatherV3', [array, indices, exits.at(-1) as Value], { dtype: { type: float32 } });
    return {
      last: exits.slice(1, 1 + start.length),
      kept: Object.fromEntries(keep.map((name, i) => [name, gathered(arrays[i] as Value)])),
    };
  }

  return {
    nodes,
    op,
    loop,
    placeholder: (name) => add('Placeholder', [], { dtype: { type: float32 } }, name),
    number: (value) => add('Const', [], floatConstant(value)),
    product: (a, b, transposed) =>
      onFloats('MatMul', [a, b], { transpose_a: { bool: transposed === 'a' }, transpose_b: { bool: transposed === 'b' } }),
    sum: (values) => (values.length === 1 ? (values[0] as Value) : onFloats('AddN', values, { N: { int: values.length } })),
    transpose: (value) => onFloats('Transpose', [value, ints([1, 0])], { Tperm: { type: int32 } }),
    columnSums: (rows) => onFloats('Sum', [rows, ints([0])], { Tidx: { type: int32 }, keep_dims: { bool: false } }),
    split(value, parts, rank) {
      if (parts === 1) return [value];
      const name = add('Split', [ints(rank - 1), value], { T: { type: float32 }, num_split: { int: parts } });
      return Array.from({ length: parts }, (_, i) => (i ? `${name}:${i}` : name));
    },
    concat: (values, axis) => (values.length === 1 ? (values[0] as Value) : joined(values, ints(axis), float32)),
    stack: (values) => onFloats('Pack', values, { N: { int: values.length }, axis: { int: 0 } }),
    toSteps: (rows, step) => reshape(rows, joined([ints([-1]), shapeOf(step)], ints(0), int32)),
    toRows: (steps, step) => reshape(steps, joined([ints([-1]), slice(shapeOf(step), int32, ints([1]), ints([2]), false)], ints(0), int32)),
    before(steps, initial) {
      const first = add('ExpandDims', [initial, ints(0)], { T: { type: float32 }, Tdim: { type: int32 } });
      return joined([first, slice(steps, float32, ints([0]), ints([-1]), false)], ints(0), float32);
    },
    name: (value, name) => void named(value, name),
  };
}

const floatConstant = (value: number): Record<string, Attr> => ({
  dtype: { type: float32 },
  value: { constant: { values: Float32Array.of(value), isScalar: true } },
});
