/** The page as a whole: its errors, the keyboard, the API's docs, and the client in a browser. */
import { build } from 'esbuild';
import { describe, expect, inject, test } from 'vitest';
import { builtIn, open, useBrowser } from './open.ts';

useBrowser();

const problem = (status: number, body: object) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({ status, ...body }),
});

describe('the page', () => {
  test('shows an error of the API, and removes it with the next answer', async () => {
    const { page } = await open('/#sentiment');
    await page.waitForSelector('#words span');
    await page.route('**/predict', (route) => route.fulfill(problem(503, { title: 'Not Ready', detail: 'Try later.' })));
    await page.fill('#text', 'anything');
    await page.locator('#problem:visible').waitFor();
    expect(await page.textContent('#problem')).toBe('Not Ready: Try later.');
    expect(await page.locator('#curve').count()).toBe(0);
    await page.unroute('**/predict');
    await page.fill('#text', 'anything good');
    await page.waitForSelector('#curve');
    expect(await page.locator('#problem').isVisible()).toBe(false);
    await page.close();
  });

  test('shows an error if the server does not answer, or answers without a problem document', async () => {
    const { page } = await open('/#sentiment');
    await page.waitForSelector('#words span');
    await page.route('**/predict', (route) => route.abort());
    await page.fill('#text', 'anything');
    await page.getByText('No answer: The server cannot be reached.').waitFor();
    await page.route('**/predict', (route) => route.fulfill({ status: 502, body: '<html>' }));
    await page.fill('#text', 'anything else');
    await page.getByText('The server answered 502').waitFor();
    await page.close();
  });

  test('shows an error of the API about an input at its field, by path or by JSON pointer', async () => {
    const { page } = await open('/#sentiment');
    await page.waitForSelector('#words span');
    for (const [text, path] of [
      ['one', 'inputs.0'],
      ['two', '/inputs/0'],
    ] as const) {
      const errors = [{ path, message: `expected another text than ${text}` }];
      await page.route('**/predict', (route) => route.fulfill(problem(422, { title: 'Invalid Request', detail: 'See errors.', errors })));
      await page.fill('#text', text);
      await page.locator('#text-error', { hasText: `Expected another text than ${text}.` }).waitFor();
      expect(await page.locator('#problem').isVisible()).toBe(false);
      await page.unroute('**/predict');
    }
    await page.close();
  });

  test('asks for a key if the deployment requires one, and shows when the key is refused', async () => {
    const { page } = await open('/', {}, builtIn);
    await page.route('**/v1/**', async (route) => {
      const key = (await route.request().headerValue('authorization')) ?? undefined;
      if (key === 'Bearer right') return route.fallback({ headers: { ...route.request().headers(), authorization: '' } });
      const detail = key ? 'The key is not known.' : 'Send a key.';
      return route.fulfill(problem(401, { title: 'API Key', detail }));
    });
    await page.reload();
    await page.getByLabel('This deployment needs an API key').fill('wrong');
    await page.keyboard.press('Enter');
    await page.locator('#key-error', { hasText: 'The key is not known.' }).waitFor();
    await page.getByLabel('This deployment needs an API key').fill('right');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#words span');
    expect(await page.locator('#keyForm').isVisible()).toBe(false);
    await page.close();
  });

  test('every control is reached by Tab, in the order seen, with the focus visible, and Tab leaves again', async () => {
    for (const path of ['/#sentiment', '/#weather', '/#moby-dick', '/#road-tags', '/#flowers']) {
      const { page } = await open(path, {}, [...builtIn, 'road-tags', 'flowers']);
      await page.waitForSelector('main section');
      await page.waitForSelector('[aria-busy]', { state: 'detached' });
      for (const summary of await page.locator('summary:visible').all()) await summary.click();
      // Tab starts from what was clicked last.
      await page.locator('h1').click();
      const wanted = await page.evaluate<number>(
        '[...document.querySelectorAll(\'a, button, input, textarea, summary, [tabindex="0"]\')].filter((each) => each.checkVisibility()).length',
      );
      const tops: number[] = [];
      for (let i = 0; i < wanted; i++) {
        await page.keyboard.press('Tab');
        const { top, hidden } = await page.evaluate<{ top: number; hidden: string }>(`(() => {
          const focused = document.activeElement;
          const shown = focused.id === 'file' ? focused.parentElement : focused;
          const hidden = getComputedStyle(shown).outlineStyle === 'none' ? focused.outerHTML.slice(0, 200) : '';
          return { top: shown.getBoundingClientRect().top + scrollY, hidden };
        })()`);
        expect(hidden).toBe('');
        tops.push(top);
      }
      expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Models');
      for (const [i, top] of tops.entries()) if (i > 0) expect(top).toBeGreaterThan((tops[i - 1] ?? 0) - 60);
      await page.close();
    }
  });
});

test('the API docs render from this deployment alone', async () => {
  const { page, problems } = await open('/docs');
  await page.waitForSelector('.opblock');
  expect(await page.locator('.opblock').count()).toBe(14);
  expect(problems).toEqual([]);
  await page.close();
});

test('packages/client runs in a browser: predicts, streams, keeps a session', async () => {
  const { page } = await open('/healthz');
  const entry = "export { createClient } from '@unroll/client/client.ts'";
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'unroll',
  });
  const script = outputFiles[0]?.text ?? '';
  const said = await page.evaluate<{ labels: string[]; text: string; steps: number }>(`(async () => {
    ${script}
    const client = unroll.createClient({ url: '${inject('origin')}' });
    const { predictions } = await client.predict('sentiment', ['What a wonderful film.']);
    let text = '';
    for await (const event of client.generate('moby-dick', { prompt: 'Call me ', maxTokens: 20 })) if (event.event === 'token') text += event.text;
    const session = await client.session(crypto.randomUUID(), { model: 'sentiment' });
    const { steps } = await session.push('so good');
    session.close();
    return { labels: predictions[0].labels, text, steps };
  })()`);
  expect(said).toEqual({ labels: ['positive'], text: expect.any(String), steps: 2 });
  expect(said.text).toHaveLength(20);
  await page.close();
});
