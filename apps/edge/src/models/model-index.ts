import { version } from '@unroll/api/models.ts';
import { aliasName, digestName, modelName } from '@unroll/api/names.ts';
import * as v from 'valibot';
import { ProblemError } from '../http/problem.ts';

/** A model's versions and the targets of its aliases. */
export const modelIndex = v.strictObject({
  name: modelName,
  /** The newest first. */
  versions: v.array(version),
  aliases: v.record(
    aliasName,
    v.strictObject({
      digest: digestName,
      /** Its previous versions, the latest first. */
      previous: v.array(digestName),
    }),
  ),
  /** The upload that holds each version's file, by digest. */
  uploads: v.exactOptional(v.record(digestName, v.string())),
});
export type ModelIndex = v.InferOutput<typeof modelIndex>;
export type Version = v.InferOutput<typeof version>;

/** A version's file in a store. */
export interface StoredFile {
  digest: string;
  /** Undefined for a built-in file, and for one stored before files had uploads. */
  upload: string | undefined;
}

/** How many rollbacks an alias allows. */
const MAX_PREVIOUS = 20;

/** The alias that follows the newest version. */
export const LATEST = 'latest';
/** The alias of a name without alias or digest, once it is set. */
export const STABLE = 'stable';

/** The version of an alias or a digest; undefined stands for the name alone. */
export function resolve(index: ModelIndex, reference: string | undefined): Version | undefined {
  const { aliases, versions } = index;
  const digest = reference === undefined ? (aliases[STABLE] ?? aliases[LATEST])?.digest : (aliases[reference]?.digest ?? reference);
  return versions.find((version) => version.digest === digest);
}

/** A version's file. */
export const fileIn = ({ uploads }: ModelIndex, digest: string): StoredFile => ({ digest, upload: uploads?.[digest] });

/** The files of all versions. */
export const filesOf = (index: ModelIndex): StoredFile[] => index.versions.map(({ digest }) => fileIn(index, digest));

/** Adds a version and points `latest` to it. A version that is there already changes nothing. @param upload holds the file, if the store has uploads. */
export function withVersion(index: ModelIndex | undefined, name: string, added: Version, upload?: string): ModelIndex {
  const { versions, aliases, uploads } = index ?? { versions: [], aliases: {} };
  if (index && versions.some(({ digest }) => digest === added.digest)) return index;
  const next = { name, versions: [added, ...versions], aliases, ...(uploads && { uploads }) };
  return pointed(upload === undefined ? next : withUpload(next, added.digest, upload), LATEST, added.digest);
}

/** Changes the upload of a version's file. */
export const withUpload = (index: ModelIndex, digest: string, upload: string): ModelIndex => ({
  ...index,
  uploads: { ...index.uploads, [digest]: upload },
});

/** Points an alias to a version. @throws 'model-not-found' if there is no such version. */
export function withAlias(index: ModelIndex, alias: string, digest: string): ModelIndex {
  if (!index.versions.some((version) => version.digest === digest)) {
    throw new ProblemError('model-not-found', 'The model has no version of that digest.');
  }
  return pointed(index, alias, digest);
}

/** Points an alias to its previous version. @throws 'nothing-to-roll-back' if it has none. */
export function rolledBack(index: ModelIndex, alias: string): ModelIndex {
  const [digest, ...previous] = index.aliases[alias]?.previous ?? [];
  if (digest === undefined) throw new ProblemError('nothing-to-roll-back', 'The alias has no previous version that still exists.');
  return { ...index, aliases: { ...index.aliases, [alias]: { digest, previous } } };
}

/** Removes a version. @throws 'model-not-found', or 'version-in-use' if an alias points to it. */
export function withoutVersion(index: ModelIndex, digest: string): ModelIndex {
  if (!index.versions.some((version) => version.digest === digest)) {
    throw new ProblemError('model-not-found', 'The model has no version of that digest.');
  }
  const pointing = Object.entries(index.aliases).flatMap(([alias, target]) => (target.digest === digest ? [alias] : []));
  if (pointing.length)
    throw new ProblemError('version-in-use', `These aliases point to the version: ${pointing.join(', ')}. Point them elsewhere first.`);
  const aliases = Object.entries(index.aliases).map(([alias, { digest: target, previous }]) => {
    return [alias, { digest: target, previous: previous.filter((before) => before !== digest) }] as const;
  });
  const { [digest]: _, ...uploads } = index.uploads ?? {};
  const versions = index.versions.filter((version) => version.digest !== digest);
  return { ...index, versions, aliases: Object.fromEntries(aliases), uploads };
}

/** The target of each alias. */
export const aliasesOf = ({ aliases }: ModelIndex) =>
  Object.fromEntries(Object.entries(aliases).map(([alias, { digest }]) => [alias, digest]));

function pointed(index: ModelIndex, alias: string, digest: string): ModelIndex {
  const before = index.aliases[alias];
  if (before?.digest === digest) return index;
  const previous = before ? [before.digest, ...before.previous].slice(0, MAX_PREVIOUS) : [];
  return { ...index, aliases: { ...index.aliases, [alias]: { digest, previous } } };
}
