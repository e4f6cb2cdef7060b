import { DurableObject } from 'cloudflare:workers';
import type { BucketObject, BucketPage, PutOptions } from '../http/bucket.ts';

/** When a put takes effect: always, if the object has this etag, or if there is none (null). */
export type Expected = string | null | undefined;

/** A page of R2's list. */
const PAGE = 1000;
/** SQLite copies a whole value at a time. */
const CHUNK_BYTES = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Answers for Idempotency-Keys, which are replayed for a day. */
const EXPIRING = 'idempotency/';

interface Row extends Record<string, SqlStorageValue> {
  key: string;
  size: number;
  etag: string;
  uploaded: number;
}

/** The objects of a bucket, in the SQLite database of one Durable Object. A write is one transaction: a killed process leaves all of it or nothing. */
export class StoredBucket extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS objects (
        key TEXT PRIMARY KEY, size INTEGER NOT NULL, etag TEXT NOT NULL, uploaded INTEGER NOT NULL, http_metadata TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS chunks (
        key TEXT NOT NULL REFERENCES objects (key) ON DELETE CASCADE, number INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (key, number));`);
    ctx.blockConcurrencyWhile(async () => {
      if ((await ctx.storage.getAlarm()) === null) await this.alarm();
    });
  }

  head(key: string): BucketObject | null {
    const [row] = this.#sql.exec<Row>('SELECT key, size, etag, uploaded FROM objects WHERE key = ?', key);
    return row ? described(row) : null;
  }

  get(key: string): { object: BucketObject; body: ReadableStream } | null {
    const object = this.head(key);
    if (!object) return null;
    // Read in one step: the next request may replace the object.
    const chunks = this.#sql.exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM chunks WHERE key = ? ORDER BY number', key).toArray();
    return { object, body: new Blob(chunks.map(({ bytes }) => bytes)).stream() };
  }

  async put(
    key: string,
    body: ReadableStream | null,
    expected: Expected,
    httpMetadata: PutOptions['httpMetadata'],
  ): Promise<BucketObject | null> {
    const bytes = await new Response(body).bytes();
    const etag = new Uint8Array(await crypto.subtle.digest('MD5', bytes)).toHex();
    return this.ctx.storage.transactionSync(() => {
      const found = this.head(key);
      if (expected !== undefined && expected !== (found?.etag ?? null)) return null;
      this.delete([key]);
      const row: Row = { key, size: bytes.length, etag, uploaded: Date.now() };
      const { size, uploaded } = row;
      this.#sql.exec('INSERT INTO objects VALUES (?, ?, ?, ?, ?)', key, size, etag, uploaded, JSON.stringify(httpMetadata ?? {}));
      for (let start = 0; start < size; start += CHUNK_BYTES) {
        const chunk = bytes.slice(start, start + CHUNK_BYTES);
        this.#sql.exec('INSERT INTO chunks VALUES (?, ?, ?)', key, start / CHUNK_BYTES, chunk);
      }
      return described(row);
    });
  }

  delete(keys: readonly string[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const key of keys) this.#sql.exec('DELETE FROM objects WHERE key = ?', key);
    });
  }

  /** @param after the last key of the page before. */
  list(prefix: string, after: string | undefined): BucketPage {
    const objects: BucketObject[] = [];
    const rows = this.#sql.exec<Row>(
      'SELECT key, size, etag, uploaded FROM objects WHERE key >= ? AND key > ? ORDER BY key',
      prefix,
      after ?? '',
    );
    for (const row of rows) {
      if (!row.key.startsWith(prefix)) break;
      const last = objects.at(-1);
      if (last && objects.length === PAGE) return { objects, truncated: true, cursor: last.key };
      objects.push(described(row));
    }
    return { objects, truncated: false };
  }

  /** Once a day: deletes the answers that are no longer replayed. On R2 a lifecycle rule of the bucket does so. */
  override async alarm(): Promise<void> {
    this.#sql.exec('DELETE FROM objects WHERE key >= ? AND key < ? AND uploaded < ?', EXPIRING, `${EXPIRING}~`, Date.now() - 2 * DAY_MS);
    await this.ctx.storage.setAlarm(Date.now() + DAY_MS);
  }
}

const described = ({ key, size, etag, uploaded }: Row): BucketObject => ({ key, size, etag, uploaded: new Date(uploaded) });
