import { ProblemError } from './problem.ts';

/** Deeper than any valid body nests. */
const MAX_DEPTH = 12;

/** A body's bytes, read no further than the limit. @throws 'unsupported-media-type', 'body-too-large' or, where it ends early, 'cut-off'. */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') {
    const detail = 'The body has a content-encoding, such as gzip. Send it uncompressed, without that header.';
    throw new ProblemError('unsupported-media-type', detail, { headers: { 'accept-encoding': 'identity' } });
  }
  const said = request.headers.get('content-length');
  if (said !== null && Number(said) > limit) throw tooLarge(limit);
  // A body with a content-length is never longer. Reading it whole is several times as fast as by chunks.
  if (said === null) return readChunks(request, limit);
  const bytes = new Uint8Array(await request.arrayBuffer().catch(() => cutOff()));
  return bytes.length < Number(said) ? cutOff() : bytes;
}

async function readChunks({ body }: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length;
      if (length > limit) break;
      chunks.push(chunk);
    }
  } catch {
    cutOff();
  }
  if (length > limit) throw tooLarge(limit);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** A JSON body's text. @throws the errors of readBytes, 'unsupported-media-type' for another type, 'not-json' for bytes that are not UTF-8. */
export async function readJsonText(request: Request, limit: number): Promise<string> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ProblemError('unsupported-media-type', 'Send the body as JSON, with the header content-type: application/json.');
  }
  try {
    return utf8.decode(await readBytes(request, limit));
  } catch (error) {
    throw error instanceof ProblemError ? error : new ProblemError('not-json', 'The body is not UTF-8.');
  }
}

/** @throws 'not-json', or 'invalid' if it nests too deep. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw new ProblemError('invalid', `The body nests deeper than the ${MAX_DEPTH} levels allowed.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError('not-json', 'The body is not JSON.');
  }
}

/** How deep arrays and objects nest. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfString(text, at);
    else if (character === OPEN_ARRAY || character === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (character === CLOSE_ARRAY || character === CLOSE_OBJECT) depth--;
  }
  return deepest;
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\[]{}'].map((character) => character.charCodeAt(0));

/** Where the string that begins at `from` ends: at the next quote after an even number of backslashes. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

function cutOff(): never {
  throw new ProblemError('cut-off', 'The body is shorter than announced, so the request had no effect. Send it again.');
}

const tooLarge = (limit: number) => new ProblemError('body-too-large', `The body is over ${limit} bytes, the limit. Send less at a time.`);
