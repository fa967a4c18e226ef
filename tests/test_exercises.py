"""Folded solutions are right, stubs are not tried, and plausible wrong answers are rejected."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from course_utils import checks
from course_utils.exercises.lesson_07 import augment, column_mask
from course_utils.exercises.lesson_07 import bits as table_bits
from course_utils.exercises.lesson_08 import best_guess, ddim_step, jump
from course_utils.exercises.lesson_09 import angles, cells, counterexample, mean_cosine
from course_utils.exercises.lesson_10 import heun, in_bits, log_p_sinh, shares
from publish.notebooks import select
from tests.notebook_rules import exercises, read

TASKS = {
    task[0]: task for path in select() for task in exercises(read(path.name[:2])[0])
}  # name -> (name, function, stub, solution)


def marginal_of_y(p, j):
    return p.sum(axis=1) / p.sum(), p[j] / p[j].sum()


def marginal_not_normalised(p, j):
    return p.sum(axis=0), p[:, j] / p[:, j].sum()


def conditional_not_normalised(p, j):
    return p.sum(axis=0) / p.sum(), p[:, j] / p.sum()


def marginal_next_column(p, j):
    j = (j + 1) % p.shape[1]
    return p.sum(axis=0) / p.sum(), p[:, j] / p[:, j].sum()


def draw_left_side(w, u):
    return np.searchsorted(np.cumsum(w) / np.sum(w), u)


def draw_not_normalised(w, u):
    return np.searchsorted(np.cumsum(w), u, side="right")


def draw_off_by_one(w, u):
    return np.searchsorted(np.r_[0, np.cumsum(w)] / np.sum(w), u, side="right")


def draw_with_a_place_inside(w, u):
    F = np.r_[0, np.cumsum(w)] / np.sum(w)
    return np.interp(u, F, np.arange(len(F)))


def rejection(p, n, rng, box=None, turned=False, rate=None, lattice=False, scale=None):
    """The folded solution with one thing wrong at a time."""
    h, w = p.shape
    i, j = np.nonzero(p)
    low = np.array([j.min() / w, i.min() / h])
    high = np.array([(j.max() + 1) / w, (i.max() + 1) / h])
    inner = p[i.min() : i.max() + 1, j.min() : j.max() + 1]
    if box == "short":
        high = np.array([j.max() / w, i.max() / h])
    if box == "none":
        low, high, inner = np.zeros(2), np.ones(2), p
    kept = np.empty((0, 2))
    for _ in range(500):
        points = low + (high - low) * rng.random((n, 2))
        column, row = (points * [w, h]).astype(int).T
        if turned:
            row, column = h - 1 - row, column
        if lattice:
            points = (np.c_[column, row] + 0.5) / [w, h]
        kept = np.r_[kept, points[rng.random(n) < p[row, column] / (scale or p.max())]]
        if len(kept) >= n:
            break
    return kept[:n], inner.mean() / inner.max() if rate is None else rate(p)


def wrong_rejection(**fault):
    return lambda p, n, rng: rejection(p, n, rng, **fault)


def softplus(a):
    return np.logaddexp(0, a)


def paired_that_overflows(real, fake):
    with np.errstate(over="ignore"):
        return np.log(1 + np.exp(fake - real)).mean(), np.log(1 + np.exp(real - fake)).mean()


def transposed_matrix(w, s, m):
    A = np.zeros((s * (m - 1) + len(w), m))
    for i in range(m):
        A[s * i : s * i + len(w), i] = w
    return A


def overlap_add(z, w, s):
    """The sum of scaled filters, not divided by anything."""
    return sum(transposed_matrix(w_k, s, len(z)) @ z_k for z_k, w_k in zip(z.T, w, strict=True))


def match_by(w, w_other, score, normalise=True):
    if normalise:
        w, w_other = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (w, w_other))
    cos = score(w @ w_other.T)
    rows, partner = linear_sum_assignment(-cos)
    return partner, cos[rows, partner].mean()


def match_row_by_row(w, w_other):
    """Each takes the best one, also if it is taken."""
    w, w_other = (a / np.linalg.norm(a, axis=1, keepdims=True) for a in (w, w_other))
    cos = abs(w @ w_other.T)
    return cos.argmax(axis=1), cos.max(axis=1).mean()


def fit_wrongly(fresh, noisy_gradient):
    """The training of a decoder with one noise for all steps, or a gradient that leaves it out."""

    def fit(w, z, x, sigma, lr, steps, rng):
        noisy = z + sigma * rng.standard_normal(z.shape)
        for step in range(steps):
            if fresh and step:
                noisy = z + sigma * rng.standard_normal(z.shape)
            seen = noisy if noisy_gradient else z
            w = w - lr * 2 * seen.T @ (noisy @ w - x) / x.size
        return w

    return fit


def kl_of_gaussians(m, S, n, T):
    P = np.linalg.inv(T)
    logs = np.log(np.linalg.det(T) / np.linalg.det(S))
    return 0.5 * (np.trace(P @ S) + (m - n) @ P @ (m - n) - len(m) + logs)


def kl_of(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(axis=1)


def elbo(x, x_hat, mu, logvar, s):
    likelihood = -((x - x_hat) ** 2) / (2 * s**2) - np.log(2 * np.pi * s**2) / 2
    return likelihood.sum(axis=1) - kl_of(mu, logvar)


def weights_of_zero(x_t, data, a, b):
    with np.errstate(invalid="ignore"):
        weight = np.exp(-((x_t[:, None] - a * data) ** 2).sum(2) / (2 * b**2))
        return weight @ data / weight.sum(1, keepdims=True)


def cells_by_latitude(u, bands, sectors):
    z = np.arcsin(u[:, 2]) / (np.pi / 2)
    r = np.sqrt(1 - z**2) / np.maximum(np.linalg.norm(u[:, :2], axis=1), 1e-12)
    return cells(np.c_[u[:, :2] * r[:, None], z], bands, sectors)


def cells_of_negative_longitude(u, bands, sectors):
    turn = np.arctan2(u[:, 1], u[:, 0]) / (2 * np.pi)
    return cells(u, bands, sectors) - sectors * (turn < 0)


def cells_beyond_the_pole(u, bands, sectors):
    return cells(u, bands, sectors) + sectors * (u[:, 2] == 1)


def shares_of_densities(x, w, m, s):
    r = w / s * np.exp(-(((x[:, None] - m) / s) ** 2) / 2)
    with np.errstate(invalid="ignore"):
        return r / r.sum(1, keepdims=True)


def euler(v, x, steps):
    for k in range(steps):
        x = x + v(x, k / steps) / steps
    return x


WRONG = {
    "01 marginal": [
        marginal_of_y,
        marginal_not_normalised,
        conditional_not_normalised,
        marginal_next_column,
    ],
    "01 draw": [draw_left_side, draw_not_normalised, draw_off_by_one, draw_with_a_place_inside],
    "01 rejection": [
        wrong_rejection(box="none"),
        wrong_rejection(box="short"),
        wrong_rejection(turned=True),
        wrong_rejection(lattice=True),
        wrong_rejection(rate=lambda p: p.mean()),
        wrong_rejection(scale=1.0),
        lambda p, n, rng: (rng.random((n, 2)), rejection(p, 1, rng)[1]),
        lambda p, n, rng: rejection(p, n, rng)[0],
    ],
    "01 floor": [
        lambda TV, n, wanted: n * TV / wanted,
        lambda TV, n, wanted: n * (wanted / TV) ** 2,
        lambda TV, n, wanted: n * np.sqrt(TV / wanted),
        lambda TV, n, wanted: (TV / wanted) ** 2,
    ],
    "01 metropolis": [
        lambda x, new, a, a_new, u: new[u * a < a_new],
        lambda x, new, a, a_new, u: np.where((u * a_new < a)[:, None], new, x),
        lambda x, new, a, a_new, u: np.where((a < a_new)[:, None], new, x),
        lambda x, new, a, a_new, u: np.where((u < a_new)[:, None], new, x),
        lambda x, new, a, a_new, u: new,
    ],
    "01 axes": [
        lambda a, x, y: a[int(y * a.shape[0]), int(x * a.shape[1])],
        lambda a, x, y: a[int(x * a.shape[1]), int(y * a.shape[0])],
        lambda a, x, y: a[a.shape[0] - int(y * a.shape[0]), int(x * a.shape[1])],
        lambda a, x, y: a[-1 - int(y * a.shape[0]), round(x * (a.shape[1] - 1))],
    ],
    "02 best": [
        lambda p, q: (p / (p + q), np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q)))),
        lambda p, q: (np.log(q / p), np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q)))),
        lambda p, q: (np.log(p / q), -np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q)))),
        lambda p, q: (np.log(p / q), np.sum(p * np.log(p / q))),
        lambda p, q: np.log(p / q),
    ],
    "02 wasserstein": [
        lambda a, b: np.mean(abs(a - b)),
        lambda a, b: np.sum(abs(np.sort(a) - np.sort(b))),
        lambda a, b: abs(np.mean(a) - np.mean(b)),
        lambda a, b: np.sqrt(np.mean((np.sort(a) - np.sort(b)) ** 2)),
    ],
    "02 paired": [
        lambda real, fake: (softplus(real - fake).mean(), softplus(fake - real).mean()),
        lambda real, fake: (softplus(-real).mean(), softplus(-fake).mean()),
        lambda real, fake: (softplus(fake - real).sum(), softplus(real - fake).sum()),
        paired_that_overflows,
    ],
    "03 one_hot": [
        lambda y, k: np.eye(k)[:, y],
        lambda y, k: np.eye(max(y) + 1)[y],
        lambda y, k: np.asarray(y)[:, None] == np.arange(1, k + 1),
        lambda y, k: y,
    ],
    "03 labels": [
        lambda share, r: (np.full(len(share), 1 - r), 1 - r),
        lambda share, r: (1 - r + r * share, np.mean(1 - r + r * share)),
        lambda share, r: (1 - r + r / len(share) + 0 * share, 1 - r + r / len(share)),
        lambda share, r: 1 - r + r * share,
    ],
    "03 projection": [
        lambda phi, y, w, v: phi @ w,
        lambda phi, y, w, v: (phi * v[y]).sum(axis=1),
        lambda phi, y, w, v: phi @ w + phi @ v[y].sum(axis=0),
        lambda phi, y, w, v: phi @ (w + v[y]).T,
    ],
    "04 matrix": [
        lambda w, s, m: transposed_matrix(w, s, m).T,
        lambda w, s, m: transposed_matrix(w[::-1], s, m),
        lambda w, s, m: transposed_matrix(w, 1, m),
    ],
    "04 decode": [
        lambda z, w, b, s: overlap_add(z, w, s) + b,
        lambda z, w, b, s: (
            (overlap_add(z, w, s) + b) / overlap_add(z[:, :1] * 0 + 1, w[:1] * 0 + 1, s)
        ),
        lambda z, w, b, s: overlap_add(z, w, s) / overlap_add(z[:, :1] * 0 + 1, w[:1] * 0 + 1, s),
        lambda z, w, b, s: overlap_add(z, w / 2, s) + b,
    ],
    "04 floor": [
        lambda x, k: (np.linalg.svd(x, compute_uv=False)[k:] ** 2).sum() / x.size,
        lambda x, k: (np.linalg.svd(x - x.mean(0), compute_uv=False)[k:] ** 2).sum() / len(x),
        lambda x, k: np.linalg.svd(x - x.mean(0), compute_uv=False)[k:].sum() / x.size,
        lambda x, k: (np.linalg.svd(x - x.mean(0), compute_uv=False)[k + 1 :] ** 2).sum() / x.size,
    ],
    "05 penalty": [
        lambda sigma, lambda_, P: (sigma**2 * lambda_).sum() / (7 * P),
        lambda sigma, lambda_, P: (np.sort(sigma**2) * np.sort(lambda_)).sum() / (7 * P),
        lambda sigma, lambda_, P: (np.sort(sigma) * np.sort(lambda_)[::-1]).sum() / (7 * P),
        lambda sigma, lambda_, P: (np.sort(sigma**2) * np.sort(lambda_)[::-1]).sum() / P,
    ],
    "05 match": [
        match_row_by_row,
        lambda w, w_other: match_by(w, w_other, np.abs, normalise=False),
        lambda w, w_other: match_by(w, w_other, np.asarray),
        lambda w, w_other: match_by(w, w_other, lambda cos: -abs(cos)),
    ],
    "05 order": [
        lambda sigma: np.argsort(sigma),
        lambda sigma: np.argsort(np.argsort(-sigma)),
        lambda sigma: np.arange(len(sigma))[::-1],
        lambda sigma: np.argsort(np.argsort(sigma)) + 1,
    ],
    "05 step": [
        lambda w, z, x, sigma, eps, lr: w - lr * 2 * z.T @ (z @ w - x) / x.size,
        lambda w, z, x, sigma, eps, lr: (
            w - lr * 2 * z.T @ ((z + sigma * eps) @ w - x) / x.size  # the code without its noise
        ),
        lambda w, z, x, sigma, eps, lr: w + lr * 2 * (z + eps).T @ ((z + eps) @ w - x) / x.size,
        lambda w, z, x, sigma, eps, lr: (
            w - lr * 2 * (z + sigma * eps).T @ ((z + sigma * eps) @ w - x) / len(x)
        ),
        lambda w, z, x, sigma, eps, lr: w - lr * 2 * (z + eps).T @ ((z + eps) @ w - x) / x.size,
    ],
    "05 loop": [
        fit_wrongly(fresh=False, noisy_gradient=False),
        fit_wrongly(fresh=False, noisy_gradient=True),
        fit_wrongly(fresh=True, noisy_gradient=False),
        lambda w, z, x, sigma, lr, steps, rng: w,
    ],
    "05 nested": [
        lambda z, keep: np.where(np.arange(z.shape[1]) <= keep[:, None], z, 0),
        lambda z, keep: np.where(np.arange(z.shape[1])[::-1] < keep[:, None], z, 0),
        lambda z, keep: z[:, : keep.max()],
        lambda z, keep: np.where(np.arange(z.shape[1]) < keep[0], z, 0),
    ],
    "06 kl": [
        lambda m, S, n, T: kl_of_gaussians(n, T, m, S),
        lambda m, S, n, T: kl_of_gaussians(m, S, n, T) + np.linalg.slogdet(S)[1],
        lambda m, S, n, T: kl_of_gaussians(m, S, n, T) + len(m) / 2,
        lambda m, S, n, T: kl_of_gaussians(m, S, n, np.diag(np.diag(T))),
    ],
    "06 elbo": [
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, logvar, s).mean(),
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, logvar, s) + 2 * kl_of(mu, logvar),
        lambda x, x_hat, mu, logvar, s: -((x - x_hat) ** 2).sum(1) / 2 - kl_of(mu, logvar),
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, logvar, 0.5),
        lambda x, x_hat, mu, logvar, s: elbo(x, x_hat, mu, 2 * logvar, s),
    ],
    "06 log mean": [
        lambda log_w: np.log(np.exp(log_w).mean()),
        lambda log_w: np.mean(log_w),
        lambda log_w: np.logaddexp.reduce(log_w),
        lambda log_w: np.max(log_w),
    ],
    "07 bits": [
        lambda tables, picture: table_bits(tables, picture) * len(picture),
        lambda tables, picture: table_bits(tables, picture) * np.log(2),
        lambda tables, picture: table_bits(tables, 1 - picture),
        lambda tables, picture: -np.log2([t[0] for t in tables]).mean(),
        lambda tables, picture: table_bits([np.full(len(t), t.mean()) for t in tables], picture),
        lambda tables, picture: table_bits([t[::-1] for t in tables], picture),
    ],
    "07 column mask": [
        lambda h, w, kind: column_mask(w, h, kind).T,
        lambda h, w, kind: column_mask(w, h, kind).T[:h, :w],
        lambda h, w, kind: column_mask(h, w, "B"),
        lambda h, w, kind: column_mask(h, w, "A"),
        lambda h, w, kind: np.tri(h, w),
    ],
    "07 augment": [
        lambda x, rng: x,
        lambda x, rng: x[..., ::-1],
        lambda x, rng: augment(x, rng)[:, :, ::-1],
        lambda x, rng: np.clip(x * rng.uniform(0.9, 1.1, (len(x), 1, 1, 1)), 0, 1),
        lambda x, rng: np.clip(augment(x, rng) * rng.uniform(0.9, 1.1), 0, 1),
        lambda x, rng: augment(x, rng) * 1.1,
        lambda x, rng: np.clip(x[..., ::-1] * rng.uniform(0.9, 1.1, (len(x), 1, 1, 1)), 0, 1),
        lambda x, rng: np.clip(augment(x, rng) * rng.uniform(0.9, 1.1, (len(x), 3, 1, 1)), 0, 1),
    ],
    "08 jump": [
        lambda beta, s, t: (np.prod(1 - beta[s:t]), 1 - np.prod(1 - beta[s:t])),
        lambda beta, s, t: jump(beta, 0, t),
        lambda beta, s, t: jump(beta, s, t)[::-1],
        lambda beta, s, t: (jump(beta, s, t)[0], np.sqrt(beta[s:t]).sum()),
        lambda beta, s, t: jump(beta, s, t - 1),
    ],
    "08 DDIM step": [
        lambda x, e, t, s: x,
        lambda x, e, t, s: (x - np.sqrt(1 - t) * e) / np.sqrt(t),
        lambda x, e, t, s: s * ddim_step(x, e, t, 1.0) + (1 - s) * e,
        lambda x, e, t, s: ddim_step(x, e, s, t),
    ],
    "08 best guess": [
        lambda x, data, a, b: x / a,
        lambda x, data, a, b: np.tile(data.mean(0), (len(x), 1)),
        lambda x, data, a, b: best_guess(x, data, 1, b),
        lambda x, data, a, b: best_guess(x, data, a, np.sqrt(b)),
        lambda x, data, a, b: data[((x[:, None] - a * data) ** 2).sum(2).argmin(1)],
        weights_of_zero,
    ],
    "09 mean cosine": [
        lambda u: (u @ u.T).mean(),
        lambda u: (u.sum(0) ** 2).sum() / (len(u) * (len(u) - 1)),
        lambda u: mean_cosine(u) / 2,
        lambda u: u.mean(0) @ u.mean(0),
    ],
    "09 angles": [
        lambda a, b: np.arccos((a * b).sum(1).clip(-1, 1)),
        lambda a, b: np.arcsin(np.linalg.norm(np.cross(a, b), axis=1).clip(-1, 1)),
        lambda a, b: np.degrees(angles(a, b)),
        lambda a, b: np.linalg.norm(a - b, axis=1),
    ],
    "09 cells": [
        lambda u, bands, sectors: cells(u * [1, 1, -1], bands, sectors),
        lambda u, bands, sectors: cells(u[:, [1, 0, 2]], bands, sectors),
        cells_by_latitude,
        cells_of_negative_longitude,
        cells_beyond_the_pole,
    ],
    "09 counterexample": [
        lambda: np.r_[np.eye(3), np.eye(3)] * 2,
        lambda: np.eye(3),
        lambda: np.c_[np.cos(np.arange(6)), np.sin(np.arange(6)), np.zeros(6)],
        lambda: counterexample()[:5],
    ],
    "10 E-step": [
        lambda x, w, m, s: shares(x, np.ones_like(w), m, s),
        lambda x, w, m, s: shares(x, w, m, np.ones_like(s)),
        lambda x, w, m, s: shares(x, w, m, np.sqrt(s)),
        lambda x, w, m, s: shares(x, w, m, s).T,
        shares_of_densities,
    ],
    "10 change of variables": [
        lambda x, m, s: log_p_sinh(x, m, s) + 2 * s,
        lambda x, m, s: log_p_sinh(x, m, s) + s,
        lambda x, m, s: log_p_sinh(x - m, m, s),
        lambda x, m, s: np.exp(log_p_sinh(x, m, s)),
        lambda x, m, s: log_p_sinh(x, m, s) + np.log(np.cosh(np.arcsinh((x - m) * np.exp(-s)))),
    ],
    "10 Heun": [
        euler,
        lambda v, x, steps: euler(v, x, 2 * steps),
        lambda v, x, steps: heun(lambda x, t: v(x, 0), x, steps),
        lambda v, x, steps: heun(v, x, steps + 1),
    ],
    "10 units": [
        lambda log_p, a: (log_p + np.log(a)) / np.log(2),
        lambda log_p, a: (log_p - 2 * np.log(a)) / np.log(2),
        lambda log_p, a: log_p + 2 * np.log(a),
        lambda log_p, a: -in_bits(log_p, a),
    ],
}


def run(source, name):
    scope = {"np": np}
    exec(source.replace("from course_utils.checks import check", ""), scope)
    return scope[name]


def test_there_are_exercises():
    assert len(TASKS) >= 4


@pytest.mark.parametrize("name", TASKS)
def test_the_stub_is_not_tried_and_the_solution_is_right(name):
    _, function, stub, solution = TASKS[name]
    assert checks.grade(name, run(stub, function))[0] == "not tried"
    verdict, text = checks.grade(name, run(solution, function))
    assert verdict == "right", text


@pytest.mark.parametrize("name", TASKS)
def test_wrong_answers_are_rejected(name):
    assert len(WRONG[name]) >= 2
    for number, answer in enumerate(WRONG[name]):
        verdict, text = checks.grade(name, answer)
        assert verdict == "wrong", f"wrong answer {number} of {name!r} passed"
        assert any(word in text for word in ("expected", "raised", "points")), text
