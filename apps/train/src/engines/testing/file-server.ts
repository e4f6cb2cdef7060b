import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FileServer {
  url: string;
  /** What was asked for: 'GET /path bytes=5-'. */
  requests: string[];
  /** Answers by path. */
  answers: Map<string, Answer>;
  close(): void;
}

/** An HTTP server on this machine. Paths without an answer are 404. */
export async function startFileServer(): Promise<FileServer> {
  const requests: string[] = [];
  const answers = new Map<string, Answer>();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname;
    requests.push([request.method, path, request.headers.range].filter(Boolean).join(' '));
    const answer = answers.get(path);
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answers,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Serves a file as PyPI does: whole, or from a byte on. */
export function sendFile(bytes: Uint8Array): Answer {
  return (request, response) => {
    const from = firstByte(request);
    if (from === undefined) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    if (from >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    const rest = bytes.subarray(from);
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-length': rest.length, 'content-range': range }).end(rest);
  };
}

/** Serves the file, but at most `atMost` bytes per connection, and then cuts it. */
export function sendPieces(bytes: Uint8Array, atMost: number): Answer {
  return (request, response) => {
    const from = firstByte(request) ?? 0;
    const rest = bytes.subarray(from);
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, 'content-range': range });
    if (rest.length <= atMost) return void response.end(rest);
    response.write(rest.subarray(0, atMost), () => setTimeout(() => response.destroy(), 10));
  };
}

/** Sends the start of a file, and then nothing more. */
export function stallAfter(bytes: Uint8Array, count: number): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, count));
  };
}

export const sendText =
  (text: string, type = 'text/html'): Answer =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': type }).end(text);

export const sendStatus =
  (status: number): Answer =>
  (_request, response) =>
    response.writeHead(status).end();

function firstByte({ headers: { range } }: IncomingMessage): number | undefined {
  const from = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
  return from === undefined ? undefined : Number(from);
}
