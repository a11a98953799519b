/**
 * Removes frames, boxes and ruled lines from a mask. A line is erased where it is thin, and kept where a stroke crosses it,
 * because runs of pixels across the line are longer there: "LineTrack Height" in Dalitz, Droettboom, Pranzas and Fujinaga,
 * "A comparative study of staff removal algorithms", IEEE PAMI 30 (2008).
 */
import { type Component, labelComponents, type Mask } from './components.ts';
import { FULL_SIDE } from './paper.ts';
import { type Box, wholeBox } from './raster.ts';

/** Thickest ruled line, as a share of the shorter side of the image. */
const MAX_LINE = 0.04;
/** Thickest frame, as a share of the side that it reduces. */
const MAX_FRAME = 0.3;
/** Largest fall of a ruled line, as a share of its length. */
const MAX_SLOPE = 0.06;
/** Share of a ruled line that must be visible. Strokes hide the rest, but not both ends. */
const MIN_VISIBLE = 0.3;
/** Length of an end as a share of the line, and the share of it that must be visible. */
const END = 0.12;
const END_VISIBLE = 0.4;
/** The sides of a box lie in this share of its width and height, and are visible for the share after it. */
const BOX_BAND = 0.12;
const BOX_VISIBLE = 0.85;
/** A box is at least this share of the image, and its content at least this share of the box. */
const MIN_BOX = 0.25;
const MIN_CONTENT = 0.3;

/** A mask without frames at the edges, ruled lines, and boxes around something. */
export function removeLines(mask: Mask): Mask {
  const cleaned = { ...mask, bits: mask.bits.slice() };
  for (const side of listSides(cleaned, wholeBox(cleaned))) peelSide(cleaned, side, 0, FULL_SIDE);
  const [rows, columns] = [
    { along: 1, length: mask.width, across: mask.width, breadth: mask.height },
    { along: mask.width, length: mask.height, across: 1, breadth: mask.width },
  ];
  // Vertical lines interrupt horizontal ones, which are searched again without them.
  for (const axes of [rows, columns, rows]) eraseRules(cleaned, axes);
  return labelComponents(cleaned).components.reduce(openBox, cleaned);
}

/** Positions of pixels: from `start`, steps along a line and steps across it. */
interface Axes {
  readonly along: number;
  readonly length: number;
  readonly across: number;
  readonly breadth: number;
}

interface Side extends Axes {
  readonly start: number;
}

/** The sides of a box, seen from outside. */
function listSides({ width: step }: Mask, { left, top, width, height }: Box): Side[] {
  const start = top * step + left;
  const [bottom, right] = [start + (height - 1) * step, start + width - 1];
  return [
    { start, along: 1, length: width, across: step, breadth: height },
    { start: bottom, along: 1, length: width, across: -step, breadth: height },
    { start, along: step, length: height, across: 1, breadth: width },
    { start: right, along: step, length: height, across: -1, breadth: width },
  ];
}

/** Runs of ink across a side that begin within `band` pixels from it: begin and length of each, 0 without. */
function measureSide({ bits }: Mask, { start, along, length, across, breadth }: Side, band: number) {
  const [begins, lengths] = [new Uint16Array(length), new Uint16Array(length)];
  for (let i = 0; i < length; i++) {
    const at = (depth: number) => bits[start + i * along + depth * across];
    let begin = 0;
    while (begin <= band && at(begin) === 0) begin++;
    if (begin > band) continue;
    let end = begin;
    while (end < breadth && at(end) === 1) end++;
    begins[i] = begin;
    lengths[i] = end - begin;
  }
  return { begins, lengths };
}

/** Erases a line along a side if it is visible for a share of `visible`. Returns whether it is. */
function peelSide(mask: Mask, side: Side, band: number, visible: number): boolean {
  const { begins, lengths } = measureSide(mask, side, band);
  const present = lengths.filter((length) => length > 0);
  const thickness = median(present);
  if (present.length < visible * side.length || thickness > MAX_FRAME * side.breadth) return false;
  for (let i = 0; i < side.length; i++) {
    const length = lengths[i] ?? 0;
    if (length > thickestRun(thickness)) continue;
    const from = side.start + i * side.along + (begins[i] ?? 0) * side.across;
    for (let depth = 0; depth < length; depth++) mask.bits[from + depth * side.across] = 0;
  }
  return true;
}

/** Longer runs across a line belong to a stroke that crosses it. */
const thickestRun = (thickness: number) => 1.5 * thickness + 1;

function median(values: Uint16Array): number {
  return values.toSorted()[values.length >> 1] ?? 0;
}

