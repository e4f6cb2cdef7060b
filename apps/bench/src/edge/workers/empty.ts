/** An empty Worker, to measure workerd itself. */
import type { Handler } from './handler.ts';
export default { fetch: () => new Response('') } satisfies Handler;
