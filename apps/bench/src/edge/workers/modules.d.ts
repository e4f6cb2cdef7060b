declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.bin' {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module '*.onnx' {
  const bytes: ArrayBuffer;
  export default bytes;
}
declare module '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js' {
  const emscripten: unknown;
  export default emscripten;
}
/** The part of the package that is used; the bench installs it outside the repository's dependencies. */
declare module 'onnxruntime-web/wasm' {
  export const env: { wasm: { numThreads: number; wasmPaths: { mjs: string; wasm: string } } };
  export class Tensor {
    constructor(type: 'int32', data: Int32Array, shape: readonly number[]);
  }
  export const InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: Record<string, Tensor>): Promise<Record<string, unknown>> }>;
  };
}
