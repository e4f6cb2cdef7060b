/** Stands in for tfjs's multi-threaded glue: workerd has no threads, and the bundle needs no 10 KB for them. */
export default function threadedWasmIsAbsent(): never {
  throw new Error('the threaded WASM backend is not part of this bundle');
}
