#!/bin/sh
# SciPy's solve_ivp holds the mean of the squared errors of all components below its tolerance, not each of them. Many
# paths solved as one state, as samplers do with an ODE, share one step, and those that hardly move hide the error of
# one that does: among 10,000 its error is some hundred times what it is alone, at the same tolerance and with success.
# The documentation says that the local error estimate of each component stays below atol + rtol * abs(y).
# Met where paths from noise to data are solved, thousands at a time.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
python="$folder/venv/bin/python"
"$python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
cd "$folder"
"$python" - <<'PYTHON'
import numpy as np
import scipy
from scipy.integrate import solve_ivp

print("scipy", scipy.__version__)


def error(n, method):
    """Of the first of n points, which turns 30 radians on a circle; the others rest."""
    rate = np.zeros(n)
    rate[0] = 30

    def turn(t, state):
        x, y = state.reshape(2, -1)
        return np.concatenate([-rate * y, rate * x])

    start = np.concatenate([np.ones(n), np.zeros(n)])
    end = solve_ivp(turn, (0, 1), start, method=method, rtol=1e-6, atol=1e-6)
    assert end.success
    return np.hypot(end.y[0, -1] - np.cos(30), end.y[n, -1] - np.sin(30)), end.nfev


for method in ("RK45", "DOP853"):
    alone, calls = error(1, method)
    print(f"{method}: alone {alone:.1e} in {calls} calls", end="")
    for n in (100, 10_000):
        among, calls = error(n, method)
        print(f"; among {n:,} points {among:.1e} in {calls} calls", end="")
    print()
    assert among > 50 * alone
PYTHON
