/** The service and Chromium for the tests of a file. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchChromium } from './browser.ts';
import { type Service, startService } from './service.ts';

export interface Site {
  readonly url: string;
  readonly browser: Browser;
}

/** Starts both before the first test, and ends them after the last one. The properties exist in hooks and tests. */
export function startSite(): Site {
  let service: Service | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    [service, browser] = await Promise.all([startService(), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });
  const get = <Value>(value: Value | undefined): Value => {
    if (value === undefined) throw new Error('the service and Chromium have not started');
    return value;
  };
  return {
    get url() {
      return get(service).url;
    },
    get browser() {
      return get(browser);
    },
  };
}
