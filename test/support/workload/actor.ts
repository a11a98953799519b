/**
 * Clients that change what a service stores, and remember what it has acknowledged. A request without an answer may or
 * may not have happened, but never in part.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Client, ClientError } from '../../../src/client/index.ts';
import type { Random } from '../../../src/index.ts';

/** A client of one subject. */
export interface Actor {
  readonly name: string;
  /** Its token has this scope. */
  readonly scope: 'train' | 'admin';
  /** Sends one change, or asks for the progress of an earlier one. */
  act(client: Client, random: Random): Promise<void>;
  /** Throws unless the service has what it has acknowledged. */
  check(client: Client): Promise<void>;
  /** Counts for a report. */
  summarize(): string;
}

/** Acts until the service dies or refuses for its rate. Returns the number of answered requests. */
export async function actUntilDown(actor: Actor, client: Client, random: Random): Promise<number> {
  for (let answered = 0; ; answered++) {
    try {
      await actor.act(client, random);
    } catch (error) {
      if (error instanceof assert.AssertionError || isRefusal(error)) throw error;
      return answered;
    }
  }
}

/** Whether the service has refused a request, for another reason than its rate. */
function isRefusal(error: unknown): boolean {
  return error instanceof ClientError && error.status < 500 && error.status !== 429;
}

/** The value, or undefined if the service does not have it. */
export async function find<Value>(request: Promise<Value>): Promise<Value | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) return undefined;
    throw error;
  }
}

/** SHA-256 in hexadecimal digits. */
export function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Pause between two questions for the progress of work. */
export const POLL_MS = 100;
