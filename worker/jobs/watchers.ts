/** Clients that follow the events of a job: server-sent events (WHATWG HTML, section 9.2). */
import type { JobEvent } from '../../src/api/jobs.ts';

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** Unread events after which a client is disconnected. */
const MAX_UNREAD = 1000;

export class Watchers {
  readonly #controllers = new Set<Controller>();

  /** A response that starts with past events. It ends at once if the job is over. */
  open(past: readonly JobEvent[], over: boolean): Response {
    let own: Controller | undefined;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          own = controller;
          for (const event of past) controller.enqueue(encodeEvent(event));
          if (over) controller.close();
          else this.#controllers.add(controller);
        },
        cancel: () => {
          if (own !== undefined) this.#controllers.delete(own);
        },
      },
      { highWaterMark: MAX_UNREAD },
    );
    return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
  }

  send(events: readonly JobEvent[], over: boolean): void {
    for (const controller of this.#controllers) {
      try {
        for (const event of events) controller.enqueue(encodeEvent(event));
        const slow = (controller.desiredSize ?? 0) < 0;
        if (slow || over) this.#controllers.delete(controller);
        // An error, not an end, makes a slow client reconnect with its Last-Event-ID.
        if (slow) controller.error(new Error('the client reads more slowly than events occur'));
        else if (over) controller.close();
      } catch {
        // The client has left.
        this.#controllers.delete(controller);
      }
    }
  }
}

function encodeEvent({ id, type, ...data }: JobEvent): Uint8Array {
  return new TextEncoder().encode(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}
