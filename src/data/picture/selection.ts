/** Which parts of the ink are the digit. */
import type { Component } from './components.ts';

/** Components with a smaller share of the largest one's area are specks. */
const MIN_AREA = 0.03;
/** Components at the edge are ignored if a component inside has this share of the image's shorter side. */
const MIN_INNER = 0.25;
/**
 * A digit that reaches the edge is next to the digit inside. It touches the edge with at most this share of its longer
 * side, has this share of the area of the one inside, and is broader than a line.
 */
const MAX_CONTACT = 0.35;
const MIN_CUT_AREA = 0.35;
const MIN_BREADTH = 0.2;
/** Parts of a digit are at most this share of its longer side apart. */
const MAX_GAP = 0.25;
/** Parts that are both higher than this share of all, side by side with this gap or more, are two digits. */
const TALL = 0.6;
const SIDE_GAP = 0.1;
/** A separate component of this share of the largest one's height is another digit; lower ones are dashes or dirt. */
const SECOND_HEIGHT = 0.5;

export type Selection =
  | { readonly kind: 'digit'; readonly parts: readonly Component[] }
  | { readonly kind: 'blank' }
  | { readonly kind: 'several' };

/** The parts of the digit. `side`: the shorter side of the image. */
export function selectDigit(components: readonly Component[], side: number): Selection {
  const considered = leaveOutEdge(components, side);
  const largest = findLargest(considered);
  if (largest === undefined) return { kind: 'blank' };
  const others = considered.filter((component) => component !== largest && component.area >= MIN_AREA * largest.area);
  const parts = [largest];
  // Parts can be neighbours of parts.
  for (const part of parts) {
    const near = others.filter((other) => !parts.includes(other) && gap(part, other) <= MAX_GAP * size(largest));
    if (near.some((other) => areTwoDigits(part, other))) return { kind: 'several' };
    parts.push(...near);
  }
  const far = others.filter((other) => !parts.includes(other));
  if (far.some((other) => other.height >= SECOND_HEIGHT * largest.height)) return { kind: 'several' };
  return { kind: 'digit', parts };
}

/** Without frames, shadows and lines at the edge of the image, if there is anything else. */
function leaveOutEdge(components: readonly Component[], side: number): readonly Component[] {
  const inner = components.filter(({ contact }) => contact === 0);
  const largest = findLargest(inner);
  if (largest === undefined || size(largest) < MIN_INNER * side) return components;
  const isDigit = (component: Component) =>
    gap(component, largest) > 0 &&
    component.contact <= MAX_CONTACT * size(component) &&
    component.area >= MIN_CUT_AREA * largest.area &&
    Math.min(component.width, component.height) >= MIN_BREADTH * size(component);
  return components.filter((component) => component.contact === 0 || isDigit(component));
}

function findLargest(components: readonly Component[]): Component | undefined {
  return components.reduce<Component | undefined>(
    (most, component) => (most === undefined || component.area > most.area ? component : most),
    undefined,
  );
}

const size = ({ width, height }: Component) => Math.max(width, height);

/** Pixels between the boxes of two components. Negative if they overlap. */
function gaps(a: Component, b: Component): { across: number; down: number } {
  return {
    across: Math.max(a.left, b.left) - Math.min(a.left + a.width, b.left + b.width),
    down: Math.max(a.top, b.top) - Math.min(a.top + a.height, b.top + b.height),
  };
}

function gap(a: Component, b: Component): number {
  const { across, down } = gaps(a, b);
  return Math.max(0, across, down);
}

/** Whether two parts stand side by side and are both as high as a digit. */
function areTwoDigits(a: Component, b: Component): boolean {
  const height = Math.max(a.top + a.height, b.top + b.height) - Math.min(a.top, b.top);
  return gaps(a, b).across > SIDE_GAP * height && Math.min(a.height, b.height) >= TALL * height;
}
