import * as v from 'valibot';

/** One error in data. */
export interface Violation {
  /** The place: keys and indices from the top. */
  path: PropertyKey[];
  /** The expected value and the kind of value that arrived, never the value itself. */
  message: string;
  /** valibot's own issue. */
  issue: v.BaseIssue<unknown>;
}

export type Checked<T> = { output: T; violations?: undefined } | { output?: undefined; violations: Violation[] };

/**
 * Checks data from outside. Messages never repeat the data, except for the first unknown key, which ends its `path`.
 * @param abortEarly stops at the first violation. A megabyte of wrong data has a million of them; reporting each takes seconds.
 */
export function check<S extends v.GenericSchema>(
  schema: S,
  data: unknown,
  { abortEarly }: { abortEarly: boolean },
): Checked<v.InferOutput<S>> {
  const result = v.safeParse(schema, data, { message: told, abortEarly });
  if (result.success) return { output: result.output };
  return { violations: result.issues.map(meant).map((issue) => ({ path: keysOf(issue), message: issue.message, issue })) };
}

/** The checked data. @throws an error that names the data and its first violation. */
export function parseOrThrow<S extends v.GenericSchema>(schema: S, data: unknown, what: string): v.InferOutput<S> {
  const { output, violations } = check(schema, data, { abortEarly: true });
  if (!violations) return output as v.InferOutput<S>;
  throw new Error(`${what}: ${violations.map(({ path, message }) => [pathText(path), message].filter(Boolean).join(': ')).join('; ')}`);
}

/** `layers[0].units` */
export const pathText = (path: readonly PropertyKey[]) =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

export const isUnknownKey = ({ type, expected, path }: v.BaseIssue<unknown>) =>
  type === 'strict_object' && expected === 'never' && path !== undefined;

/** The issue of the union's option that the data match except for one deeper violation: a list with a wrong element is still a list. */
function meant(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> {
  const inner = issue.type === 'union' ? (issue.issues ?? []).filter(({ path }) => path?.length).map(meant) : [];
  const [only] = inner;
  if (!only || inner.length > 1) return issue;
  return { ...only, path: [...(issue.path ?? []), ...(only.path ?? [])] as NonNullable<typeof only.path> };
}

const keysOf = ({ path }: v.BaseIssue<unknown>) => (path ?? []).map(({ key }) => key as PropertyKey);

function told({ kind, type, expected, input, requirement, path }: v.BaseIssue<unknown>): string {
  if (kind === 'schema') {
    const last = path?.at(-1);
    if (last && 'origin' in last && last.origin === 'key') return expected === 'never' ? 'unknown key' : 'missing';
    return `expected ${nameOf(type, expected)}, got ${kindOf(input)}`;
  }
  const size = `${requirement} ${typeof input === 'string' ? 'character' : 'item'}${requirement === 1 ? '' : 's'}`;
  switch (type) {
    case 'min_length':
      return `expected at least ${size}`;
    case 'max_length':
      return `expected at most ${size}`;
    case 'length':
      return `expected ${size}`;
    case 'min_value':
      return `expected at least ${requirement}`;
    case 'max_value':
      return `expected at most ${requirement}`;
    case 'gt_value':
      return `expected more than ${requirement}`;
    case 'lt_value':
      return `expected less than ${requirement}`;
    case 'safe_integer':
      return 'expected a whole number';
    case 'finite':
      return 'expected a finite number';
    case 'iso_timestamp':
      return 'expected an ISO 8601 timestamp';
    default:
      return `expected ${expected ?? `what fits ${requirement}`}`;
  }
}

const names: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  strict_object: 'an object',
  record: 'an object',
};

const nameOf = (type: string, expected: string | null) =>
  names[type] ?? expected?.replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ' or ') ?? type;

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  return names[Number.isNaN(value) ? 'NaN' : typeof value] ?? (Number.isNaN(value) ? 'NaN' : typeof value);
}
