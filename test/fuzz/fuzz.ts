/** Runs a parser on many inputs. Allowed: a valid result, or the typed error, within a second and bounded memory. */
import { CommanderError } from 'commander';
import fc from 'fast-check';
import { z } from '../../src/api/fields.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { HttpError } from '../../worker/errors.ts';
import { createRandom, mutate } from './mutation.ts';

/** A parser and its inputs. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs, from which mutated ones are made. */
  readonly seeds: readonly Uint8Array[];
  /** Inputs with the structure of valid ones. */
  readonly inputs: fc.Arbitrary<Uint8Array>;
  /** Parses an input. Throws the error of the parser, or any other error for a result that is not valid. */
  readonly parse: (bytes: Uint8Array<ArrayBuffer>) => unknown;
  /** Most bytes that a case may allocate, per byte of its input and besides. */
  readonly memory: { readonly perByte: number; readonly base: number };
}

export interface Finding {
  readonly target: string;
  readonly bytes: Uint8Array;
  readonly reason: string;
}

export interface Summary {
  readonly cases: number;
  /** Number of valid results and of each typed error. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly slowestMs: number;
  /** Greatest share of the memory bound; undefined if memory was not measured. */
  readonly memoryShare: number | undefined;
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  /** Measures the allocated memory of each case, which takes some milliseconds. Needs --expose-gc. */
  readonly measureMemory?: boolean;
  readonly onProgress?: (cases: number) => void;
}

const MOST_MS = 1000;
/** Inputs are generated in batches. */
const BATCH = 100;
/** Findings after which a target stops. */
const MOST_FINDINGS = 20;

/** Runs the cases of a seed: half of them generated, the other half mutated valid inputs. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<Summary> {
  const outcomes = new Map<string, number>();
  const findings: Finding[] = [];
  let [cases, slowestMs, memoryShare] = [0, 0, 0];
  for (const bytes of generateInputs(target, options)) {
    const { outcome, ms, share, problem } = await runCase(target, bytes, options.measureMemory ?? false);
    cases++;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    slowestMs = Math.max(slowestMs, ms);
    memoryShare = Math.max(memoryShare, share);
    if (problem !== undefined) findings.push({ target: target.name, bytes, reason: problem });
    if (findings.length === MOST_FINDINGS) break;
    options.onProgress?.(cases);
  }
  return { cases, outcomes, slowestMs, memoryShare: options.measureMemory ? memoryShare : undefined, findings };
}

function* generateInputs(
  { seeds, inputs }: FuzzTarget,
  { cases, seed }: FuzzOptions,
): Generator<Uint8Array<ArrayBuffer>> {
  const random = createRandom(seed);
  for (let start = 0; start < cases; start += BATCH) {
    const count = Math.min(BATCH, cases - start);
    const generated = fc.sample(inputs, { numRuns: Math.ceil(count / 2), seed: seed + start });
    for (const bytes of generated) yield Uint8Array.from(bytes);
    const sources = [...seeds, ...generated];
    const pick = () => sources[random(random(2) === 0 ? seeds.length : sources.length)] ?? new Uint8Array();
    for (let i = generated.length; i < count; i++) yield mutate(pick(), random, pick());
  }
}

interface CaseResult {
  /** `valid`, or the code of the typed error. */
  readonly outcome: string;
  readonly ms: number;
  /** Share of the memory bound. */
  readonly share: number;
  /** Undefined if the outcome is allowed. */
  readonly problem: string | undefined;
}

/** Runs one input. */
export async function runCase(
  target: FuzzTarget,
  bytes: Uint8Array<ArrayBuffer>,
  measureMemory = false,
): Promise<CaseResult> {
  const before = measureMemory ? readMemory() : 0;
  const first = await attempt(target, bytes);
  const allocated = measureMemory ? readMemory(false) - before : 0;
  const most = target.memory.base + target.memory.perByte * bytes.length;
  // Another process may have delayed the first attempt.
  const ms = first.ms < MOST_MS ? first.ms : Math.min(first.ms, (await attempt(target, bytes)).ms);
  const problem =
    first.problem ??
    (ms > MOST_MS ? `took ${Math.round(ms)} ms` : undefined) ??
    (allocated > most ? `allocated ${allocated} bytes for ${bytes.length}, more than ${most}` : undefined);
  return { outcome: first.outcome, ms, share: allocated / most, problem };
}

async function attempt({ parse }: FuzzTarget, bytes: Uint8Array<ArrayBuffer>) {
  const copy = bytes.slice();
  const started = performance.now();
  const end = (outcome: string, problem?: string) => ({ outcome, problem, ms: performance.now() - started });
  try {
    await parse(copy);
    return end('valid');
  } catch (error) {
    const code = refusalCode(error);
    return code === undefined ? end('finding', error instanceof Error ? error.stack : String(error)) : end(code);
  }
}

/** The code of an error that a parser may throw. */
export function refusalCode(error: unknown): string | undefined {
  if (error instanceof EdgeMlpError) return error.code;
  if (error instanceof HttpError) return error.status < 500 ? String(error.status) : undefined;
  // The service answers 400, and the command prints its usage.
  if (error instanceof z.ZodError) return 'schema';
  return error instanceof CommanderError ? 'usage' : undefined;
}

/** Bytes of the heap and of array buffers. Without a collection, bytes that were allocated since count even if freed. */
function readMemory(collect = true): number {
  if (collect) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
