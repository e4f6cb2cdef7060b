import { Crc32c } from '@aws-crypto/crc32c';
import { PbfWriter } from 'pbf';

/** A named value of a run at a step. */
export interface Scalar {
  tag: string;
  value: number;
}

/**
 * TensorBoard's event file format: a TFRecord for each tensorflow.Event. The first one names the version.
 * Source: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto, tensorflow/core/lib/io/record_writer.cc.
 * @param seconds since 1970.
 */
export const encodeFileHeader = (seconds: number): Uint8Array =>
  encodeRecord((event) => {
    event.writeDoubleField(1, seconds);
    event.writeStringField(3, 'brain.Event:2');
  });

/** Scalars of one step as an event. */
export const encodeScalars = (seconds: number, step: number, scalars: readonly Scalar[]): Uint8Array =>
  encodeRecord((event) => {
    event.writeDoubleField(1, seconds);
    event.writeVarintField(2, step);
    event.writeMessage(5, writeSummary, scalars);
  });

function writeSummary(scalars: readonly Scalar[], summary: PbfWriter): void {
  for (const scalar of scalars) summary.writeMessage(1, writeValue, scalar);
}

function writeValue({ tag, value }: Scalar, message: PbfWriter): void {
  message.writeStringField(1, tag);
  message.writeFloatField(2, value);
}

/** u64 length, masked CRC of the length, the data, masked CRC of the data. */
function encodeRecord(write: (event: PbfWriter) => void): Uint8Array {
  const event = new PbfWriter();
  write(event);
  const data = event.finish();
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return record;
}

const MASK_DELTA = 0xa282ead8;

/** LevelDB's masked CRC: rotated by 15 bits plus a constant, because a CRC of data that contains CRCs is unreliable. */
function maskedCrc(data: Uint8Array): number {
  const crc = new Crc32c().update(data).digest();
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
