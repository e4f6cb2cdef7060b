import { version } from '@unroll/api/models.ts';
import { aliasName, digestName, modelName } from '@unroll/api/names.ts';
import * as v from 'valibot';
import { ProblemError } from '../http/problem.ts';

/** What is known of a model's versions, and where its aliases point: kept beside its files. */
export const modelIndex = v.strictObject({
  name: modelName,
  /** The newest first. */
  versions: v.array(version),
  aliases: v.record(
    aliasName,
    v.strictObject({
      digest: digestName,
      /** Where it pointed before, the latest first. */
      previous: v.array(digestName),
    }),
  ),
});
export type ModelIndex = v.InferOutput<typeof modelIndex>;
export type Version = v.InferOutput<typeof version>;

/** Rollbacks that are remembered of an alias. */
const MAX_PREVIOUS = 20;

/** Follows the newest version. */
export const LATEST = 'latest';
/** What a name alone means, once it is set. */
export const STABLE = 'stable';

/** The version that an alias, a digest, or the name alone stands for. */
export function resolve(index: ModelIndex, reference: string | undefined): Version | undefined {
  const { aliases, versions } = index;
  const digest = reference === undefined ? (aliases[STABLE] ?? aliases[LATEST])?.digest : (aliases[reference]?.digest ?? reference);
  return versions.find((version) => version.digest === digest);
}

/** With the version added and `latest` pointing to it. One that is there already changes nothing. */
export function withVersion(index: ModelIndex | undefined, name: string, added: Version): ModelIndex {
  const { versions, aliases } = index ?? { versions: [], aliases: {} };
  if (versions.some(({ digest }) => digest === added.digest)) return { name, versions, aliases };
  return pointed({ name, versions: [added, ...versions], aliases }, LATEST, added.digest);
}

/** @throws 'model-not-found' if there is no such version. */
export function withAlias(index: ModelIndex, alias: string, digest: string): ModelIndex {
  if (!index.versions.some((version) => version.digest === digest)) {
    throw new ProblemError('model-not-found', 'The model has no version of that digest.');
  }
  return pointed(index, alias, digest);
}

/** @throws 'nothing-to-roll-back' if the alias never pointed elsewhere. */
export function rolledBack(index: ModelIndex, alias: string): ModelIndex {
  const [digest, ...previous] = index.aliases[alias]?.previous ?? [];
  if (digest === undefined)
    throw new ProblemError('nothing-to-roll-back', 'The alias never pointed to another version that is still there.');
  return { ...index, aliases: { ...index.aliases, [alias]: { digest, previous } } };
}

/** @throws 'model-not-found', or 'version-in-use' if an alias points to it. */
export function withoutVersion(index: ModelIndex, digest: string): ModelIndex {
  if (!index.versions.some((version) => version.digest === digest)) {
    throw new ProblemError('model-not-found', 'The model has no version of that digest.');
  }
  const pointing = Object.entries(index.aliases).flatMap(([alias, target]) => (target.digest === digest ? [alias] : []));
  if (pointing.length) throw new ProblemError('version-in-use', `Still pointed to by: ${pointing.join(', ')}. Point them elsewhere first.`);
  const aliases = Object.entries(index.aliases).map(([alias, { digest: target, previous }]) => {
    return [alias, { digest: target, previous: previous.filter((before) => before !== digest) }] as const;
  });
  return { ...index, versions: index.versions.filter((version) => version.digest !== digest), aliases: Object.fromEntries(aliases) };
}

/** Where each alias points. */
export const aliasesOf = ({ aliases }: ModelIndex) =>
  Object.fromEntries(Object.entries(aliases).map(([alias, { digest }]) => [alias, digest]));

function pointed(index: ModelIndex, alias: string, digest: string): ModelIndex {
  const before = index.aliases[alias];
  if (before?.digest === digest) return index;
  const previous = before ? [before.digest, ...before.previous].slice(0, MAX_PREVIOUS) : [];
  return { ...index, aliases: { ...index.aliases, [alias]: { digest, previous } } };
}
