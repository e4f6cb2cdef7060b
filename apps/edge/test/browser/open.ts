import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { launchChromium } from '../../scripts/chromium.ts';

export interface Opened {
  page: Page;
  /** The page's errors, and the resources it could not load. */
  problems: string[];
}

export const builtIn = ['sentiment', 'weather', 'moby-dick'];

let browser: Browser;

/** Gives a test file a browser. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
}

/** The page at a path. @param models that it lists; all if left out. */
export async function open(path: string, options: BrowserContextOptions = {}, models?: readonly string[]): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, ...options });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('requestfailed', (request) => problems.push(`${request.url()} failed`));
  if (models) {
    await page.route('**/v1/models', async (route) => {
      const response = await route.fetch();
      const all = (await response.json()) as { models: { name: string }[] };
      await route.fulfill({ response, json: { models: all.models.filter(({ name }) => models.includes(name)) } });
    });
  }
  await page.goto(inject('origin') + path);
  return { page, problems };
}
