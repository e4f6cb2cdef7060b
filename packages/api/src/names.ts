import * as v from 'valibot';

export const modelName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected a model name: lower-case letters, digits, . _ -, 64 at most'),
  v.examples(['sentiment']),
);

/** Examples use it instead of the digest of their built-in model. */
export const EXAMPLE_DIGEST = 'd'.repeat(64);

export const digestName = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'expected a digest: 64 hexadecimal digits'),
  v.description('SHA-256 of the model file.'),
);

/** Shorter than a digest, so that the two differ. */
export const aliasName = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected an alias: lower-case letters, digits, -, 32 at most'),
  v.examples(['stable']),
);

const reference = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9][a-z0-9._-]{0,63}(?:@(?:[a-z][a-z0-9-]{0,31}|[0-9a-f]{64}))?$/,
    'expected a model: its name, or name@alias, or name@digest',
  ),
  v.description("A model's name, name@alias or name@digest. The name alone means its alias `stable`, or `latest` if it has none."),
);
export const modelReference = v.pipe(reference, v.examples(['sentiment']));
/** Of a model that generates text. */
export const generatorReference = v.pipe(reference, v.examples(['moby-dick']));

/** Chosen by the client. Anyone with this id and the same API key can resume the session. */
export const sessionId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{8,64}$/, 'expected a session id: 8 to 64 letters, digits, _ -'),
  v.examples(['5c1b8f0e-6a0b-4a53-9d0a-1f6f6b1d2a77']),
);
