/** TensorFlow's status RESOURCE_EXHAUSTED in the addon's words. */
const OUT_OF_MEMORY = 'Invalid TF_Status: 8';
/** How CUDA, cuDNN and cuBLAS report a GPU that failed. Afterwards every op of the process fails. */
const GPU_FAILED = /CUDA_ERROR_(?!OUT_OF_MEMORY)\w+|CUDNN_STATUS_EXECUTION_FAILED|CUBLAS_STATUS_EXECUTION_FAILED/;

/** The error of an op or a graph, with what to do where that is known: out of memory, or a GPU that failed. */
export function explainError(error: Error, what: string, gpu: boolean): Error {
  const { message } = error;
  if (message.includes(OUT_OF_MEMORY)) {
    const advice = 'Smaller shards need less: twice the training.shards halves a shard';
    const device = gpu ? 'the GPU' : 'the machine';
    return new Error(`tensorflow: ${device} is out of memory in ${what}. ${advice}. TensorFlow says: ${message}`, { cause: error });
  }
  const failure = gpu && GPU_FAILED.exec(message);
  if (!failure) return error;
  const advice = 'nvidia-smi and the Xid lines of dmesg tell why. The last checkpoint is complete: continue in a new process with --resume';
  return new Error(`tensorflow: the GPU failed in ${what} (${failure[0]}). ${advice}. TensorFlow says: ${message}`, { cause: error });
}
