import { ProblemError } from './problem.ts';

/** A token is: version, digest, rows, seconds since 1970, state as float32, HMAC-SHA-256 of all of these. */
const VERSION = 1;
const HEADER_BYTES = 1 + 32 + 2 + 4;
const MAC_BYTES = 32;
const LIFETIME_SECONDS = 24 * 60 * 60;

export interface SealedState {
  /** Of the model version. */
  digest: string;
  rows: number;
  values: Float32Array;
}

/** A state as a signed text: clients can read it but cannot change it. */
export async function sealState({ digest, rows, values }: SealedState, secrets: readonly string[], now: Date): Promise<string> {
  const [secret] = secrets;
  if (secret === undefined) throw notConfigured();
  const bytes = new Uint8Array(HEADER_BYTES + values.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  bytes.set(Uint8Array.fromHex(digest), 1);
  view.setUint16(33, rows);
  view.setUint32(35, Math.floor(now.getTime() / 1000));
  for (const [i, value] of values.entries()) view.setFloat32(HEADER_BYTES + i * 4, value);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', await keyOf(secret), bytes));
  const token = new Uint8Array(bytes.length + MAC_BYTES);
  token.set(bytes);
  token.set(mac, bytes.length);
  return token.toBase64({ alphabet: 'base64url', omitPadding: true });
}

/**
 * The values of a sealed state, to resume this model version with this many rows.
 * @throws 'state-invalid' if the signature or the number of rows is wrong, 'state-stale' if it is too old or of another version.
 */
export async function openState(
  token: string,
  { digest, rows }: Pick<SealedState, 'digest' | 'rows'>,
  secrets: readonly string[],
  now: Date,
): Promise<Float32Array> {
  if (secrets.length === 0) throw notConfigured();
  const all = fromBase64(token);
  const bytes = all.subarray(0, -MAC_BYTES);
  if (all.length < HEADER_BYTES + MAC_BYTES || bytes[0] !== VERSION || !(await isSigned(bytes, all.subarray(-MAC_BYTES), secrets))) {
    throw new ProblemError('state-invalid', 'The state has no valid signature. Send the state of an earlier answer, or null to begin.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.subarray(1, 33).toHex() !== digest) {
    throw new ProblemError(
      'state-stale',
      'The state is of another version of the model. Send null to begin again, or name that version by its digest.',
    );
  }
  if (now.getTime() / 1000 - view.getUint32(35) > LIFETIME_SECONDS) {
    throw new ProblemError('state-stale', 'The state is more than a day old. Send null to start over.');
  }
  if (view.getUint16(33) !== rows) {
    throw new ProblemError(
      'state-invalid',
      `The state is of ${view.getUint16(33)} inputs, the request has ${rows}. Send as many inputs as the state is of.`,
    );
  }
  return Float32Array.from({ length: (bytes.length - HEADER_BYTES) / 4 }, (_, i) => view.getFloat32(HEADER_BYTES + i * 4));
}

async function isSigned(bytes: Uint8Array, mac: Uint8Array, secrets: readonly string[]): Promise<boolean> {
  const results = await Promise.all(secrets.map(async (secret) => crypto.subtle.verify('HMAC', await keyOf(secret), mac, bytes)));
  return results.includes(true);
}

const keyOf = (secret: string) =>
  crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);

function fromBase64(token: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(token, { alphabet: 'base64url' });
  } catch {
    return new Uint8Array(0);
  }
}

const notConfigured = () => new ProblemError('not-configured', 'States need the secret STATE_SECRET, which this deployment does not have.');
