/** Reading and writing of bandwidths, latencies, times and sizes. */

const decimal: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const seconds: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1 };

/**
 * Bytes per second of '10Gb', '25Gbit/s', '100Gbps' (bits) or '1.2GB/s' (bytes). Prefixes are decimal, as in the names of networks.
 * @throws an error that says what was expected.
 */
export function parseBandwidth(text: string): number {
  const [, amount = '', prefix = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kMGT]?)(bit|b|B)(?:ps|\/s)?$/.exec(text.trim()) ?? [];
  const bytes = (Number(amount) * (decimal[prefix] as number)) / (unit === 'B' ? 1 : 8);
  if (unit === '' || bytes === 0) {
    throw new Error(`expected a bandwidth such as 10Gb, 25Gbit/s (bits) or 1GB/s (bytes), got '${text}'${hintFor(text)}`);
  }
  return bytes;
}

/**
 * Seconds of '20us', '1.5ms' or '0'.
 * @throws an error that says what was expected.
 */
export function parseLatency(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s)$/.exec(text.trim()) ?? [];
  if (/^0+(\.0+)?$/.test(text.trim())) return 0;
  if (unit === '') throw new Error(`expected a time such as 20us, 1.5ms or 0, got '${text}'`);
  return Number(amount) * (seconds[unit] as number);
}

function hintFor(text: string): string {
  if (/^\d+(\.\d+)?$/.test(text.trim())) return '; add its unit';
  return /^\d+(\.\d+)?\s*[kmgt]b/.test(text.trim()) ? '; prefixes are k, M, G and T' : '';
}

/** '10 Gb/s' */
export const bandwidthText = (bytesPerSecond: number) => `${scaled(bytesPerSecond * 8)}b/s`;

/** '20 µs', '1.50 ms', '3.2 s', '5 min', '2.1 h': three digits at most. */
export function timeText(value: number): string {
  if (value >= 5400) return `${digits(value / 3600)} h`;
  if (value >= 90) return `${digits(value / 60)} min`;
  if (value >= 1) return `${digits(value)} s`;
  return value >= 1e-3 ? `${digits(value * 1e3)} ms` : `${digits(value * 1e6)} µs`;
}

/** '4.2 MB' */
export const bytesText = (bytes: number) => `${scaled(bytes)}B`;

/** Three significant digits, without zeros at the end; thousands are separated. */
export const digits = (value: number) => Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });

function scaled(value: number): string {
  const [prefix, factor] = Object.entries(decimal).findLast(([, each]) => value >= each) ?? ['', 1];
  return `${digits(value / factor)} ${prefix}`;
}
