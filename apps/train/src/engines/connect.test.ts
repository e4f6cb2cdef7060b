import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram } from './run-program.ts';
import { sendText, startFileServer } from './testing/file-server.ts';

/** A proxy that leads every tunnel to one server, and what it was asked for. */
async function startProxy(to: string) {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url }, socket: Socket) => {
    asked.push(url ?? '');
    const target = connect(Number(new URL(to).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    for (const each of [socket, target]) each.on('error', () => each.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  return { asked, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
}

test('requests go through the proxy of the environment, except to the servers in NO_PROXY', async () => {
  const server = await startFileServer();
  onTestFinished(server.close);
  server.answers.set('/there', sendText('reached'));
  const proxy = await startProxy(server.url);
  const module = new URL('connect.ts', import.meta.url).href;
  const fetched = async (url: string) => {
    const program = `
      const { connectAsConfigured } = await import(${JSON.stringify(module)});
      connectAsConfigured();
      console.log(await (await fetch('${url}')).text());`;
    const env = { ...process.env, http_proxy: proxy.url, HTTP_PROXY: proxy.url, no_proxy: '127.0.0.1', NO_PROXY: '127.0.0.1' };
    const finished = await runProgram([process.execPath, '--input-type=module', '-e', program], {
      env,
      signal: new AbortController().signal,
    });
    return finished?.answer.trim();
  };
  expect(await fetched('http://index.invalid/there')).toBe('reached');
  expect(await fetched(`${server.url}/there`)).toBe('reached');
  expect(proxy.asked).toEqual(['index.invalid:80']);
});
