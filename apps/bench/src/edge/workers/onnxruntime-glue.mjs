// onnxruntime-web's glue with the compiled module. Unchanged, it would compile bytes, which workerd forbids.
import factory from './ort-wasm-simd-threaded.mjs';
import binary from './ort-wasm-simd-threaded.wasm';

export default (options) =>
  factory({
    ...options,
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(binary, imports);
      done(instance, binary);
      return instance.exports;
    },
  });
