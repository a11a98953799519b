/** Long work beside other requests: an isolate has one thread. */

/** Does all of it; after every `stretch` steps others have their turn. */
export async function runInTurns<Result>(work: Generator<unknown, Result, void>, stretch: number): Promise<Result> {
  for (let step = 1; ; step++) {
    const { value, done } = work.next();
    if (done) return value;
    if (step % stretch === 0) await scheduler.wait(1);
  }
}
