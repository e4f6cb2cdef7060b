/** Every engine, with what this machine offers of it. Node only. */
import type { EngineName, Offer } from '../engine.ts';
import { offerTensorflow } from './tensorflow/offer.ts';
import { offerWasm } from './wasm/offer.ts';

export const engines: Readonly<Record<EngineName, () => Offer>> = { wasm: offerWasm, tensorflow: offerTensorflow };
