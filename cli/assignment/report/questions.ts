/** The questions of the assignment, in our words. */
import { type Html, html } from '../../report/html.ts';

const QUESTIONS = {
  1: 'The last layer has logits o, softmax probabilities y, and the cross-entropy l of the correct class c as loss. Derive ∂y/∂o and ∂l/∂y.',
  2: 'Combine both derivatives to ∂l/∂o. Why do implementations compute softmax and cross-entropy in one step?',
  3: 'A 2-3-2 network has sigmoid hidden units, softmax outputs and the given weights. Compute the forward pass and the gradients of all weights and biases for one sample by hand.',
  4: 'Write the training loop: for each sample a forward pass, a backward pass and a step of stochastic gradient descent. Show that the loss falls.',
  5: 'Extend the network to MNIST: 784 inputs, 300 sigmoid units, 10 classes. Which shapes do the parameters have, and how many are there?',
  6: 'Extend forward and backward pass to batches. How is the gradient of a batch related to the gradients of its samples?',
  '7.1':
    'Train 784-300-10 on MNIST for 5 epochs with learning rate 0.03. Plot the loss of the training and the validation set. Does the network overfit?',
  '7.2':
    'Repeat the training with at least 3 seeds. Plot mean and standard deviation of loss and accuracy, by step and by epoch.',
  '7.3': 'Train with learning rates from 0.001 to 0.03. How do the curves differ, and which learning rate is best?',
  '7.4':
    'Train the best network on all training samples. Report loss and accuracy on the test set. Which digits are hard?',
} as const;

export function question(number: keyof typeof QUESTIONS): Html {
  return html`<blockquote class="question"><p>${QUESTIONS[number]}</p></blockquote>`;
}
