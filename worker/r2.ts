import { HttpError } from './errors.ts';

/** Work on R2. Throws 503 where that fails. */
export async function r2<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const message = 'the store of models does not answer; the bundled model still does';
    throw new HttpError(503, message, { 'retry-after': '10' }, error);
  }
}
