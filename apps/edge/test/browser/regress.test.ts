/** A model that predicts numbers from the row of a table. */
import { expect, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

test('numbers are shown in the units of the data, and after each column', async () => {
  const { page, problems } = await open('/#prices');
  await page.getByText(/^price -?[\d.]+ · days -?[\d.]+$/).waitFor();
  const first = (await page.textContent('#verdict')) ?? '';
  await page.getByLabel('length').fill('53');
  await page.locator('#verdict', { hasNotText: first }).waitFor();
  expect(await page.textContent('#verdict')).toMatch(/^price -?[\d.]+ · days -?[\d.]+$/);
  await page.getByText('The numbers').click();
  expect(await page.locator('details tbody tr').count()).toBe(2);
  expect(await page.locator('details thead th').allTextContents()).toEqual(['after', 'price', 'days']);
  expect(problems).toEqual([]);
  await page.close();
});
