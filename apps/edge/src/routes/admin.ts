import { deleteModel, deleteVersion, moveAlias, publishVersion, rollBackAlias } from '@unroll/api/models.ts';
import { readBytes } from '../http/body.ts';
import { once } from '../http/idempotency.ts';
import { type App, type AppContext, implement } from '../http/implement.ts';
import { ProblemError } from '../http/problem.ts';
import type { Settings } from '../http/settings.ts';
import { type HostedModel, hostModel } from '../models/model-host.ts';
import {
  aliasesOf,
  fileIn,
  filesOf,
  type ModelIndex,
  rolledBack,
  type StoredFile,
  type Version,
  withAlias,
  withoutVersion,
  withUpload,
  withVersion,
} from '../models/model-index.ts';
import { MAX_MODEL_BYTES, type WritableStore } from '../models/model-store.ts';
import { type Services, withinBudget } from '../services.ts';

/** Publishing: PUT, POST and DELETE below /v1/models/{model} */
export function registerAdmin(app: App, services: Services): void {
  const writable = (c: AppContext) => services.catalogOf(c.env).writable();
  const onceEach = (c: AppContext, content: string, write: () => Promise<Response>) =>
    once(c.env.MODELS, c.req.raw, { caller: c.get('key')?.id ?? '', content }, write);

  implement(app, publishVersion, async ({ c, settings, params: { model: name } }) => {
    const store = writable(c);
    const bytes = await readBytes(c.req.raw, MAX_MODEL_BYTES);
    await services.host.start();
    const version = await tryOut(bytes, settings);
    return onceEach(c, version.digest, async () => {
      const { index, created } = await publish(store, name, version, bytes);
      c.executionCtx.waitUntil(store.sweep(name));
      const published = index.versions.find(({ digest }) => digest === version.digest) ?? version;
      return c.json({ name, version: published, aliases: aliasesOf(index), created }, created ? 201 : 200);
    });
  });

  implement(app, moveAlias, ({ c, params: { model: name }, body: { alias, digest } }) =>
    onceEach(c, `${alias} ${digest}`, async () => {
      await writable(c).change(name, (index = absent()) => withAlias(index, alias, digest));
      return c.json({ name, alias, digest });
    }),
  );

  implement(app, rollBackAlias, ({ c, params: { model: name, alias } }) =>
    onceEach(c, '', async () => {
      const index = await writable(c).change(name, (before = absent()) => rolledBack(before, alias));
      return c.json({ name, alias, digest: index?.aliases[alias]?.digest ?? '' });
    }),
  );

  implement(app, deleteVersion, ({ c, params: { model: name, digest } }) =>
    onceEach(c, '', async () => {
      const store = writable(c);
      let file: StoredFile | undefined;
      await store.change(name, (index = absent()) => {
        file = fileIn(index, digest);
        return withoutVersion(index, digest);
      });
      if (file) await store.remove(name, [file]);
      return c.body(null, 204);
    }),
  );

  implement(app, deleteModel, ({ c, params: { model: name } }) =>
    onceEach(c, '', async () => {
      const store = writable(c);
      let files: StoredFile[] = [];
      await store.change(name, (index = absent()) => {
        files = filesOf(index);
        return undefined;
      });
      await store.remove(name, files);
      return c.body(null, 204);
    }),
  );
}

/** Makes a version visible, unless it is already. */
async function publish(
  store: WritableStore,
  name: string,
  version: Version,
  bytes: Uint8Array,
): Promise<{ index: ModelIndex; created: boolean }> {
  const { digest } = version;
  const known = await store.index(name);
  const named = known?.versions.some((other) => other.digest === digest) ? known : undefined;
  if (named && (await store.has(named, digest))) return { index: named, created: false };

  // The file is written first: it is invisible until the index names it.
  const upload = await store.write(name, digest, bytes);
  let created = false;
  const index = await store.change(name, (before) => {
    created = !before?.versions.some((other) => other.digest === digest);
    // The index named the version, but its file was missing.
    const isLost = named && before && !created && fileIn(before, digest).upload === fileIn(named, digest).upload;
    return isLost ? withUpload(before, digest, upload) : withVersion(before, name, version, upload);
  });
  if (!index) throw new Error(`publish: ${name} has no index after a version was added`);
  // Another publish of the same file was faster.
  if (fileIn(index, digest).upload !== upload) await store.remove(name, [{ digest, upload }]);
  return { index, created };
}

/** Loads a model file and makes a trial prediction. Returns the file's entry for the index. @throws 'model-file-refused' */
async function tryOut(bytes: Uint8Array, settings: Settings): Promise<Version> {
  let model: HostedModel | undefined;
  try {
    model = await hostModel(bytes);
    const { predictor, digest, about } = model;
    const { predictions } = predictor.predict([predictor.reader.example], { admit: withinBudget(settings) });
    if (!allFinite(predictions)) throw new Error('a trial prediction gave NaN or infinity; train the model again');
    const { metrics, createdAt } = about;
    const { type: task } = predictor.task;
    return { digest, bytes: bytes.length, task, metrics, createdAt, publishedAt: new Date().toISOString() };
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError('model-file-refused', (error as Error).message);
  } finally {
    model?.predictor.dispose();
  }
}

function allFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(allFinite);
}

function absent(): never {
  throw new ProblemError('model-not-found', 'There is no published model of that name.');
}
