/*
 * The same algorithm in plain C, skipping zero inputs. One hidden sigmoid layer with the sizes INPUTS, HIDDEN, CLASSES; inputs are
 * floats with -DFLOATS, otherwise bytes.
 *
 *   mlp train DATA WEIGHTS RATE BATCH CHECKPOINT…
 *   mlp predict DATA WEIGHTS BATCH WARM_CALLS CALLS COMPARED
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#ifdef FLOATS
typedef float input;
static float value_of(input x) { return x; }
#else
typedef uint8_t input;
static float value_of(input x) { return x / 255.0f; }
#endif

enum { SINGLE_SAMPLES = 1000 };

static float w1[INPUTS][HIDDEN], b1[HIDDEN], w2[HIDDEN][CLASSES], b2[CLASSES];
static float hidden[HIDDEN], probabilities[CLASSES];
/* Gradient sums over a batch. */
static float dw1[INPUTS][HIDDEN], db1[HIDDEN], dw2[HIDDEN][CLASSES], db2[CLASSES];
/* The nonzero inputs. */
static int indices[INPUTS], count;
static float values[INPUTS];

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

/* Reads at most *bytes of a file into target, or into new memory if target is NULL. Sets *bytes to the number read. */
static void *read_file(const char *folder, const char *name, void *target, size_t *bytes) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (target == NULL) target = malloc(*bytes);
  if (file == NULL || target == NULL) {
    fprintf(stderr, "cannot read %s\n", path);
    exit(1);
  }
  *bytes = fread(target, 1, *bytes, file);
  fclose(file);
  return target;
}

/* Like read_file, but exits with an error if the file has fewer bytes. */
static void *read_exactly(const char *folder, const char *name, void *target, const size_t bytes) {
  size_t count = bytes;
  target = read_file(folder, name, target, &count);
  if (count == bytes) return target;
  fprintf(stderr, "%s/%s: expected %zu bytes, got %zu\n", folder, name, bytes, count);
  exit(1);
}

/* Sets `hidden` and `probabilities`; returns the loss. */
static float forward(const input *x, int label) {
  count = 0;
  for (int i = 0; i < INPUTS; i++) {
    if (x[i]) {
      indices[count] = i;
      values[count++] = value_of(x[i]);
    }
  }
  for (int j = 0; j < HIDDEN; j++) hidden[j] = b1[j];
  for (int k = 0; k < count; k++) {
    const float value = values[k], *row = w1[indices[k]];
    for (int j = 0; j < HIDDEN; j++) hidden[j] += value * row[j];
  }
  for (int j = 0; j < HIDDEN; j++) hidden[j] = 1.0f / (1.0f + expf(-hidden[j]));
  float logits[CLASSES], greatest = -INFINITY, sum = 0;
  for (int o = 0; o < CLASSES; o++) logits[o] = b2[o];
  for (int j = 0; j < HIDDEN; j++) {
    for (int o = 0; o < CLASSES; o++) logits[o] += hidden[j] * w2[j][o];
  }
  for (int o = 0; o < CLASSES; o++) greatest = fmaxf(greatest, logits[o]);
  for (int o = 0; o < CLASSES; o++) sum += probabilities[o] = expf(logits[o] - greatest);
  for (int o = 0; o < CLASSES; o++) probabilities[o] /= sum;
  return logf(sum) + greatest - logits[label];
}

/* Updates the weights from one sample. */
static void update(int label, float rate) {
  float delta[HIDDEN];
  probabilities[label] -= 1;
  for (int j = 0; j < HIDDEN; j++) {
    float sum = 0;
    for (int o = 0; o < CLASSES; o++) {
      sum += probabilities[o] * w2[j][o];
      w2[j][o] -= rate * hidden[j] * probabilities[o];
    }
    delta[j] = rate * sum * hidden[j] * (1 - hidden[j]);
  }
  for (int o = 0; o < CLASSES; o++) b2[o] -= rate * probabilities[o];
  for (int j = 0; j < HIDDEN; j++) b1[j] -= delta[j];
  for (int k = 0; k < count; k++) {
    const float value = values[k];
    float *row = w1[indices[k]];
    for (int j = 0; j < HIDDEN; j++) row[j] -= value * delta[j];
  }
}

/* Adds the gradient of one sample to the batch's gradient. */
static void accumulate(int label) {
  float delta[HIDDEN];
  probabilities[label] -= 1;
  for (int j = 0; j < HIDDEN; j++) {
    float sum = 0;
    for (int o = 0; o < CLASSES; o++) {
      sum += probabilities[o] * w2[j][o];
      dw2[j][o] += hidden[j] * probabilities[o];
    }
    delta[j] = sum * hidden[j] * (1 - hidden[j]);
  }
  for (int o = 0; o < CLASSES; o++) db2[o] += probabilities[o];
  for (int j = 0; j < HIDDEN; j++) db1[j] += delta[j];
  for (int k = 0; k < count; k++) {
    const float value = values[k];
    float *row = dw1[indices[k]];
    for (int j = 0; j < HIDDEN; j++) row[j] += value * delta[j];
  }
}

