/** What the app uses of an R2 bucket. R2Bucket is one; self-hosted/bucket.ts is another. */
export interface Bucket {
  head(key: string): Promise<BucketObject | null>;
  get(key: string): Promise<BucketFile | null>;
  /** Replaces the object in one step. Gives null, and changes nothing, if `onlyIf` does not hold. */
  put(key: string, value: string | Uint8Array, options?: PutOptions): Promise<BucketObject | null>;
  delete(keys: string | string[]): Promise<void>;
  /** Up to 1,000 objects whose keys begin with the prefix, in the order of their UTF-8 bytes. */
  list(options: { prefix: string; cursor?: string }): Promise<BucketPage>;
}

export interface BucketObject {
  key: string;
  size: number;
  /** Names the content. */
  etag: string;
  uploaded: Date;
}

export interface BucketFile extends BucketObject {
  arrayBuffer(): Promise<ArrayBuffer>;
  json<T>(): Promise<T>;
}

export interface PutOptions {
  /** The object has this etag, or does not exist: headers with `if-none-match: *`. */
  onlyIf?: { etagMatches: string } | Headers;
  httpMetadata?: { cacheControl: string };
}

export type BucketPage = { objects: BucketObject[] } & ({ truncated: true; cursor: string } | { truncated: false });
