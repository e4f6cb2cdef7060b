import * as v from 'valibot';

export const modelName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected a model name: lower-case letters, digits, . _ -, 64 at most'),
  v.examples(['sentiment']),
);

export const digestName = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, 'expected a digest: 64 hexadecimal digits'),
  v.description('SHA-256 of the model file.'),
);

/** Never as long as a digest, so that the two cannot be taken for each other. */
export const aliasName = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected an alias: lower-case letters, digits, -, 32 at most'),
  v.examples(['stable']),
);

export const modelReference = v.pipe(
  v.string(),
  v.regex(
    /^[a-z0-9][a-z0-9._-]{0,63}(?:@(?:[a-z][a-z0-9-]{0,31}|[0-9a-f]{64}))?$/,
    'expected a model: its name, or name@alias, or name@digest',
  ),
  v.description("A model's name, name@alias or name@digest. The name alone means its alias `stable`, or `latest` if it has no such."),
  v.examples(['sentiment']),
);

/** Chosen by the client: whoever knows it (and has the same API key) can go on with the session. */
export const sessionId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{8,64}$/, 'expected a session id: 8 to 64 letters, digits, _ -'),
  v.examples(['5c1b8f0e-6a0b-4a53-9d0a-1f6f6b1d2a77']),
);
