/** Replaces the source of tfjs's threads; see threaded-glue.ts. */
export const wasmWorkerContents = '';
