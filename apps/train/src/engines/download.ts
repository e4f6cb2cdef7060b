import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WriteFailed } from '../run/write-atomically.ts';
import { AttemptFailed, asAttempt, get, type Patience, shownUrl, watchForStalls, withRetries } from './http.ts';

/** A file whose content is known in advance. */
export interface Download {
  url: string;
  headers?: Record<string, string>;
  /** Where to put it. Until it is complete it is called `<path>.part`. */
  path: string;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

export interface DownloadOptions {
  signal: AbortSignal;
  patience: Patience;
  onProgress?: (bytes: number) => void;
  onRetry?: (reason: string, waitMs: number) => void;
}

/** A file does not have the digest that this version of Unroll expects. */
export class WrongDigest extends Error {
  override readonly name = 'WrongDigest';
}

/**
 * Downloads a file, or the rest of it if an earlier download was cut short.
 * @throws WrongDigest, and then nothing is kept; on a lasting failure, and then the part that arrived is kept.
 */
export async function download(target: Download, options: DownloadOptions): Promise<void> {
  if (existsSync(target.path)) return;
  const part = `${target.path}.part`;
  const resumed = sizeOf(part) > 0;
  await fetchAll(target, part, options);
  try {
    await checkDigest(target, part);
  } catch (error) {
    await rm(part, { force: true });
    if (!resumed) throw error;
    // The bytes from before may be those of another file, or damaged.
    await fetchAll(target, part, options);
    await checkDigest(target, part).catch(async (again) => {
      await rm(part, { force: true });
      throw again;
    });
  }
  await rename(part, target.path);
}

async function fetchAll(target: Download, part: string, options: DownloadOptions): Promise<void> {
  if (sizeOf(part) > target.bytes) await rm(part);
  let furthest = sizeOf(part);
  const attempt = async () => {
    if (sizeOf(part) !== target.bytes) await fetchRest(target, part, options);
    if (sizeOf(part) < target.bytes) throw new AttemptFailed('the connection ended early', { lasting: false });
  };
  const progressed = () => {
    const before = furthest;
    furthest = Math.max(furthest, sizeOf(part));
    return furthest > before;
  };
  try {
    await withRetries(attempt, { ...options, progressed });
  } catch (cause) {
    if (!(cause instanceof AttemptFailed)) throw cause;
    const kept = sizeOf(part) > 0 ? `; what has arrived is kept, and the same command continues from there` : '';
    throw new Error(`cannot download ${shownUrl(target.url)}: ${cause.message}${kept}`, { cause });
  }
}

/** Appends to the part what the server sends from there on, or starts again if the server sends the whole file. */
async function fetchRest(
  { url, headers, bytes }: Download,
  part: string,
  { signal, patience, onProgress }: DownloadOptions,
): Promise<void> {
  const watch = watchForStalls(patience.stallMs, signal);
  try {
    const from = sizeOf(part);
    const range = from > 0 ? { range: `bytes=${from}-` } : undefined;
    const response = await get(url, { ...headers, ...range }, { signal: watch.signal, accepted: [416] });
    watch.heard();
    const start = response.status === 206 ? rangeStart(response) : 0;
    const total = response.status === 416 ? bytes : start + Number(response.headers.get('content-length') ?? bytes - start);
    if (total !== bytes) {
      await response.body?.cancel();
      throw new AttemptFailed(`the server has a file of ${total} bytes under this name, expected ${bytes}`, { lasting: true });
    }
    if (response.status === 416 || (start !== 0 && start !== from) || !response.body) {
      await response.body?.cancel();
      await rm(part, { force: true });
      throw new AttemptFailed(`the server does not continue the file at byte ${from}`, { lasting: false });
    }
    let received = start;
    const meter = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        watch.heard();
        received += chunk.length;
        if (received > bytes) return done(new AttemptFailed(`the file is longer than ${bytes} bytes`, { lasting: true }));
        onProgress?.(received);
        done(null, chunk);
      },
    });
    const file = createWriteStream(part, { flags: start === 0 ? 'w' : 'a' });
    await pipeline(response.body, meter, file, { signal: watch.signal });
  } catch (error) {
    if (watch.signal.aborted) throw watch.signal.reason;
    throw isFromDisk(error) ? new WriteFailed(part, error) : asAttempt(error);
  } finally {
    watch.stop();
  }
}

/** The first byte of a partial answer; NaN if it does not say. */
const rangeStart = (response: Response) => Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]);

/** Whether the disk failed, as when it is full. Failures of the network come wrapped, as the cause of another error. */
const isFromDisk = (error: unknown) => ['open', 'write'].includes((error as NodeJS.ErrnoException).syscall ?? '');

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

async function checkDigest({ url, sha256 }: Download, path: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  const found = hash.digest('hex');
  if (found !== sha256)
    throw new WrongDigest(
      `${shownUrl(url)} is not the file that this version of Unroll expects: SHA-256 ${found} instead of ${sha256}. ` +
        'Nothing of it is kept. Ask who runs that server, or use another index (PIP_INDEX_URL).',
    );
}
