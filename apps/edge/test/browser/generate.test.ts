/** Text generation in the page: the stream, seeds, and errors at their fields. */
import type { Page } from 'playwright-core';
import { expect, inject, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

const text = (page: Page) => page.textContent('#written');
const done = (page: Page, tokens: number) => page.getByText(new RegExp(`^${tokens} tokens, \\d+ a second`)).waitFor();

test('streams text, and stops on demand', async () => {
  const { page, problems } = await open('/#moby-dick');
  await done(page, 300);
  expect((await text(page))?.length).toBe(300);
  for (const stop of [() => page.getByRole('button', { name: 'Stop' }).click(), () => page.keyboard.press('Escape')]) {
    await page.getByLabel('Tokens').fill('4000');
    await page.getByRole('button', { name: 'Write' }).click();
    await page.getByText(/^\d\d+ tokens/).waitFor();
    await stop();
    await page.getByRole('button', { name: 'Write' }).waitFor();
    expect((await text(page))?.length).toBeLessThan(4000);
  }
  // Chromium reports an aborted request as failed.
  expect(new Set(problems)).toEqual(new Set([`${inject('origin')}/v1/models/moby-dick/generate failed`]));
  await page.close();
});

test('"Again" takes a new seed and shows it; typed in, it gives the same text', async () => {
  const { page } = await open('/#moby-dick');
  await done(page, 300);
  const first = await text(page);
  await page.getByLabel('Tokens').fill('60');
  await page.getByRole('button', { name: 'Again' }).click();
  await done(page, 60);
  const seed = await page.getByLabel('Seed').inputValue();
  const again = await text(page);
  expect(seed).not.toBe('1');
  expect(await page.textContent('#pace')).toMatch(new RegExp(`seed ${seed}$`));
  expect(first?.startsWith(again ?? '')).toBe(false);

  await page.getByRole('button', { name: 'Again' }).click();
  await done(page, 60);
  expect(await page.getByLabel('Seed').inputValue()).not.toBe(seed);
  await page.getByLabel('Seed').fill(seed);
  await page.getByRole('button', { name: 'Write' }).click();
  await done(page, 60);
  expect(await text(page)).toBe(again);
  await page.close();
});

test('a changed prompt or setting clears the text written before', async () => {
  const { page } = await open('/#moby-dick');
  for (const change of [() => page.getByLabel('How it begins').fill('The sea '), () => page.getByLabel('Seed').fill('7')]) {
    await page.getByLabel('Tokens').fill('40');
    await page.getByRole('button', { name: 'Write' }).click();
    await done(page, 40);
    await change();
    expect(await page.textContent('.prose')).toBe('');
    expect(await page.textContent('#pace')).toBe('');
  }
  await page.close();
});

test('an error of the API appears at its field', async () => {
  const { page } = await open('/#moby-dick');
  await done(page, 300);
  const cases: [label: string, value: string, error: string, message: RegExp][] = [
    ['How it begins', '', '#prompt-error', /at least 1/],
    ['Tokens', '5000', '#length-error', /4000/],
    ['Tokens', '', '#length-error', /number/],
    ['Seed', '1.5', '#seed-error', /integer|whole/],
  ];
  for (const [label, value, place, message] of cases) {
    const control = page.getByLabel(label, { exact: true });
    const before = await control.inputValue();
    await control.fill(value);
    await page.getByRole('button', { name: 'Write' }).click();
    await page.locator(place, { hasText: message }).waitFor();
    expect(await control.getAttribute('aria-invalid')).toBe('true');
    expect(await control.getAttribute('aria-describedby')).toContain(place.slice(1));
    expect(await page.locator('#problem').isVisible()).toBe(false);
    await control.fill(before);
    expect(await page.locator(place).isVisible()).toBe(false);
  }
  await page.close();
});

test('a stream that breaks off is an error', async () => {
  const { page } = await open('/');
  await page.route('**/generate', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: 'event: token\ndata: {"text":"a"}\n\n' }),
  );
  await page.goto(`${inject('origin')}/#moby-dick`);
  await page.getByText('The stream broke off after 1 token.').waitFor();
  await page.close();
});
