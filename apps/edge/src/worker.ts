import tfjs from '@unroll/backend/tfjs-serving.wasm';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import kernels from '@unroll/kernels/serving.wasm';
import { createApp } from './app.ts';
import { assetStore, bucketStore } from './model-store.ts';

/** The Worker: Cloudflare's bindings in, the app out. */
export default createApp({
  startBackend: () => startWasmBackend({ tfjs, kernels }),
  storeOf: ({ MODELS, ASSETS }) => (MODELS ? bucketStore(MODELS) : assetStore(ASSETS)),
});
