import * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp, withWorkspace } from './heap.ts';

/**
 * Adds the ops on int8 weights. tfjs has no int8, so the weights are int32 tensors of their bytes.
 *
 * UnrollPackInt8    values int32 (bytes of int8 [K, gates·units]), scales float32 [gates·units] to a packed matrix
 * UnrollMatMulInt8  a float32 [M,K], b packed (one gate of `units`), bias float32 [units] or none, to [M,units]
 * UnrollGatherInt8  table int32 (bytes of int8 [rows, columns], then of scales float32 [rows]), indices int32 [...] to [..., columns]
 *
 * The ops throw before a kernel runs if a size or type is wrong.
 */
export function registerInt8(heap: Heap): void {
  registerOp(heap, 'UnrollPackInt8', ({ inputs, attrs }) => pack(heap, inputs as Inputs, attrs as PackAttrs));
  registerOp(heap, 'UnrollMatMulInt8', ({ inputs, attrs }) => matMul(heap, inputs as Inputs, attrs as { units: number }));
  registerOp(heap, 'UnrollGatherInt8', ({ inputs, attrs, backend }) =>
    gather(heap, inputs as Inputs, attrs as GatherAttrs, backend as tf.KernelBackend),
  );
}

type Inputs = Record<string, tf.TensorInfo | undefined>;
export type PackAttrs = { K: number; gates: number; units: number; bits: 14 | 7 };
type GatherAttrs = { rows: number; columns: number };

function pack(heap: Heap, { values, scales }: Inputs, { K, gates, units, bits }: PackAttrs): tf.TensorInfo {
  if (bits !== 14 && bits !== 7) throw new Error(`int8: activations have 14 or 7 bits, not ${bits}`);
  expectTensor('values', values, 'int32', [wordsOf(K * gates * units)]);
  expectTensor('scales', scales, 'float32', [gates * units]);
  const out = heap.makeOutput([packedWords(heap, K, gates, units)], 'int32');
  const addresses = { values: heap.address(values), scales: heap.address(scales), to: heap.address(out) };
  heap.kernels.packInt8({ K, gates, H: units, bits, ...addresses });
  return out;
}

function matMul(heap: Heap, { a, b, bias }: Inputs, { units }: { units: number }): tf.TensorInfo {
  const [M = 0, K = 0] = a?.shape ?? [];
  expectTensor('a', a, 'float32', [M, K]);
  expectTensor('b', b, 'int32', [packedWords(heap, K, 1, units)]);
  if (bias) expectTensor('bias', bias, 'float32', [units]);
  const out = heap.makeOutput([M, units]);
  if (M === 0) return out;
  withWorkspace(heap, heap.kernels.matMulInt8WorkspaceBytes(M, units, K), (workspace) => {
    heap.kernels.matMulInt8({
      M,
      N: units,
      K,
      a: heap.address(a),
      b: heap.address(b),
      bias: bias ? heap.address(bias) : 0,
      c: heap.address(out),
      workspace,
    });
  });
  return out;
}

function gather(heap: Heap, { table, indices }: Inputs, { rows, columns }: GatherAttrs, backend: tf.KernelBackend): tf.TensorInfo {
  expectTensor('table', table, 'int32', [wordsOf(rows * columns) + rows]);
  expectTensor('indices', indices, 'int32', indices?.shape ?? []);
  const count = tf.util.sizeFromShape(indices.shape);
  const out = heap.makeOutput([...indices.shape, columns]);
  const values = heap.address(table);
  const scales = values + wordsOf(rows * columns) * 4;
  const wrong = heap.kernels.gatherInt8({
    n: count,
    D: columns,
    S: rows,
    table: values,
    scales,
    ids: heap.address(indices),
    out: heap.address(out),
  });
  if (wrong >= 0) {
    throw new Error(`gather: index ${backend.readSync(indices.dataId)[wrong]} (number ${wrong} of ${count}) is outside the ${rows} rows`);
  }
  return out;
}

const wordsOf = (bytes: number) => Math.ceil(bytes / 4);

/** The length of a packed [K, gates·units] as an int32 tensor. */
export function packedWords(heap: Heap, K: number, gates: number, units: number): number {
  return wordsOf(heap.kernels.packedInt8Bytes(K, gates, units));
}

function expectTensor(name: string, tensor: tf.TensorInfo | undefined, dtype: tf.DataType, shape: number[]): asserts tensor {
  if (tensor?.dtype !== dtype || tensor.shape.join() !== shape.join()) {
    throw new Error(`int8: expected ${name} to be ${dtype} [${shape}], got ${tensor ? `${tensor.dtype} [${tensor.shape}]` : 'none'}`);
  }
}
