/** Programs and data that some tests need and that are not npm packages. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const MNIST_FOLDER = process.env.EDGE_MLP_DATA;

/**
 * Whether tests with a tool run. CI installs Chromium and gcc: there, tests fail without them instead of being skipped.
 */
export const AVAILABLE = {
  chromium: Boolean(process.env.CI) || existsSync(CHROMIUM),
  compiler: Boolean(process.env.CI) || runs('cc', ['--version']),
  mnist: Boolean(MNIST_FOLDER),
  pillow: runs('python3', ['-c', 'import PIL']),
};

/** Reasons for skipped tests, for the summary of a test run. */
export function describeMissingTools(): string[] {
  return [
    ...(AVAILABLE.chromium ? [] : [`tests in Chromium: there is no ${CHROMIUM}; install it or set CHROMIUM`]),
    ...(AVAILABLE.compiler
      ? []
      : ['tests that compile the C header: there is no C compiler; install gcc or clang as cc']),
    ...(AVAILABLE.mnist ? [] : ['tests on MNIST: EDGE_MLP_DATA is not set to a folder with its files']),
    ...(AVAILABLE.pillow ? [] : ['comparison of PNG files with Pillow: python3 cannot import PIL; pip install Pillow']),
  ];
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
