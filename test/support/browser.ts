/** The system's Chromium, with access only to this machine. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { AVAILABLE, CHROMIUM } from './tools.ts';

export { CHROMIUM };
export const BROWSER_EXPECTED = AVAILABLE.chromium;

export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
}

/** Window sizes: a small phone and a desktop screen. */
export const SIZES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } };

export interface Look {
  readonly size?: keyof typeof SIZES;
  readonly colorScheme?: 'light' | 'dark';
}

/** Opens a page; `troubles` collects its console messages and uncaught errors. */
export async function openPage(
  browser: Browser,
  url: string,
  { size = 'desk', colorScheme = 'light' }: Look = {},
): Promise<{ page: Page; troubles: string[] }> {
  const page = await browser.newPage({ viewport: SIZES[size], colorScheme });
  const troubles: string[] = [];
  page.on('console', (message) => {
    // Chromium logs every response with an error status; tests request some.
    if (!message.text().startsWith('Failed to load resource')) troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  await page.goto(url);
  return { page, troubles };
}
