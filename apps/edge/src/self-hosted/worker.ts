/** The Worker for workerd without Cloudflare: the app of worker.ts, with bindings that keep their data in a folder. */
import type { Bindings } from '../http/bindings.ts';
import app, { Session as DeployedSession } from '../worker.ts';
import { type AssetList, createAssets } from './assets.ts';
import { localBucket } from './bucket.ts';
import type { StoredBucket } from './bucket-object.ts';
import { clientAddress } from './client-address.ts';
import { createRateLimit } from './rate-limit.ts';
import { SETTINGS, type VARIABLES } from './variables.ts';

export { StoredBucket } from './bucket-object.ts';

/** What workerd binds: scripts/self-hosted/configuration.ts. */
type Configured = {
  DISK: Fetcher;
  ASSET_LIST: AssetList;
  BUCKET: DurableObjectNamespace<StoredBucket>;
  SESSIONS: Bindings['SESSIONS'];
} & {
  /** Environment variables. One that is not set is null. */
  [variable in (typeof VARIABLES)[number]]: string | null;
};
let bindings: Bindings | undefined;

/** The app's bindings: the same ones for all requests and sessions, because rate limits count in memory. */
function bindingsOf(configured: Configured): Bindings {
  bindings ??= {
    ...Object.fromEntries(SETTINGS.flatMap((name) => (configured[name] === null ? [] : [[name, configured[name]]]))),
    ASSETS: createAssets(configured.DISK, configured.ASSET_LIST),
    MODELS: localBucket(configured.BUCKET),
    IP_LIMIT: createRateLimit(Number(configured.REQUESTS_PER_ADDRESS)),
    KEY_LIMIT: createRateLimit(Number(configured.REQUESTS_PER_KEY)),
    ...(configured.SESSIONS && { SESSIONS: configured.SESSIONS }),
  };
  return bindings;
}

export default {
  fetch(request, configured, context) {
    const headers = new Headers(request.headers);
    headers.set('cf-connecting-ip', clientAddress(request, { behindProxy: configured.BEHIND_PROXY === 'yes' }));
    return app.fetch(new Request(request, { headers }), bindingsOf(configured), context);
  },
} satisfies ExportedHandler<Configured>;

export class Session extends DeployedSession {
  constructor(ctx: DurableObjectState, configured: Configured) {
    super(ctx, bindingsOf(configured));
  }
}
