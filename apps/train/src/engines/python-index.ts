/** Finds wheels in the Python Package Index or a mirror of it, through the simple repository API: PEP 503 (HTML) and PEP 691 (JSON). */
import * as v from 'valibot';
import { AttemptFailed, asAttempt, get, type Patience, shownUrl, watchForStalls, withRetries } from './http.ts';
import type { Wheel } from './release.ts';

export interface Located {
  url: string;
  /** Credentials, if the file is on the server of the index. */
  headers: Record<string, string>;
}

const accept = 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1';
const page = v.object({ files: v.array(v.object({ filename: v.string(), url: v.string() })) });

/** The index that pip would use. */
export function indexUrl(env: NodeJS.ProcessEnv): string {
  const url = env.PIP_INDEX_URL || 'https://pypi.org/simple';
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new Error(`PIP_INDEX_URL is '${url}'; expected the address of a package index, such as https://pypi.org/simple`);
  }
  return url;
}

/** Where the index keeps a wheel. @throws if the index does not list it. */
export async function findWheel(index: string, wheel: Wheel, options: { signal: AbortSignal; patience: Patience }): Promise<Located> {
  const url = `${index.replace(/\/+$/, '')}/${wheel.project}/`;
  const base = new URL(url);
  const headers = authorization(base);
  try {
    const files = await withRetries(() => filesOf(shownUrl(url), headers, options), options);
    const found = files.find(({ filename }) => filename === wheel.file);
    if (!found) throw new AttemptFailed(`it lists ${files.length} files, but not ${wheel.file}`, { lasting: true });
    const { origin, href } = new URL(found.url);
    return { url: href, headers: origin === base.origin ? headers : {} };
  } catch (cause) {
    if (!(cause instanceof AttemptFailed)) throw cause;
    throw new Error(
      `cannot use the package index ${shownUrl(url)}: ${cause.message}. ` +
        'Check the connection; HTTPS_PROXY names a proxy, PIP_INDEX_URL another index.',
      { cause },
    );
  }
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

interface IndexedFile {
  filename: string;
  url: string;
}

/** The files on the page of a project, with absolute URLs. */
async function filesOf(
  url: string,
  headers: Record<string, string>,
  { signal, patience }: { signal: AbortSignal; patience: Patience },
): Promise<IndexedFile[]> {
  const watch = watchForStalls(patience.stallMs, signal);
  try {
    const response = await get(url, { accept, ...headers }, { signal: watch.signal });
    const text = await response.text();
    const files = response.headers.get('content-type')?.includes('json') ? fromJson(text) : fromHtml(text);
    return files.flatMap(({ filename, url }) => {
      const absolute = URL.parse(url, response.url);
      return absolute ? [{ filename, url: absolute.href }] : [];
    });
  } catch (error) {
    throw watch.signal.aborted ? watch.signal.reason : asAttempt(error);
  } finally {
    watch.stop();
  }
}

function fromJson(text: string): IndexedFile[] {
  const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), page), text);
  if (!success) throw new AttemptFailed('its answer is not a list of files', { lasting: true });
  return output.files;
}

/** Anchors whose text is a file's name. */
const fromHtml = (text: string): IndexedFile[] =>
  Array.from(text.matchAll(/<a\b[^>]*?\bhref\s*=\s*["']([^"']+)["'][^>]*>\s*([^<]+?)\s*<\/a>/gi), ([, url = '', filename = '']) => ({
    filename,
    url: url.replaceAll('&amp;', '&'),
  }));
