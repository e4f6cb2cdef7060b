import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { expectFreePort } from './free-port.ts';

test('a port in use is refused with one that is free', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await expect(expectFreePort(port)).rejects.toThrow(
    new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use\\. Pass --port \\d+, which is free\\.`),
  );
  server.close();
  await once(server, 'close');
  await expect(expectFreePort(port)).resolves.toBeUndefined();
  await expect(expectFreePort(70000)).rejects.toThrow('from 1 to 65535');
});