static void descend(float *weights, float *gradient, int length, float rate) {
  for (int i = 0; i < length; i++) {
    weights[i] -= rate * gradient[i];
    gradient[i] = 0;
  }
}

/* Updates the weights from the batch's gradient. */
static void apply(float rate) {
  descend(&w1[0][0], &dw1[0][0], INPUTS * HIDDEN, rate);
  descend(b1, db1, HIDDEN, rate);
  descend(&w2[0][0], &dw2[0][0], HIDDEN * CLASSES, rate);
  descend(b2, db2, CLASSES, rate);
}

/* Trains on the samples [from, to); returns the sum of their losses. */
static double steps(const input *x, const uint8_t *labels, int from, int to, int batch, float rate) {
  double sum = 0;
  for (int first = from; first < to; first += batch) {
    const int rows = to - first < batch ? to - first : batch;
    for (int n = first; n < first + rows; n++) {
      sum += forward(x + (size_t)n * INPUTS, labels[n]);
      if (batch == 1) update(labels[n], rate);
      else accumulate(labels[n]);
    }
    if (batch > 1) apply(rate / rows);
  }
  return sum;
}

/* Peak resident memory. On Linux from /proc, because getrusage includes the parent's memory at the time of the fork. */
static double peak_bytes(void) {
  char line[256];
  long kilobytes;
  FILE *status = fopen("/proc/self/status", "r");
  while (status != NULL && fgets(line, sizeof line, status)) {
    if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) return kilobytes * 1024.0;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return usage.ru_maxrss * 1024.0;
#endif
}

static void train(const char *data, float rate, int batch, char **checkpoints, int length) {
  const size_t samples = atoi(checkpoints[length - 1]);
  const input *x = read_exactly(data, "orderedInputs", NULL, samples * INPUTS * sizeof(input));
  const uint8_t *labels = read_exactly(data, "orderedLabels", NULL, samples);
  double loss = 0, started = seconds();
  printf("{\"kind\": \"train\", \"meanLosses\": {");
  for (int c = 0, from = 0; c < length; c++) {
    const int to = atoi(checkpoints[c]);
    loss += steps(x, labels, from, to, batch, rate);
    printf("%s\"%d\": %.9g", c ? ", " : "", to, loss / to);
    from = to;
  }
  printf("}, \"seconds\": %.9g, \"peakBytes\": %.0f}\n", seconds() - started, peak_bytes());
}

/* Predicts the samples [first, first + batch), wrapping around; returns the sum of the first class's probabilities. */
static float predict(const input *test, int rows, int first, int batch) {
  float sum = 0;
  for (int n = first; n < first + batch; n++) {
    forward(test + (size_t)(n % rows) * INPUTS, 0);
    sum += probabilities[0];
  }
  return sum;
}

static void prediction(const char *data, int batch, int warm_calls, int calls, int compared) {
  size_t bytes = (size_t)(batch > 1 ? batch : SINGLE_SAMPLES) * INPUTS * sizeof(input);
  const input *test = read_file(data, "test", NULL, &bytes);
  const int rows = bytes / (INPUTS * sizeof(input));
  printf("{\"kind\": \"predict\", \"probabilities\": [");
  for (int n = 0; n < compared; n++) {
    forward(test + (size_t)n * INPUTS, 0);
    for (int o = 0; o < CLASSES; o++) printf("%s%.9g", n + o ? ", " : "", probabilities[o]);
  }
  float sink = 0;
  for (int n = 0; n < warm_calls; n++) sink += predict(test, rows, n, batch);
  const double started = seconds();
  for (int n = 0; n < calls; n++) sink += predict(test, rows, n, batch);
  /* Using the sink keeps the compiler from removing the work. */
  printf("], \"seconds\": %.9g}\n", (seconds() - started) / calls / batch + 0 * sink);
}

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  const char *data = argv[2], *weights = argv[3];
  read_exactly(weights, "w1", w1, sizeof w1);
  read_exactly(weights, "b1", b1, sizeof b1);
  read_exactly(weights, "w2", w2, sizeof w2);
  read_exactly(weights, "b2", b2, sizeof b2);
  if (strcmp(argv[1], "train") == 0) train(data, atof(argv[4]), atoi(argv[5]), argv + 6, argc - 6);
  else prediction(data, atoi(argv[4]), atoi(argv[5]), atoi(argv[6]), atoi(argv[7]));
  return 0;
}
