/** Programs and data that some tests need and that are not npm packages. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NARROW_REASON } from './widening.ts';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
export const MNIST_FOLDER = process.env.EDGE_MLP_DATA;

/**
 * Whether tests with a tool run. CI installs Chromium and gcc: there, tests fail without them instead of being skipped.
 */
export const AVAILABLE = {
  chromium: Boolean(process.env.CI) || existsSync(CHROMIUM),
  firefox: existsSync(FIREFOX),
  compiler: Boolean(process.env.CI) || runs('cc', ['--version']),
  mnist: Boolean(MNIST_FOLDER),
  pillow: runs('python3', ['-c', 'import PIL']),
  requests: runs('python3', ['-c', 'import requests']),
  /** Needs the right to mount. */
  smallDisk: canMount(),
};

/** Reasons for skipped tests, for the summary of a test run. */
export function describeMissingTools(): string[] {
  return [
    ...(AVAILABLE.chromium ? [] : [`tests in Chromium: there is no ${CHROMIUM}; install it or set CHROMIUM`]),
    ...(AVAILABLE.firefox ? [] : [`tests in Firefox: there is no ${FIREFOX}; install it or set FIREFOX`]),
    ...(AVAILABLE.compiler
      ? []
      : ['tests that compile the C header: there is no C compiler; install gcc or clang as cc']),
    ...(AVAILABLE.smallDisk ? [] : ['a test on a full disk: mounting needs root on Linux']),
    ...(AVAILABLE.mnist ? [] : ['tests on MNIST: EDGE_MLP_DATA is not set to a folder with its files']),
    ...(AVAILABLE.pillow ? [] : ['comparison of PNG files with Pillow: python3 cannot import PIL; pip install Pillow']),
    ...(AVAILABLE.requests ? [] : ['code of /docs in Python: python3 cannot import requests; pip install requests']),
    ...(NARROW_REASON === undefined ? [] : [`tests of widening: ${NARROW_REASON}`]),
  ];
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
