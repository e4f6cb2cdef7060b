/** What the device of an engine did: its memory is full, or it no longer computes. */
export type DeviceFault = 'full' | 'lost';

/** TensorFlow's and CUDA's words, and those of our wasm engine, for memory that cannot be had. */
const FULL =
  /OOM when allocating|Resource ?Exhausted|CUDA_ERROR_OUT_OF_MEMORY|(CUDNN|CUBLAS)_STATUS_ALLOC_FAILED|Dst tensor is not initialized|failed to allocate memory|^backend: out of memory/i;
/** Errors after which a CUDA context computes nothing more. */
const LOST =
  /CUDA_ERROR_(?!OUT_OF_MEMORY)[A-Z_]+|(CUDNN|CUBLAS)_STATUS_(EXECUTION_FAILED|MAPPING_ERROR|INTERNAL_ERROR)|GPU sync failed|GPU is lost|device-side assert/i;

/** @param message an error of an engine's op. */
export function deviceFault(message: string): DeviceFault | undefined {
  if (FULL.test(message)) return 'full';
  return LOST.test(message) ? 'lost' : undefined;
}

/** What to do about it. @param rows how many the job computed. */
export function adviceOn(fault: DeviceFault, rows: number): string {
  if (fault === 'lost') return '. The device stopped computing: see what nvidia-smi and dmesg report';
  if (rows <= 1) return '. Not even one row fits into the memory of the device: use fewer steps (maxLength or bpttSteps) or fewer units';
  return (
    `. A shard of ${rows} rows does not fit into the memory of the device; one of ${Math.floor(rows / 2)} needs half as much. ` +
    'Start a new run with twice as many training.shards, which changes the last bits of the result'
  );
}
