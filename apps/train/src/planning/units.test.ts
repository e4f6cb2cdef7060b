import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandwidthText, bytesText, digits, parseBandwidth, parseLatency, timeText } from './units.ts';

describe('a bandwidth', () => {
  test.each([
    ['10Gb', 1.25e9],
    ['25Gbit/s', 3.125e9],
    ['100Gbps', 12.5e9],
    ['1GB/s', 1e9],
    ['1.5 GB', 1.5e9],
    ['800Mb/s', 1e8],
    ['8b', 1],
    ['2TB/s', 2e12],
  ])('%s', (text, bytes) => expect(parseBandwidth(text)).toBeCloseTo(bytes, 0));

  test.each([
    ['10', "expected a bandwidth such as 10Gb, 25Gbit/s (bits) or 1GB/s (bytes), got '10'; add its unit"],
    ['10gb', 'prefixes are k, M, G and T'],
    ['0Gb', "got '0Gb'"],
    ['-1Gb', "got '-1Gb'"],
    ['fast', "got 'fast'"],
    ['', "got ''"],
    ['10GiB', "got '10GiB'"],
    ['1e3Mb', "got '1e3Mb'"],
  ])("'%s' is refused", (text, message) => expect(() => parseBandwidth(text)).toThrow(message));

  test('reads what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.constantFrom('M', 'G'), (amount, prefix) => {
        const bytes = parseBandwidth(`${amount}${prefix}b`);
        expect(bandwidthText(bytes)).toBe(`${amount} ${prefix}b/s`);
        expect(parseBandwidth(bandwidthText(bytes))).toBeCloseTo(bytes, 3);
      }),
    );
  });
});

describe('a latency', () => {
  test.each([
    ['20us', 20e-6],
    ['20µs', 20e-6],
    ['1.5ms', 1.5e-3],
    ['500 ns', 5e-7],
    ['0', 0],
    ['0us', 0],
    ['2s', 2],
  ])('%s', (text, seconds) => expect(parseLatency(text)).toBeCloseTo(seconds, 9));

  test.each(['20', 'us', '-1us', '', '1min'])("'%s' is refused", (text) =>
    expect(() => parseLatency(text)).toThrow(`expected a time such as 20us, 1.5ms or 0, got '${text}'`),
  );
});

test.each([
  [2e-5, '20 µs'],
  [0.0199, '19.9 ms'],
  [1.234, '1.23 s'],
  [600, '10 min'],
  [7200, '2 h'],
])('%d s is written as %s', (seconds, text) => expect(timeText(seconds)).toBe(text));

test('sizes and numbers have three digits', () => {
  expect(bytesText(3_357_820)).toBe('3.36 MB');
  expect(bytesText(12)).toBe('12 B');
  expect(digits(1234567)).toBe('1,230,000');
  expect(digits(0.00423)).toBe('0.00423');
});
