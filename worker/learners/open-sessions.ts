/** The learners of this isolate with a session in memory. */
import { LIMITS } from '../limits.ts';
import type { LearnerSession } from './session.ts';

/** By object, least recently used first. */
const SESSIONS = new Map<object, LearnerSession>();

/** The session of an object, which `restore` returns if there is none. Makes room, but never drops this session. */
export function openSession(owner: object, restore: () => LearnerSession): LearnerSession {
  const session = SESSIONS.get(owner) ?? restore();
  SESSIONS.delete(owner);
  SESSIONS.set(owner, session);
  let bytes = [...SESSIONS.values()].reduce((sum, open) => sum + open.bytes, 0);
  for (const [other, open] of SESSIONS) {
    if (bytes <= LIMITS.learnerBytes || other === owner) break;
    bytes -= open.bytes;
    SESSIONS.delete(other);
  }
  return session;
}

export function dropSession(owner: object): void {
  SESSIONS.delete(owner);
}
