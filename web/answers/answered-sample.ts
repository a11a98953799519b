/** Samples with their answers, which the panels below an answer show. */
import type { BrowserNetwork } from '../network.ts';
import type { Answer } from './answer.ts';

/** A network and its answer to the visitor's sample. */
export interface AnsweredSample {
  readonly network: BrowserNetwork;
  readonly answer: Answer;
  /** Answers the sample again with another network, which the view uses until the visitor selects a model. */
  readonly use: (network: BrowserNetwork) => void;
}
