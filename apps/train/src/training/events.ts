import type { TrainCallback, TrainEvent } from '../recipe/events.ts';

/** Delivers a run's events to those who listen, one after the other. */
export interface Events {
  /** Resolves once everyone has seen the event. @throws what a callback threw at this event or an earlier one. */
  tell(event: TrainEvent): Promise<void>;
  /** Does not wait. What a callback throws ends the run at the next `tell`. */
  mention(event: TrainEvent): void;
  /** Why a callback stopped the run, if one did. */
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
