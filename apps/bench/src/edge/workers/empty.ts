/** A Worker that does nothing: what workerd itself takes. */
import type { Handler } from './handler.ts';
export default { fetch: () => new Response('') } satisfies Handler;
