/** Replaces Hono's deprecated `app.mount()`, which the app does not call. */
export function createMountedRequest(): never {
  throw new Error('app.mount() is not part of the Worker');
}
