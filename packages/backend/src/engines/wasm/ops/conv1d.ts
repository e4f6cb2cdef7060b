import type * as tf from '@tensorflow/tfjs-core';
import type { Arguments } from '@unroll/kernels/descriptors.ts';
import type { Conv1dAttrs } from '@unroll/ops/conv1d-op.ts';
import { type Heap, registerOp, withWorkspace } from './heap.ts';
import { packedWords } from './int8.ts';

type Inputs = Record<string, tf.TensorInfo | undefined>;
type Size = Arguments<'conv1dBackwardWorkspaceBytes'>;

/** Beyond this the kernels' 32-bit sizes would overflow. */
const MOST_BYTES = 2 ** 30;

/** The most windows of one product, as in assembly/conv1d.ts. */
const MOST_WINDOWS = 384;

/**
 * Adds the ops of a convolution. They throw before a kernel runs if a shape or type is wrong. B, T and steps may be 0.
 *
 * UnrollConv1d      x [B,T,C], kernel [kernelSize·C/groups,filters] in float32 or int8; optional bias [filters], mask bool [B,T] and
 *                   befores int32 [B]; to [B,steps,filters]
 * UnrollConv1dGrad  x, kernel, mask, befores and dy [B,steps,filters] to the gradients of x, kernel and bias
 */
export function registerConv1d(heap: Heap): void {
  registerOp(heap, 'UnrollConv1d', ({ inputs, attrs }) => forward(heap, inputs as Inputs, attrs as Conv1dAttrs));
  registerOp(heap, 'UnrollConv1dGrad', ({ inputs, attrs }) => backward(heap, inputs as Inputs, attrs as Conv1dAttrs));
}

function forward(heap: Heap, inputs: Inputs, attrs: Conv1dAttrs): tf.TensorInfo {
  const { kernels } = heap;
  const size = sizeOf(inputs, attrs);
  const int8 = inputs.kernel?.dtype === 'int32';
  const { B, C, F, kernelSize, groups, steps } = size;
  checkInputs(inputs, size, int8 ? [packedWords(heap, (kernelSize * C) / groups, groups, F / groups)] : undefined);
  const y = heap.makeOutput([B, steps, F]);
  withWorkspace(heap, kernels.conv1dForwardWorkspaceBytes({ ...size, int8 }), (workspace) => {
    const at = addressesOf(heap, inputs);
    kernels.conv1dForward({
      ...size,
      int8,
      x: at('x'),
      w: at('kernel'),
      bias: at('bias'),
      mask: at('mask'),
      befores: at('befores'),
      y: heap.address(y),
      workspace,
    });
  });
  return y;
}

function backward(heap: Heap, inputs: Inputs, attrs: Conv1dAttrs): tf.TensorInfo[] {
  const { kernels } = heap;
  if (inputs.kernel?.dtype === 'int32') throw new Error('conv1d: int8 weights cannot be trained; load the model in float32');
  const size = sizeOf(inputs, attrs);
  const { B, T, C, F, kernelSize, groups } = size;
  checkInputs(inputs, size);
  const dx = heap.makeOutput([B, T, C]);
  const dw = heap.makeOutput([(kernelSize * C) / groups, F]);
  const dBias = heap.makeOutput([F]);
  withWorkspace(heap, kernels.conv1dBackwardWorkspaceBytes(size), (workspace) => {
    const at = addressesOf(heap, inputs);
    kernels.conv1dBackward({
      ...size,
      x: at('x'),
      w: at('kernel'),
      mask: at('mask'),
      befores: at('befores'),
      dy: at('dy'),
      dx: heap.address(dx),
      dw: heap.address(dw),
      dBias: heap.address(dBias),
      workspace,
    });
  });
  return [dx, dw, dBias];
}

const addressesOf = (heap: Heap, inputs: Inputs) => (name: string) => (inputs[name] ? heap.address(inputs[name]) : 0);

/** @throws if the sizes do not fit each other, or the kernels cannot address so much. */
function sizeOf({ x }: Inputs, { filters: F, kernelSize, strides, dilationRate, groups, before, steps }: Conv1dAttrs): Size {
  const [B = 0, T = 0, C = 0] = x?.shape ?? [];
  if (C < 1 || C % groups !== 0 || F % groups !== 0) {
    throw new Error(`conv1d: expected channels and filters that ${groups} groups divide, got ${C} channels and ${F} filters`);
  }
  if (strides > 1 && dilationRate > 1) throw new Error(`conv1d: strides ${strides} and dilationRate ${dilationRate} exclude each other`);
  const bytes =
    4 *
    Math.max(
      B * T * C,
      B * steps * F,
      (MOST_WINDOWS * strides + kernelSize * dilationRate) * Math.max(C, F),
      MOST_WINDOWS * kernelSize * C,
      kernelSize * C * (F + 16),
    );
  if (bytes > MOST_BYTES) {
    throw new Error(
      `conv1d: B=${B}, T=${T}, C=${C}, F=${F}, kernelSize=${kernelSize}, strides=${strides}, dilationRate=${dilationRate} needs ${bytes} bytes at once, over ${MOST_BYTES}; ` +
        'use smaller shards or shorter windows',
    );
  }
  return { B, T, C, F, kernelSize, strides, dilationRate, groups, before, steps };
}

/** @param packed the shape of the kernel in int8. */
function checkInputs(inputs: Inputs, { B, T, C, F, kernelSize, groups, steps }: Size, packed?: number[]): void {
  const expected: Record<string, [tf.DataType, number[]]> = {
    x: ['float32', [B, T, C]],
    kernel: packed ? ['int32', packed] : ['float32', [(kernelSize * C) / groups, F]],
    bias: ['float32', [F]],
    mask: ['bool', [B, T]],
    befores: ['int32', [B]],
    dy: ['float32', [B, steps, F]],
  };
  for (const [name, [dtype, shape]] of Object.entries(expected)) {
    const tensor = inputs[name];
    if (!tensor && name !== 'x' && name !== 'kernel') continue;
    if (tensor?.dtype !== dtype || tensor.shape.join() !== shape.join()) {
      throw new Error(`conv1d: expected ${name} to be ${dtype} [${shape}], got ${tensor ? `${tensor.dtype} [${tensor.shape}]` : 'none'}`);
    }
  }
}
