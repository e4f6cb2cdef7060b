import type { Bucket, PutOptions } from '../http/bucket.ts';
import type { Expected, StoredBucket } from './bucket-object.ts';

/** A bucket on this machine's disk, for a workerd without R2. */
export function localBucket(namespace: DurableObjectNamespace<StoredBucket>): Bucket {
  const stored = () => namespace.getByName('models');
  return {
    head: (key) => stored().head(key),
    async get(key) {
      const found = await stored().get(key);
      if (!found) return null;
      const content = new Response(found.body);
      return { ...found.object, arrayBuffer: () => content.arrayBuffer(), json: () => content.json() };
    },
    // A stream, because a call's arguments are limited to 32 MB.
    put: (key, value, { onlyIf, httpMetadata } = {}) => stored().put(key, new Response(value).body, expectedBy(onlyIf), httpMetadata),
    delete: (keys) => stored().delete([keys].flat()),
    list: ({ prefix, cursor }) => stored().list(prefix, cursor),
  };
}

function expectedBy(onlyIf: PutOptions['onlyIf']): Expected {
  if (!(onlyIf instanceof Headers)) return onlyIf?.etagMatches;
  const headers = [...onlyIf].map(([name, value]) => `${name}: ${value}`).join('; ');
  if (headers !== 'if-none-match: *') throw new Error(`bucket: expected the condition if-none-match: *, got ${headers}`);
  return null;
}
