/** HTTP servers on the loopback address, for one test each. */
import type { RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';
import { listen } from './files.ts';

/** Starts a server that is closed after the test. Returns its URL, without a slash at the end. */
export async function serve(listener: RequestListener): Promise<string> {
  const { url, close } = await listen(listener);
  onTestFinished(close);
  return url;
}
