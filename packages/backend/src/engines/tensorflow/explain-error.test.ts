import { expect, test } from 'vitest';
import { explainError } from './explain-error.ts';

test('out of memory: the device, the op, and smaller shards', () => {
  const error = new Error('Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,1024]');
  expect(explainError(error, 'CudnnRNNV3', true).message).toBe(
    'tensorflow: the GPU is out of memory in CudnnRNNV3. Smaller shards need less: twice the training.shards halves a shard. ' +
      'TensorFlow says: Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,1024]',
  );
  expect(explainError(error, 'a graph', false).message).toContain('the machine is out of memory in a graph.');
});

test('a GPU that failed: its error, and how the run continues', () => {
  const error = new Error(
    'Invalid TF_Status: 13\nMessage: could not synchronize on CUDA context: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal access',
  );
  const explained = explainError(error, 'MatMul', true);
  expect(explained.message).toMatch(
    /^tensorflow: the GPU failed in MatMul \(CUDA_ERROR_ILLEGAL_ADDRESS\)\. nvidia-smi .* with --resume\. /,
  );
  expect(explained.cause).toBe(error);
  expect(explainError(error, 'MatMul', false)).toBe(error);
});

test('any other error stays as it is', () => {
  const error = new Error('Invalid TF_Status: 3\nMessage: Matrix size-incompatible');
  expect(explainError(error, 'MatMul', true)).toBe(error);
});
