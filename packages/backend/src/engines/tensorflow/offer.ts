import type { Offer } from '../../engine.ts';

export function offerTensorflow(): Offer {
  return { available: false, description: 'it is not installed', missing: 'Add it with: npm run unroll -- engine add tensorflow' };
}
