"""scikit-learn's MLPClassifier with its defaults on four tables and five splits: python3 sklearn_tables.py FOLDER

Writes each split to FOLDER as two CSV files, NAME-SEED-train.csv and NAME-SEED-test.csv, and prints accuracies and
seconds of training as JSON. Features are standardised by the training rows, which the seconds do not include.
"""

import csv
import json
import sys
import time
import warnings
from pathlib import Path

import sklearn
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

# Most runs end after max_iter = 200 epochs, before convergence.
warnings.filterwarnings("ignore")
FOLDER = Path(sys.argv[1])
TABLES = {"iris": load_iris, "wine": load_wine, "breast-cancer": load_breast_cancer, "digits-8x8": load_digits}


def write(name, table, features, labels):
    with open(FOLDER / f"{name}.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*(f"x{i}" for i in range(features.shape[1])), "label"])
        rows.writerows([*map(float, row), f"class {table.target_names[label]}"] for row, label in zip(features, labels))


results = []
for name, load in TABLES.items():
    table = load()
    for seed in range(5):
        parts = train_test_split(table.data, table.target, test_size=0.25, random_state=seed, stratify=table.target)
        train_x, test_x, train_y, test_y = parts
        write(f"{name}-{seed}-train", table, train_x, train_y)
        write(f"{name}-{seed}-test", table, test_x, test_y)
        scaler = StandardScaler().fit(train_x)
        scaled = scaler.transform(train_x)
        start = time.perf_counter()
        model = MLPClassifier(random_state=seed).fit(scaled, train_y)
        seconds = time.perf_counter() - start
        accuracy = model.score(scaler.transform(test_x), test_y)
        results.append({"name": name, "rows": len(table.data), "seed": seed, "accuracy": accuracy, "seconds": seconds})
print(json.dumps({"version": sklearn.__version__, "results": results}))