/** A mask without the box that a component is, unless the component is not a box or has no content. */
function openBox(mask: Mask, component: Component): Mask {
  const { width, height } = component;
  if (Math.min(width, height) < MIN_BOX * Math.min(mask.width, mask.height)) return mask;
  const opened = { ...mask, bits: mask.bits.slice() };
  const found = listSides(mask, component).every((side) =>
    peelSide(opened, side, Math.round(BOX_BAND * side.breadth), BOX_VISIBLE),
  );
  if (!found) return mask;
  const content = labelComponents(opened).components.some(
    (part) =>
      Math.max(part.width, part.height) >= MIN_CONTENT * Math.min(width, height) &&
      part.left >= component.left &&
      part.top >= component.top &&
      part.left + part.width <= component.left + width &&
      part.top + part.height <= component.top + height,
  );
  return content ? opened : mask;
}

/** A run of ink across a line: place along the line, begin and length. */
interface Run {
  readonly at: number;
  readonly begin: number;
  readonly length: number;
}

/** Erases lines from one edge of the image to the other: peaks of a Hough transform (Duda and Hart, 1972) of thin runs. */
function eraseRules(mask: Mask, axes: Axes): void {
  const { length, breadth } = axes;
  let runs = listThinRuns(mask, axes);
  const most = Math.max(1, Math.round(MAX_SLOPE * length));
  // Each round removes the runs of one line.
  for (let round = 0; round < breadth; round++) {
    const line = findLine(runs, axes, most);
    if (line === undefined) return;
    const [own, others]: [Run[], Run[]] = [[], []];
    for (const run of runs) (Math.abs(distance(run, line, length)) <= 1.5 ? own : others).push(run);
    if (reachesBothEnds(own, line, axes)) {
      const limit = thickestRun(median(Uint16Array.from(own, (run) => run.length)));
      for (const run of own) if (run.length <= limit) eraseRun(mask, axes, run);
    }
    runs = others;
  }
}

/** Whether a line is visible at both ends, which are at edges of the image. */
function reachesBothEnds(runs: readonly Run[], { begin, fall }: Line, { length, breadth }: Axes): boolean {
  const inside = (at: number) => begin + (fall * at) / length >= 0 && begin + (fall * at) / length < breadth;
  let [first, last] = [0, length - 1];
  while (first < last && !inside(first)) first++;
  while (last > first && !inside(last)) last--;
  const end = END * (last - first + 1);
  const covers = (from: number, to: number) => {
    const places = new Set(runs.flatMap(({ at }) => (at >= from && at < to ? [at] : [])));
    return places.size >= END_VISIBLE * end;
  };
  return covers(first, first + end) && covers(last + 1 - end, last + 1);
}

function listThinRuns({ width, height, bits }: Mask, { along, length, across, breadth }: Axes): Run[] {
  const thickest = Math.max(2, Math.round(MAX_LINE * Math.min(width, height)));
  const runs: Run[] = [];
  for (let at = 0; at < length; at++) {
    let begin = 0;
    for (let i = 0; i <= breadth; i++) {
      if (i < breadth && bits[at * along + i * across] === 1) continue;
      if (i > begin && i - begin <= thickest) runs.push({ at, begin, length: i - begin });
      begin = i + 1;
    }
  }
  return runs;
}

/** A line by its place at the begin and its fall until the end, in pixels. */
interface Line {
  readonly begin: number;
  readonly fall: number;
}

const distance = ({ at, begin, length: thickness }: Run, line: Line, length: number) =>
  begin + (thickness - 1) / 2 - line.begin - (line.fall * at) / length;

/** The line with most runs. Undefined if it is hardly visible. */
function findLine(runs: readonly Run[], { length, breadth }: Axes, most: number): Line | undefined {
  let best: Line | undefined;
  let votes = MIN_VISIBLE * length;
  for (let fall = -most; fall <= most; fall++) {
    const counts = new Uint16Array(breadth + 2 * most + 3);
    for (const run of runs) {
      const bin = Math.floor(distance(run, { begin: 0, fall }, length) + 0.5) + most + 1;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    for (let bin = 1; bin < counts.length; bin++) {
      const both = (counts[bin - 1] ?? 0) + (counts[bin] ?? 0);
      if (both <= votes) continue;
      votes = both;
      best = { begin: bin - 0.5 - most - 1, fall };
    }
  }
  return best;
}

function eraseRun({ bits }: Mask, { along, across }: Axes, { at, begin, length }: Run): void {
  for (let i = begin; i < begin + length; i++) bits[at * along + i * across] = 0;
}
