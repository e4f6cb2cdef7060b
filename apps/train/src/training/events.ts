import type { TrainCallback, TrainEvent } from '../recipe/events.ts';

/** Delivers a run's events to its listeners, one after the other. */
export interface Events {
  /** Resolves once all listeners have seen the event. @throws the error that a callback threw at this or an earlier event. */
  tell(event: TrainEvent): Promise<void>;
  /** Does not wait. An error in a callback ends the run at the next `tell`. */
  mention(event: TrainEvent): void;
  /** The reason why a callback stopped the run, if one did. */
  stopReason(): string | undefined;
}

/** A recipe's callback threw. */
export class CallbackFailed extends Error {
  override readonly name = 'CallbackFailed';
}

export function createEvents(listener: ((event: TrainEvent) => void) | undefined, callbacks: readonly TrainCallback[]): Events {
  let stopReason: string | undefined;
  const control = {
    stop(why: string) {
      stopReason ??= why;
    },
  };

  async function deliver(event: TrainEvent): Promise<void> {
    listener?.(event);
    for (const callback of callbacks) {
      try {
        await callback(event, control);
      } catch (cause) {
        const { message } = cause as Error;
        throw new CallbackFailed(`a callback of the recipe failed at the event '${event.type}': ${message}`, { cause });
      }
    }
  }

  let delivered = Promise.resolve();
  function tell(event: TrainEvent): Promise<void> {
    delivered = delivered.then(() => deliver(event));
    return delivered;
  }
  return {
    tell,
    mention: (event) => void tell(event).catch(() => {}),
    stopReason: () => stopReason,
  };
}
