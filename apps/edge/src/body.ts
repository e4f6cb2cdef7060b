import { ProblemError } from './problem.ts';

/** Deeper than any schema here. */
const MAX_DEPTH = 12;

/** A body's bytes, read no further than the limit. @throws 'body-too-large' or, where it ends early, 'cut-off'. */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const said = Number(request.headers.get('content-length') ?? Number.NaN);
  if (said > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
      if (length > limit) break;
      chunks.push(chunk);
    }
  } catch {
    throw new ProblemError('cut-off', `The body broke off after ${length} bytes. Nothing was done.`);
  }
  if (length > limit) throw tooLarge(limit);
  if (said > length) throw new ProblemError('cut-off', `The body broke off after ${length} of ${said} bytes. Nothing was done.`);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A JSON body's text. @throws as readBytes does, or where it is not sent as JSON in UTF-8. */
export async function readJsonText(request: Request, limit: number): Promise<string> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    throw new ProblemError('unsupported-media-type', 'Send the body as JSON, with the header content-type: application/json.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(await readBytes(request, limit));
  } catch (error) {
    throw error instanceof ProblemError ? error : new ProblemError('not-json', 'The body is not UTF-8.');
  }
}

/** @throws 'not-json' where it is none, or 'invalid' where it nests without end. */
export function parseJson(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw new ProblemError('invalid', `The body nests deeper than ${MAX_DEPTH} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError('not-json', 'The body is not JSON.');
  }
}

/** Levels of arrays and objects, strings left out. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (bracket === '[' || bracket === '{') deepest = Math.max(deepest, ++depth);
    else if (bracket === ']' || bracket === '}') depth--;
  }
  return deepest;
}

const tooLarge = (limit: number) => new ProblemError('body-too-large', `The body is over ${limit} bytes. Send less at a time.`);
