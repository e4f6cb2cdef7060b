import { deleteModel, deleteVersion, moveAlias, publishVersion, rollBackAlias } from '@unroll/api/models.ts';
import { readBytes } from '../http/body.ts';
import { once } from '../http/idempotency.ts';
import { type App, type AppContext, implement } from '../http/implement.ts';
import { ProblemError } from '../http/problem.ts';
import type { Settings } from '../http/settings.ts';
import { type HostedModel, hostModel } from '../models/model-host.ts';
import { aliasesOf, rolledBack, type Version, withAlias, withoutVersion, withVersion } from '../models/model-index.ts';
import { MAX_MODEL_BYTES } from '../models/model-store.ts';
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
      // The file first: it is invisible until the index names it.
      await store.write(name, version.digest, bytes);
      let created = false;
      const index = await store.change(name, (before) => {
        created = !before?.versions.some(({ digest }) => digest === version.digest);
        return withVersion(before, name, version);
      });
      const published = index?.versions.find(({ digest }) => digest === version.digest) ?? version;
      return c.json({ name, version: published, aliases: index ? aliasesOf(index) : {}, created }, created ? 201 : 200);
    });
  });

  implement(app, moveAlias, ({ c, params: { model: name }, body: { alias, digest } }) =>
    onceEach(c, `${alias} ${digest}`, async () => {
      await writable(c).change(name, (index) => withAlias(index ?? absent(), alias, digest));
      return c.json({ name, alias, digest });
    }),
  );

  implement(app, rollBackAlias, ({ c, params: { model: name, alias } }) =>
    onceEach(c, '', async () => {
      const index = await writable(c).change(name, (before) => rolledBack(before ?? absent(), alias));
      return c.json({ name, alias, digest: index?.aliases[alias]?.digest ?? '' });
    }),
  );

  implement(app, deleteVersion, ({ c, params: { model: name, digest } }) =>
    onceEach(c, '', async () => {
      const store = writable(c);
      await store.change(name, (index) => withoutVersion(index ?? absent(), digest));
      await store.remove(name, [digest]);
      return c.body(null, 204);
    }),
  );

  implement(app, deleteModel, ({ c, params: { model: name } }) =>
    onceEach(c, '', async () => {
      const store = writable(c);
      let digests: string[] = [];
      await store.change(name, (index) => {
        digests = (index ?? absent()).versions.map(({ digest }) => digest);
        return undefined;
      });
      await store.remove(name, digests);
      return c.body(null, 204);
    }),
  );
}

/** What the index keeps of a model file, once it has loaded and made a prediction. @throws 'model-file-refused' if it cannot. */
async function tryOut(bytes: Uint8Array, settings: Settings): Promise<Version> {
  let model: HostedModel | undefined;
  try {
    model = await hostModel(bytes);
    const { predictor, digest, about } = model;
    const { predictions } = predictor.predict([predictor.reader.example], { admit: withinBudget(settings) });
    if (!allFinite(predictions)) throw new Error('a trial prediction came out as no number');
    const { metrics, createdAt } = about;
    const { type: task } = predictor.model.spec.task;
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
