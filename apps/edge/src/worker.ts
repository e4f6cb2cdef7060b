import tfjs from '@unroll/backend/tfjs-serving.wasm';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import kernels from '@unroll/kernels/serving.wasm';
import builtIn from '#built-in-models';
import { createApp } from './app.ts';
import { createTelemetry } from './http/telemetry.ts';
import { bucketStore } from './models/bucket-store.ts';
import { builtInStore } from './models/built-in-store.ts';
import { createCatalog, type IndexCache } from './models/model-catalog.ts';
import { createModelHost } from './models/model-host.ts';
import type { Services } from './services.ts';
import { createSessionClass } from './session-object.ts';

const telemetry = createTelemetry();
const indexes: IndexCache = new Map();

/** Shared by all requests and sessions of this isolate, with the models that are loaded. */
const services: Services = {
  telemetry,
  host: createModelHost(() => startWasmBackend({ tfjs, kernels }), telemetry),
  catalogOf: ({ MODELS }) => createCatalog(MODELS && bucketStore(MODELS), builtInStore(builtIn), indexes, Date.now),
};

/** The Worker: Cloudflare's bindings in, the app out. */
export default createApp(services);

export const Session = createSessionClass(services);
