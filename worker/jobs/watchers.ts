/** Those who watch a job: server-sent events (WHATWG HTML, section 9.2). */
import type { StoredEvent } from './store.ts';

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** A watcher who does not read is let go: the rest waits for nobody. */
const MOST_UNREAD = 1000;

export class Watchers {
  readonly #controllers = new Set<Controller>();

  /** A response that begins with what was missed; it ends at once where the job is over. */
  watch(missed: readonly StoredEvent[], over: boolean): Response {
    let own: Controller | undefined;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          own = controller;
          for (const event of missed) controller.enqueue(encoded(event));
          if (over) controller.close();
          else this.#controllers.add(controller);
        },
        cancel: () => {
          if (own !== undefined) this.#controllers.delete(own);
        },
      },
      { highWaterMark: MOST_UNREAD },
    );
    return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
  }

  tell(events: readonly StoredEvent[], over: boolean): void {
    for (const controller of this.#controllers) {
      try {
        for (const event of events) controller.enqueue(encoded(event));
        if ((controller.desiredSize ?? 0) < 0) this.#drop(controller);
        else if (over) this.#end(controller);
      } catch {
        // The watcher is gone; nobody else needs to know.
        this.#controllers.delete(controller);
      }
    }
  }

  #end(controller: Controller): void {
    this.#controllers.delete(controller);
    controller.close();
  }

  /** Cut off, not ended: it learns that it has to come again, with its Last-Event-ID. */
  #drop(controller: Controller): void {
    this.#controllers.delete(controller);
    controller.error(new Error('events came faster than they were read'));
  }
}

function encoded({ id, event }: StoredEvent): Uint8Array {
  const { type, ...data } = event;
  return new TextEncoder().encode(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}
