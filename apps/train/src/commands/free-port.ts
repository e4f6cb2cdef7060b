import { createServer } from 'node:net';

/** Checks that a port is free. @throws an error that suggests a free port. */
export async function expectFreePort(port: number): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`--port must be a number from 1 to 65535, got ${port}`);
  if (await isFree(port)) return;
  let other = port + 1;
  while (other < 65535 && !(await isFree(other))) other++;
  throw new Error(`port ${port} on 127.0.0.1 is in use. Pass --port ${other}, which is free.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(new Error(`port ${port} on 127.0.0.1 cannot be used: ${error.message}. Pass --port N.`));
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
