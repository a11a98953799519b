/** Exports of the build with threads: one thread leads, the others serve. */
import { takeSteps } from './steps';
import { Team, waitWhileEqual } from './team';

/** `trainSteps` by the whole team, whose other members are in `serve`. The caller is member 0. */
export function trainStepsTogether(team: usize, trainer: usize, network: usize, samples: usize, steps: u32): u32 {
  announceCall(team, trainer, network, samples, steps);
  return takeSteps(trainer, network, samples, steps, team, 0);
}

/** Takes part in every call of `trainStepsTogether`. Returns after `dismiss`. */
export function serve(team: usize, member: u32): void {
  const calls = team + offsetof<Team>('calls');
  for (let served: u32 = 0; ; ) {
    waitWhileEqual(calls, served);
    served = atomic.load<u32>(calls);
    const call = changetype<Team>(team);
    if (call.steps == 0) return;
    takeSteps(call.trainer, call.network, call.samples, call.steps, team, member);
  }
}

/** Ends `serve` in the other members. */
export function dismiss(team: usize): void {
  announceCall(team, 0, 0, 0, 0);
}

function announceCall(team: usize, trainer: usize, network: usize, samples: usize, steps: u32): void {
  const record = changetype<Team>(team);
  record.trainer = trainer;
  record.network = network;
  record.samples = samples;
  record.steps = steps;
  // The atomic operation makes the writes above visible to the other members.
  atomic.add<u32>(team + offsetof<Team>('calls'), 1);
  atomic.notify(team + offsetof<Team>('calls'), -1);
}
