import type { BuiltInModel } from './built-in-store.ts';

/** The models of apps/edge/models, as scripts/bundle.ts writes them. */
declare const models: readonly BuiltInModel[];
export default models;
