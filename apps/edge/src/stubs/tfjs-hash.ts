/** Replaces tfjs's hashing of strings. Its 64-bit numbers cost milliseconds at the start, and no served task hashes strings. */
function absent(): never {
  throw new Error('hashing strings is not part of this bundle');
}

export { absent as fingerPrint64, absent as hexToLong };
