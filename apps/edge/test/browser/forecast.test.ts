/** Forecasts in the page: dates, units, intervals, and tables of a user's own. */
import { createClient } from '@unroll/client/client.ts';
import { loadSeattleWeather } from '@unroll/datasets/seattle-weather.ts';
import type { Page } from 'playwright-core';
import { describe, expect, inject, test } from 'vitest';
import { open, useBrowser } from './open.ts';

useBrowser();

const history = (page: Page) => page.getByLabel('History, the oldest row first');
const error = (page: Page) => page.locator('#table-error');
const firstRow = (page: Page) => page.locator('.figures tbody tr').first().locator('td').allTextContents();

describe('the built-in weather model', () => {
  test('shows dates, units, a legend and the numbers', async () => {
    const { page, problems } = await open('/#weather');
    await page.locator('.charts canvas').nth(1).waitFor();
    expect(await page.locator('figcaption').allTextContents()).toEqual(['temp_max in °C', 'temp_min in °C']);
    expect(await page.locator('.charts .legend li').allTextContents()).toEqual(['measured', 'forecast (median)', '80 % interval']);
    await page.getByText('The numbers').click();
    const [date, low, middle, high] = await firstRow(page);
    expect(date).toBe('14 Aug');
    expect(Number(low)).toBeLessThan(Number(middle));
    expect(Number(middle)).toBeLessThan(Number(high));
    expect(problems).toEqual([]);
    await page.close();
  });

  test('its calendar columns, computed from dates, are those of the data set', async () => {
    const { columns, time } = loadSeattleWeather();
    const from = time.length - 200;
    const isKnown = (name: string) => name.startsWith('year');
    const input = Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, [...values.slice(from, from + 60 + (isKnown(name) ? 7 : 0))]]),
    );
    const { predictions } = await createClient({ url: inject('origin') }).predict('weather', [input]);
    const { forecast } = predictions[0] as { forecast: Record<string, number[][]> };
    const { page } = await open('/#weather');
    await page.locator('.charts canvas').nth(1).waitFor();
    await page.getByText('The numbers').click();
    const [, ...values] = await firstRow(page);
    expect(values).toEqual(forecast.temp_max?.[0]?.map((value) => value.toFixed(2)));
    await page.close();
  });

  test('takes a file by column name, in any order, with other columns beside', async () => {
    const { page, problems } = await open('/#weather');
    await page.locator('.charts canvas').nth(1).waitFor();
    const lines = ['place;wind;temp_min (F);TEMP_MAX;precipitation;day'];
    for (let day = 1; day <= 30; day++) lines.push(`Bergen;3,5;7;12,5;1.000,5;${day}.1.2020`);
    const content = Buffer.from(`﻿${lines.join('\r\n')}\r\n`, 'utf16le');
    await page.setInputFiles('#file', { name: 'own.csv', mimeType: 'text/csv', buffer: content });
    await page.getByText("Not used: 'place'.").waitFor();
    expect(await page.locator('figcaption').allTextContents()).toEqual(['temp_max', 'temp_min in F']);
    await page.getByText('The numbers').click();
    expect((await firstRow(page))[0]).toBe('31 Jan');
    await page.getByText('own.csv').waitFor();
    await page.getByRole('button', { name: 'Back to the example' }).click();
    await page.getByText('temp_max in °C').waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  test('shows the error of a table with its column and line, and no old chart', async () => {
    const { page, problems } = await open('/#weather');
    await page.locator('.charts canvas').nth(1).waitFor();
    const head = 'date,precipitation,temp_max,temp_min,wind';
    const rows = ['2020-01-01,0,5,1,2', '2020-01-02,0,6,2,2', '2020-01-03,1,7,2,3'];
    const table = (...lines: string[]) => [head, ...rows, ...lines].join('\n');
    const cases: [table: string, message: RegExp][] = [
      [table().replaceAll(',wind', ',breeze'), /^Column 'wind' is missing\. The table has 'date', 'precipitation'/],
      ['date,wind\n2020-01-01,5', /^Columns 'precipitation', 'temp_max' and 'temp_min' are missing\./],
      [rows.join('\n'), /missing/],
      [table('2020-01-04,0,cold,2,2'), /^Line 5: 'temp_max' holds "cold"; expected a number\.$/],
      [table('', '2020-01-04,0,,2,2', '2020-01-05,0,7,2,2'), /^Line 6: 'temp_max' is empty\./],
      [table('2020-01-04,0,7,2'), /^Line 5: this row has 4 cells, but the first line names 5 columns\.$/],
      [table('2020-01-04,0,"7,2,2'), /^Line 5: a quote opens here and is not closed before the next row\.$/],
      [table('2020-01-04,0,"7" 12,2,2'), /^Line 5: text follows a closing quote/],
      [table('2020-01-04,0,1e39,2,2'), /^Line 5: 'temp_max' holds 1e39, which is beyond float32/],
      [table('2020-01-04,0,n/a,2,2', '2020-01-05,0,7,2,2'), /^Line 5: 'temp_max' holds "n\/a", which is not a number\.$/],
      [
        table().replace('2020-01-01', '03/04/2020').replace('2020-01-02', '04/04/2020').replace('2020-01-03', '05/04/2020'),
        /^Column 'date': dates such as 03\/04\/2020/,
      ],
      [table('2020-01-02,0,7,2,2'), /^Line 5: 2020-01-02 does not come after the row above\./],
      [table(',0,7,2,2', ',0,7,2,2'), /^Line 5: 'date' is empty\.$/],
      [table('2020-01-04,0,7,2,'), /^'precipitation' ends at line 5, 'wind' ends at line 4\./],
      [head, /^The table is empty\./],
      ['', /^The table is empty\./],
      [table().replace('temp_min', 'temp_max'), /^The first line names column 'temp_max' twice\.$/],
      [
        table().replace('date', 'night').replace('2020-01-02', 'unknown'),
        /^Line 3: 'night' holds "unknown"; expected a date such as 2015-07-31\.$/,
      ],
      [
        ['night,precipitation,temp_max,temp_min,wind', 'Mon,0,5,1,2', 'Tue,0,5,1,2'].join('\n'),
        /^No column holds dates such as 2015-07-31, which give 'year_sin' and 'year_cos'\./,
      ],
    ];
    for (const [text, message] of cases) {
      await history(page).fill(table());
      await page.locator('.charts canvas').nth(1).waitFor();
      await history(page).fill(text);
      await error(page).filter({ hasText: message }).waitFor({ timeout: 5000 });
      expect(await page.locator('.charts canvas').count()).toBe(0);
      expect(await history(page).getAttribute('aria-invalid')).toBe('true');
    }
    expect(problems).toEqual([]);
    await page.close();
  });

  test('notes missing dates, and steps by month if the table does', async () => {
    const { page } = await open('/#weather');
    const table = (dates: string[]) => ['date,precipitation,temp_max,temp_min,wind', ...dates.map((date) => `${date},0,6,2,2`)].join('\n');
    await history(page).fill(table(['2020-01-01', '2020-01-02', '2020-01-05', '2020-01-06']));
    await page.getByText('Some dates are missing.').waitFor();
    await history(page).fill(table(['2020-10-01', '2020-11-01', '2020-12-01']));
    await page.getByText('Some dates are missing.').waitFor({ state: 'detached' });
    await page.getByText('The numbers').click();
    await page
      .locator('.figures td', { hasText: /^1 Jan$/ })
      .first()
      .waitFor();
    await page.close();
  });
});

test('a model without an example table shows the one that the API gives, by rows instead of dates', async () => {
  const { page, problems } = await open('/#load');
  await page.locator('.charts canvas').waitFor();
  await page.getByText('The numbers').click();
  expect((await firstRow(page))[0]).toBe('+1');
  await history(page).fill('load,hour\n10,1\n11,2\n,3');
  await page.getByText("'hour' must be known ahead: it needs 2 rows after the last row of the past, but has 1.").waitFor();
  await history(page).fill('load,hour\n10,1\n11,2\n,3\n,4');
  await page.locator('.charts canvas').waitFor();
  expect(problems).toEqual([]);
  await page.close();
});
