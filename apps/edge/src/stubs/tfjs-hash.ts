/** Stands in for tfjs's hashing of strings, whose 64-bit numbers cost the start of a Worker milliseconds: no served task hashes any. */
function absent(): never {
  throw new Error('hashing strings is not part of this bundle');
}

export { absent as fingerPrint64, absent as hexToLong };
