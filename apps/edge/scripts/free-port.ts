import { once } from 'node:events';
import { createServer } from 'node:net';

/** @throws if this process cannot listen on the port, for example because another process does. Its answers would look like our server's. */
export async function expectFreePort(port: number, host = '127.0.0.1'): Promise<void> {
  const probe = createServer().listen(port, host);
  await once(probe, 'listening').catch((error: Error) => {
    throw new Error(`cannot listen on port ${port} (${error.message}); choose another with --port`);
  });
  probe.close();
  await once(probe, 'close');
}
