/** The static files by path, `/docs/index.html`. The build writes it. */
export type AssetList = Readonly<Record<string, { type: string; etag: string }>>;

/**
 * The static files, as Cloudflare's binding gives them: a folder's index.html is the folder itself, and all have entity tags.
 * @param disk serves the bytes of files, without types, and lists folders. So only paths of the list reach it.
 */
export function createAssets(disk: Pick<Fetcher, 'fetch'>, list: AssetList): Pick<Fetcher, 'fetch'> {
  async function answer(request: Request): Promise<Response> {
    const { origin, pathname } = new URL(request.url);
    const path = [pathname, `${pathname}index.html`, `${pathname}/index.html`].find((file) => Object.hasOwn(list, file));
    const asset = path === undefined ? undefined : list[path];
    if (!asset) return new Response(null, { status: 404 });
    const headers = { 'cache-control': 'public, max-age=0, must-revalidate', etag: asset.etag, 'content-type': asset.type };
    if (namesTag(request.headers.get('if-none-match'), asset.etag)) return new Response(null, { status: 304, headers });
    const { body } = await disk.fetch(origin + path);
    return new Response(body, { headers });
  }
  return { fetch: (input, init) => answer(new Request(input, init)) };
}

const namesTag = (header: string | null, etag: string) => (header ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
