"""MLPRegressor on five tables, written as CSV files: sklearn_regression.py FOLDER OPTIONS. Prints R² as JSON.

The tables other than diabetes are generated with the sizes and the shapes of well-known ones: California housing
(20,640 rows are thinned to 4,000), Boston housing (506), energy efficiency (768) and concrete strength (1,030).
"""

import csv
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.neural_network import MLPRegressor

folder, options = Path(sys.argv[1]), json.loads(sys.argv[2])
random = np.random.default_rng(7)
warnings.filterwarnings("ignore")


def california():
    n = 4000
    income = random.lognormal(1.2, 0.45, n)
    age = random.uniform(1, 52, n)
    rooms = random.normal(5.4, 1.5, n)
    north, east = random.uniform(32.5, 42, n), random.uniform(-124, -114, n)
    coast = np.exp(-np.abs(north - 34) - np.abs(east + 118) / 2)
    price = 0.4 * income + 0.8 * coast + 0.004 * age + 0.05 * rooms + 0.1 * np.sin(north) + random.normal(0, 0.35, n)
    return np.c_[income, age, rooms, north, east], 100_000 * price


def boston():
    n = 506
    crime, rooms, status = random.lognormal(-1, 1.8, n), random.normal(6.3, 0.7, n), random.uniform(2, 38, n)
    distance, ratio = random.lognormal(1.2, 0.5, n), random.uniform(12, 22, n)
    price = 22 + 5 * (rooms - 6.3) + 3 * (rooms - 6.3) ** 2 - 0.5 * status - 0.6 * (ratio - 18)
    price = price - 0.2 * np.minimum(crime, 20) - 0.8 * distance + random.normal(0, 3, n)
    return np.c_[crime, rooms, status, distance, ratio], np.clip(price, 5, 50)


def energy():
    n = 768
    compact, area = random.uniform(0.62, 0.98, n), random.uniform(245, 416, n)
    height, glass, side = random.choice([3.5, 7.0], n), random.choice([0, 0.1, 0.25, 0.4], n), random.integers(2, 6, n)
    load = 4 + 3.4 * height + 20 * glass + 12 * (compact - 0.7) * (height > 5) - 0.01 * (area - 330)
    return np.c_[compact, area, height, glass, side], load + random.normal(0, 0.6, n)


def concrete():
    n = 1030
    cement, slag, water = random.uniform(102, 540, n), random.uniform(0, 359, n), random.uniform(122, 247, n)
    plastic, age = random.uniform(0, 32, n), random.choice([1, 3, 7, 14, 28, 56, 90, 180, 365], n)
    strength = 90 * (cement + 0.6 * slag) / (cement + slag + 3 * water) * np.log1p(age) / np.log(91)
    return np.c_[cement, slag, water, plastic, age], strength + 0.3 * plastic + random.normal(0, 4, n)


def write(path, x, y):
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"x{i}" for i in range(x.shape[1])] + ["target"])
        rows.writerows(np.c_[x, y].tolist())


def measure(name, x, y, epochs):
    order = random.permutation(len(y))
    test, train = order[: len(y) // 5], order[len(y) // 5 :]
    write(folder / f"{name}-train.csv", x[train], y[train])
    write(folder / f"{name}-test.csv", x[test], y[test])
    centre, spread = x[train].mean(axis=0), x[train].std(axis=0)
    middle, scale = y[train].mean(), y[train].std()
    scores = []
    for seed in options["seeds"]:
        network = MLPRegressor(
            hidden_layer_sizes=(options["hidden"],),
            learning_rate_init=options["learningRate"],
            batch_size=options["batchSize"],
            max_iter=epochs,
            n_iter_no_change=epochs,
            tol=0,
            alpha=0,
            random_state=seed,
        )
        network.fit((x[train] - centre) / spread, (y[train] - middle) / scale)
        scores.append(network.score((x[test] - centre) / spread, (y[test] - middle) / scale))
    return {"table": name, "epochs": epochs, "r2": scores}


diabetes = load_diabetes(return_X_y=True)
tables = {
    "diabetes": (*diabetes, 40),
    "california-like": (*california(), 40),
    "boston-like": (*boston(), 100),
    "energy-like": (*energy(), 100),
    "concrete-like": (*concrete(), 100),
}
print(json.dumps([measure(name, *table) for name, table in tables.items()]))
