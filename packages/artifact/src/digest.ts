/** In the digest's place while the digest is computed. */
export const DIGEST_PLACEHOLDER = '0'.repeat(64);

/** Writes the SHA-256 of a safetensors file into its metadata `unroll.digest`, computed with the placeholder there. */
export async function seal(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await sha256(bytes);
  bytes.set(new TextEncoder().encode(digest), digestOffset(bytes, DIGEST_PLACEHOLDER));
  return digest;
}

/** Verifies the digest of a sealed file. @param who begins the message. @throws if the file was changed. */
export async function checkDigest(bytes: Uint8Array, digest: string, who: string): Promise<void> {
  const at = /^[0-9a-f]{64}$/.test(digest) ? digestOffset(bytes, digest) : -1;
  if (at < 0) throw new Error(`${who}: the digest is not 64 hexadecimal digits in the header`);
  const digits = new TextEncoder();
  bytes.set(digits.encode(DIGEST_PLACEHOLDER), at);
  // sha256 copies the bytes before it returns, so the digits can be restored at once.
  const taken = sha256(bytes);
  bytes.set(digits.encode(digest), at);
  const actual = await taken;
  if (actual !== digest)
    throw new Error(`${who}: wrong digest: the file says ${digest}, its bytes give ${actual}; it was changed or damaged`);
}

/** Where the digest's digits begin in the header; -1 if they are not there. */
function digestOffset(bytes: Uint8Array, digest: string): number {
  const needle = new TextEncoder().encode(`"unroll.digest":"${digest}"`);
  const headerEnd = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  for (let at = 8; at + needle.length <= headerEnd; at++) {
    if (needle.every((byte, i) => bytes[at + i] === byte)) return at + needle.length - 1 - digest.length;
  }
  return -1;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
