/** Replaces tfjs's multi-threaded glue, 10 KB compressed. workerd has no threads. */
export default function threadedWasmIsAbsent(): never {
  throw new Error('the threaded WASM backend is not part of this bundle');
}
