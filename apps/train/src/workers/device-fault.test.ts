import { describe, expect, test } from 'vitest';
import { adviceOn, deviceFault } from './device-fault.ts';

describe('an error of an engine', () => {
  test.each([
    'OOM when allocating tensor with shape[64,1024] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc',
    'RESOURCE_EXHAUSTED: failed to allocate memory [Op:Mul]',
    'Failed to create a cuDNN handle: CUDNN_STATUS_ALLOC_FAILED',
    'CUDA_ERROR_OUT_OF_MEMORY: out of memory',
    'Dst tensor is not initialized.',
    'backend: out of memory: needed 8000 more bytes on a heap of 4294967296, which can grow to 4 GB at most',
  ])('memory is full: %s', (message) => {
    expect(deviceFault(message)).toBe('full');
  });

  test.each([
    'Failed to enqueue async memcpy from device to host: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered',
    'Could not synchronize on CUDA context: CUDA_ERROR_ECC_UNCORRECTABLE: uncorrectable ECC error encountered',
    'Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost',
    'Failed to call DoRnnForward: CUDNN_STATUS_EXECUTION_FAILED',
  ])('the device is lost: %s', (message) => {
    expect(deviceFault(message)).toBe('lost');
  });

  test.each([
    'Worker terminated due to reaching memory limit: JS heap out of memory',
    'no answer within 300 s',
    'Cannot read properties of undefined',
    'Matrix size-incompatible: In[0]: [2,3], In[1]: [4,5]',
  ])('is not about the device: %s', (message) => {
    expect(deviceFault(message)).toBeUndefined();
  });
});

test('advice on full memory names the rows of the shard, and half of them', () => {
  expect(adviceOn('full', 64)).toMatch(
    /A shard of 64 rows does not fit .* one of 32 needs half as much\. .*twice as many training\.shards/,
  );
  expect(adviceOn('full', 1)).toMatch(/Not even one row fits .* fewer steps/);
});
