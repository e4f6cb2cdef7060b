/** Stands in for zod's compiler of schemas, 8 KB compressed: it writes functions from text, which workerd forbids. */
export const INVALID = Symbol.for('zod.compile.invalid');
export class ZodCompileAsyncError extends Error {}
export class ZodCompileUnsupportedError extends Error {}

function absent(): never {
  throw new Error('zod.compile is not part of this bundle');
}

export { absent as compile, absent as compileFn, absent as withParser };
